#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "simulation/play.hpp"

namespace sotto::simulation {

/// What a plan would have decided in recorded weeks. Sessions keep the arm and the share that they
/// had, so it tells of a phase only while the record has its share: with another the phase has
/// figures and alarms, but nothing to compare, and is not promoted. Nor do sessions of the record
/// know of a rollback that the plan would have made: it ends there.
struct Backtest {
  Played played;
  std::vector<rollout::Measure> left_out;  ///< criteria that the record cannot tell, taken as met
};

/// `outcomes` in order of began_at; those that no bucket put in an arm count for figures only.
/// Played from the first to the end of the last. `plan` must be valid.
Backtest backtest(const rollout::Plan& plan, std::span<const rollout::SessionOutcome> outcomes);

/// How often a plan would have stopped a rollout in which nothing was wrong: recorded control
/// sessions, which had no feature, fall to two arms by another hash of their id, as the plan's
/// phases say, `splits` times in different ways. What differs then differs by chance; but limits
/// that control itself is beyond, and alarms, stop every split.
struct FalseAlarms {
  std::size_t sessions = 0;  ///< of control
  std::size_t splits = 0, stopped = 0;
  std::array<std::size_t, rollout::measure_count> by{};  ///< of each measure, how many it stopped
  std::vector<rollout::Measure> left_out;
};
FalseAlarms split_control(const rollout::Plan& plan,
                          std::span<const rollout::SessionOutcome> outcomes, std::size_t splits);

/// The plan without what outcomes do not have: feedback, and values that none of them has.
rollout::Plan tellable(rollout::Plan plan, std::span<const rollout::SessionOutcome> outcomes,
                       std::vector<rollout::Measure>* left_out);

}  // namespace sotto::simulation
