#include "rollout_controller/outcome_journal.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "feature_flag/outcome_json.hpp"

namespace sotto::rollout_controller {

OutcomeJournal::OutcomeJournal(ports::RolloutStore* rollouts, std::string flag)
    : rollouts_(rollouts), flag_(std::move(flag)) {}

void OutcomeJournal::add(const rollout::SessionOutcome& outcome) {
  auto text = feature_flag::outcome_text(outcome);
  if (!text) return;  // figures that are none: no evidence
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= max_waiting) waiting_.erase(waiting_.begin());
  waiting_.push_back({0, outcome.ended_at, std::move(*text)});
}

Result<> OutcomeJournal::flush() {
  std::vector<ports::JournalEntry> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(waiting_);
  }
  Result<> kept;
  std::size_t done = 0;
  while (kept && done < taken.size()) {
    const auto begin = taken.begin() + static_cast<std::ptrdiff_t>(done);
    const std::size_t count = std::min(at_once, taken.size() - done);
    kept = rollouts_->add_sessions(flag_, {begin, begin + static_cast<std::ptrdiff_t>(count)});
    if (kept) done += count;
  }
  if (kept) return kept;
  taken.erase(taken.begin(), taken.begin() + static_cast<std::ptrdiff_t>(done));
  const std::lock_guard lock(mutex_);
  const std::size_t room = max_waiting - std::min(max_waiting, waiting_.size());
  if (taken.size() > room)
    taken.erase(taken.begin(), taken.end() - static_cast<std::ptrdiff_t>(room));
  waiting_.insert(waiting_.begin(), std::make_move_iterator(taken.begin()),
                  std::make_move_iterator(taken.end()));
  return kept;
}

}  // namespace sotto::rollout_controller
