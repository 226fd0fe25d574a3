#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ports/rollout_store.hpp"
#include "rollout/session_outcome.hpp"

namespace sotto::rollout_controller {

/// Collects the outcomes of ended sessions, from any thread and without waiting; flush() writes
/// them to the sessions' journal. Thread-safe.
class OutcomeJournal {
 public:
  /// The store must outlive it.
  OutcomeJournal(ports::RolloutStore* rollouts, std::string flag);

  /// Keeps an outcome until the next flush(). While the store is down, the latest max_waiting are
  /// kept.
  void add(const rollout::SessionOutcome& outcome);

  /// Writes the waiting outcomes to the store, at_once at a time, and waits for it. One caller at a
  /// time. Errors: the store's; nothing is lost then.
  Result<> flush();

  static constexpr std::size_t max_waiting = 10'000;
  static constexpr std::size_t at_once = 200;  ///< what a store takes in one piece: 200 kB or less

 private:
  ports::RolloutStore* const rollouts_;
  const std::string flag_;
  std::mutex mutex_;
  std::vector<ports::JournalEntry> waiting_;  // guarded by the mutex
};

}  // namespace sotto::rollout_controller
