#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace sotto::server {

/// Limits how often each client may do something: a bucket of `burst` tokens a client, filled at
/// `per_second`, from which each call takes one ("token bucket", Turner 1986, "New directions in
/// communications"). Remembers max_clients at the most; those whose buckets are full are forgotten
/// first, and if all are in use a new client has to wait. Thread-safe.
class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  /// `burst` at least 1, `per_second` above 0.
  RateLimiter(double burst, double per_second) : burst_(burst), per_second_(per_second) {}

  /// Whether the client may go on; takes a token if so.
  bool allows(const std::string& client, Clock::time_point now);

  /// How long until an empty bucket has a token again.
  std::chrono::seconds wait() const;

  static constexpr std::size_t max_clients = 10'000;

 private:
  struct Bucket {
    double tokens = 0;
    Clock::time_point at{};
  };
  double filled(const Bucket& bucket, Clock::time_point now) const;

  const double burst_, per_second_;

  std::mutex mutex_;  ///< guards buckets_
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace sotto::server
