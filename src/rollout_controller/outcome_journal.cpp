#include "rollout_controller/outcome_journal.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "feature_flag/outcome_json.hpp"

namespace sotto::rollout_controller {

namespace {

// Also where the clock went back.
bool is_held(const rollout::SessionOutcome& outcome, UtcTime now, milliseconds held) {
  return outcome.ended_at <= now && outcome.ended_at > now - held;
}

ports::JournalEntry entry_of(const rollout::SessionOutcome& outcome) {
  return {0, outcome.ended_at, feature_flag::outcome_text(outcome).value_or(std::string())};
}

}  // namespace

OutcomeJournal::OutcomeJournal(ports::RolloutStore* rollouts, std::string flag, milliseconds held)
    : rollouts_(rollouts), flag_(std::move(flag)), held_(held) {}

void OutcomeJournal::add(const rollout::SessionOutcome& outcome) {
  if (!feature_flag::outcome_text(outcome)) return;  // figures that are none: no evidence
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= max_waiting) waiting_.erase(waiting_.begin());
  waiting_.push_back(outcome);
}

void OutcomeJournal::rate(const std::string& session_id, std::uint64_t up, std::uint64_t neutral,
                          std::uint64_t down) {
  const std::lock_guard lock(mutex_);
  const auto known = std::find_if(waiting_.rbegin(), waiting_.rend(), [&](const auto& outcome) {
    return outcome.session_id == session_id;
  });
  if (known == waiting_.rend()) return;
  known->thumbs_up = up;
  known->thumbs_neutral = neutral;
  known->thumbs_down = down;
}

Result<> OutcomeJournal::flush(UtcTime now) {
  std::vector<rollout::SessionOutcome> taken;
  {
    const std::lock_guard lock(mutex_);
    const auto due =
        std::stable_partition(waiting_.begin(), waiting_.end(),
                              [&](const auto& outcome) { return is_held(outcome, now, held_); });
    taken.assign(std::make_move_iterator(due), std::make_move_iterator(waiting_.end()));
    waiting_.erase(due, waiting_.end());
  }
  Result<> kept;
  std::size_t done = 0;
  while (kept && done < taken.size()) {
    const std::size_t end = std::min(taken.size(), done + at_once);
    std::vector<ports::JournalEntry> entries;
    for (std::size_t i = done; i < end; ++i) entries.push_back(entry_of(taken[i]));
    kept = rollouts_->add_sessions(flag_, entries);
    if (kept) done = end;
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
