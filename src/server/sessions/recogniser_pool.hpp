// Who has a recogniser, and who gives way to whom: see RecogniserShares.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "server/sessions/recogniser_shares.hpp"

namespace sotto::server {

/// What a stream asks for a recogniser with. `heard` and `understood` are written from any thread,
/// the rest is guarded by the pool.
struct RecogniserClaim {
  using Clock = std::chrono::steady_clock;

  explicit RecogniserClaim(Claimant claimant) : who(std::move(claimant)) {}

  const Claimant who;
  std::atomic<Clock::rep> heard{0};       ///< when audio came last
  std::atomic<Clock::rep> understood{0};  ///< when a word was recognised last
  bool holds = false;
  Clock::time_point since{};   ///< when it took its recogniser
  std::function<void()> rest;  ///< asks the stream to give it up; called without a lock
};

/// Thread-safe.
class RecogniserShares::Pool {
 public:
  using Clock = RecogniserClaim::Clock;

  explicit Pool(SharesConfig config) : config_(std::move(config)) {}

  Clock::time_point now() const { return config_.clock(); }
  std::size_t most() const { return config_.most; }

  /// Gives a claim a recogniser: a free one, or with `need` that of another. False: there is none.
  bool take(const std::shared_ptr<RecogniserClaim>& claim, bool need);

  /// A claim needs its recogniser no more; nothing if it has none.
  void release(const std::shared_ptr<RecogniserClaim>& claim);

  std::size_t live() const;

 private:
  using Held = std::vector<std::shared_ptr<RecogniserClaim>>;

  Held::iterator who_gives_way(const RecogniserClaim& to, Clock::time_point now);
  Held::iterator idle_longest(Clock::time_point now);
  Held::iterator newest_of_the_largest(const RecogniserClaim& to);

  const SharesConfig config_;
  mutable std::mutex mutex_;
  Held held_;
};

}  // namespace sotto::server
