#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rollout/plan.hpp"
#include "rollout/session_outcome.hpp"

namespace sotto::simulation {

/// What one comparison with control can tell in a phase, where nothing is wrong. Harm is in percent
/// for latency_ratio and session_length, else in percentage points.
struct Detectable {
  rollout::Measure measure = rollout::Measure::latency_ratio;
  double margin = 0;  ///< the harm that the plan wants excluded
  /// Harm from here on is excluded at the end of the bake time, at the plan's promotion_alpha; none
  /// where there is no bound, and of sample_ratio.
  std::optional<double> excluded;
  /// From the phase's beginning until the comparison passes; none: not within `most_bake_times`.
  std::optional<double> days;
};

struct DetectablePhase {
  std::string phase;
  int share = 0;  ///< of the canary, in percent
  double bake_days = 0;
  std::uint64_t canary_sessions = 0, control_sessions = 0;  ///< within the bake time
  std::vector<Detectable> comparisons;  ///< none where nobody, or everybody, has the feature
  std::optional<double> days;           ///< until all of them pass, as Detectable::days

  /// Whether it will ask for approval: a comparison has not passed when its bake time is over.
  bool asks() const { return !comparisons.empty() && !(days && *days <= bake_days); }
};

inline constexpr int most_bake_times = 4;

struct DetectableHarm {
  std::size_t recorded = 0;   ///< control sessions that were drawn from
  double sessions_a_day = 0;  ///< of both arms
  std::vector<DetectablePhase> phases;
  std::vector<rollout::Measure> left_out;  ///< that the record has no data for
};

struct DetectableOptions {
  std::optional<double> sessions_a_day = {};  ///< none: as many as in the record; at most 5000
  std::size_t splits = 5;                     ///< what is told is the median of so many, at least 1
};

/// What harm a plan can see, before it starts. Of the recorded control sessions, which did not have
/// the feature, each day's are drawn with replacement, at the time of day at which they began, and
/// split into two arms by a hash with each phase's share. So nothing is wrong, and the figures are
/// what the number of sessions and their spread allow. A phase begins with the evidence that the
/// one before had at the end of its bake time. What sessions of one day have in common is not in
/// it. The same sessions give the same result. `plan` must be valid.
DetectableHarm detectable_harm(const rollout::Plan& plan,
                               std::span<const rollout::SessionOutcome> outcomes,
                               const DetectableOptions& options = {});

/// Sessions of control as a scenario has them, for where nothing was recorded: always the same.
std::vector<rollout::SessionOutcome> healthy_control(std::size_t sessions);

}  // namespace sotto::simulation
