#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "simulation/play.hpp"

namespace sotto::simulation {

/// What a plan would have decided in recorded weeks. Sessions keep their recorded arm and share, so
/// a phase can be judged only while the record has the phase's share. With another share the phase
/// has metrics and alarms, but no comparisons, and is not promoted. The backtest ends at a
/// rollback, because the recorded sessions do not show its effect.
struct Backtest {
  Played played;
  std::vector<rollout::Measure>
      left_out;  ///< criteria that the record has no data for; they count as passed
};

/// `outcomes` in order of began_at; those that no bucket put in an arm count for figures only.
/// Played from the first to the end of the last. `plan` must be valid.
Backtest backtest(const rollout::Plan& plan, std::span<const rollout::SessionOutcome> outcomes);

/// How often a plan would have stopped a healthy rollout. Recorded control sessions, which did not
/// have the feature, are split into two arms by another hash of their id, with the shares of the
/// plan's phases, `splits` times in different ways. So any difference is by chance, and what all
/// sessions suffer is trouble of both arms, which holds a split and stops none.
struct FalseAlarms {
  std::size_t sessions = 0;  ///< of control
  std::size_t splits = 0, stopped = 0;
  std::array<std::size_t, rollout::measure_count> by{};  ///< of each measure, how many it stopped
  std::vector<rollout::Measure> left_out;
};
FalseAlarms split_control(const rollout::Plan& plan,
                          std::span<const rollout::SessionOutcome> outcomes, std::size_t splits);

/// The plan, with what none of the outcomes has a value for taken as met.
rollout::Plan tellable(rollout::Plan plan, std::span<const rollout::SessionOutcome> outcomes,
                       std::vector<rollout::Measure>* left_out);

}  // namespace sotto::simulation
