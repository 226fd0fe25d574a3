#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace sotto::server {

/// A rate limit per client, as a token bucket (Turner 1986, "New directions in communications"): a
/// bucket has `burst` tokens and is refilled at `per_second`, and each call takes one. Remembers at
/// most max_clients clients. Clients with full buckets are removed first; if all buckets are in
/// use, a new client is refused. Thread-safe.
class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  /// `burst` at least 1, `per_second` above 0.
  RateLimiter(double burst, double per_second) : burst_(burst), per_second_(per_second) {}

  /// Whether the client may proceed; if so, takes a token.
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
