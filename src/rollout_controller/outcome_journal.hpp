#pragma once

#include <cstddef>
#include <cstdint>
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
  /// The store must outlive it. Outcomes are held back for `held` after their session's end, for
  /// votes that come after it.
  OutcomeJournal(ports::RolloutStore* rollouts, std::string flag, milliseconds held = {});

  /// Keeps an outcome until a flush(). While the store is down, the latest max_waiting are kept.
  void add(const rollout::SessionOutcome& outcome);

  /// The votes on a session; of one whose outcome is written already they are not kept.
  void rate(const std::string& session_id, std::uint64_t up, std::uint64_t neutral,
            std::uint64_t down);

  /// Writes the outcomes that are not held back at `now` (without it: all) to the store, at_once at
  /// a time, and waits for it. One caller at a time. Errors: the store's; nothing is lost then.
  Result<> flush(UtcTime now = UtcTime::max());

  static constexpr std::size_t max_waiting = 10'000;
  static constexpr std::size_t at_once = 200;  ///< what a store takes in one piece: 200 kB or less

 private:
  ports::RolloutStore* const rollouts_;
  const std::string flag_;
  const milliseconds held_;
  std::mutex mutex_;
  std::vector<rollout::SessionOutcome> waiting_;  // guarded by the mutex
};

}  // namespace sotto::rollout_controller
