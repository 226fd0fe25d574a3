#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "feature_flag/last_good.hpp"
#include "ports/flag_store.hpp"
#include "rollout/environment.hpp"
#include "rollout/evaluation.hpp"

namespace sotto::feature_flag {

/// The flag in force in this process: the last valid one from the store, else the last good one
/// from the disk, else the environment's, else none. Reading it never waits. Thread-safe.
class FlagCache {
 public:
  using Snapshot = std::shared_ptr<const rollout::InForce>;

  FlagCache(rollout::Environment environment, std::optional<LastGood> last_good);

  /// What is in force now; never null.
  Snapshot current() const;

  /// Decides for a session by the flag in force. A thread that has decided keeps the flag it did so
  /// by until it decides again or ends.
  rollout::Evaluation decide(std::string_view session_id, UtcTime now) const;

  /// The effect of one answer of the store.
  struct Taken {
    bool changed = false;          ///< another flag is in force now
    std::optional<Error> problem;  ///< the store gave no valid flag: the last good one stays
    bool news = false;             ///< the problem has begun, changed or ended
  };

  /// Processes the result of reading the store. One caller at a time. Problems are: an error of
  /// reading, a refused document, a flag that was deleted, and a store that never had the flag
  /// (`not_found`).
  Taken take(const Result<std::optional<ports::FlagRevision>>& read);

 private:
  Taken refuse(Error problem);
  void put(rollout::InForce in_force);

  const bool environment_off_;

  // used by take() alone
  std::string document_;
  std::string problem_;

  mutable std::mutex mutex_;
  Snapshot current_;  // guarded by mutex_
  /// Tells `current_` from every other snapshot of the process; changes under mutex_, read without.
  std::atomic<std::uint64_t> stamp_{0};
};

}  // namespace sotto::feature_flag
