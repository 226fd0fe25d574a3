#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rollout/explanation.hpp"
#include "rollout/plan.hpp"
#include "rollout/statistics/evidence.hpp"

namespace sotto::rollout {

/// What was measured in one arm's sessions within a period.
struct ArmFigures {
  std::uint64_t captions = 0;            ///< whose latency was measured
  std::optional<double> latency_p95_ms;  ///< none without captions
  std::uint64_t finals = 0, errors = 0;
  double dropped_per_minute = 0;    ///< partial results, in the worst minute
  std::uint64_t sessions = 0;       ///< that ended
  double orphaned_per_session = 0;  ///< in the worst of them
  std::uint64_t fallbacks = 0;
  std::uint64_t thumbs_up = 0, thumbs_neutral = 0, thumbs_down = 0;
  std::optional<double> cost_per_listener_hour;  ///< dollars, mean; none where nobody listened
  std::uint64_t cache_hits = 0, cache_misses = 0;
  friend bool operator==(const ArmFigures&, const ArmFigures&) = default;
};

struct Figures {
  ArmFigures canary, control;
  friend bool operator==(const Figures&, const Figures&) = default;
};

/// The metrics of the two periods to which limits apply.
struct WindowFigures {
  std::optional<UtcTime> newest;  ///< when something was measured last
  Figures recent;                 ///< of the last hour
  Figures whole;                  ///< since the phase began, at most its bake time
  friend bool operator==(const WindowFigures&, const WindowFigures&) = default;
};

/// The sessions behind an alarm, in the period that it was last evaluated on.
struct AlarmSessions {
  std::string alarm;
  std::uint64_t canary = 0, canary_active = 0;    ///< different sessions that it is about; of all
  std::uint64_t control = 0, control_active = 0;  ///< that were live
  friend bool operator==(const AlarmSessions&, const AlarmSessions&) = default;
};

/// Everything that a phase's criteria are evaluated on.
struct Readings {
  UtcTime taken_at{};
  std::optional<UtcTime> newest;  ///< as in WindowFigures, and when a session ended last
  Figures recent, whole;          ///< as in WindowFigures
  /// False: the metrics could not be read and are empty. Guardrails on other readings still act. No
  /// criterion on metrics passes, and no bake time passes.
  bool figures_known = true;
  Evidence evidence;  ///< of the phase's sessions, and of the rollout's
  std::vector<std::string> alarms_on;
  std::vector<std::string> canary_alarms;  ///< those that would be, by the canary's figures alone
  std::vector<AlarmSessions> alarm_sessions;  ///< of each alarm in alarms_on or canary_alarms
  // What only the rollout's state knows:
  std::uint64_t alarms_rung = 0;  ///< since the phase began, in its bake time
  std::uint64_t rollbacks = 0;    ///< in the phase's bake time
  std::uint64_t alarm_looks = 0;  ///< of the phase, at which an alarm of the canary's was on
  /// The canary's latency against control's in the phase before, as a ratio; none: there was none.
  std::optional<Interval> latency_before;
};

enum class Verdict : std::uint8_t {
  pass,  ///< of a comparison: harm beyond its margin is excluded, and nothing speaks for any
  fail,  ///< of a comparison: harm is sure
  inconclusive,     ///< between the two: a person may approve it
  not_enough_data,  ///< too little was measured
  voided  ///< the sessions did not fall to the arms as they should: nothing can be compared
};
/// The JSON name, such as "not_enough_data".
std::string_view to_string(Verdict verdict);
std::optional<Verdict> verdict_named(std::string_view name);

/// A criterion and its result.
struct Criterion {
  Rule rule;
  std::optional<double> canary, control;
  std::optional<Interval> interval;  ///< a confidence sequence: of the ratio to control where there
                                     ///< is a comparison, else of the canary's value
  std::uint64_t canary_samples = 0, control_samples = 0;
  Verdict verdict = Verdict::not_enough_data;
  /// It fails now, not only at some time within the bake time: a guardrail acts.
  bool acute = false;
  /// Control has it as well: trouble around the feature, and no verdict on the canary.
  bool both_arms = false;
  /// Of an inconclusive comparison: the harm that could still be hidden, at the plan's
  /// promotion_alpha: a ratio for latency_ratio and session_length, else percentage points.
  std::optional<double> hidden;
  /// It is inconclusive because the data speak for harm, if not surely.
  bool suspected = false;
  /// About as many sessions more, of both arms, would tell; none where it cannot be said.
  std::optional<std::uint64_t> more_sessions;
};

enum class Advice : std::uint8_t { go_on, hold, roll_back };
/// The JSON name, such as "go_on".
std::string_view to_string(Advice advice);

struct Judgement {
  std::vector<Criterion> criteria;
  Advice advice = Advice::hold;
  Explanation why;  ///< Obstacle, CriteriaPass or FeatureOff
};

/// The guide's name for the phase with a percentage: "canary" (10), "gradual" (50), "full" (100),
/// "off" (0, or disabled), else "custom".
std::string_view phase_of(bool enabled, int rollout_percentage);

/// Evaluates a phase's criteria on the readings, each by itself and as of now; `breaches` of `of`
/// is applied by the controller. The unit is the session. Comparisons with control are running bets
/// over sessions (statistics/bets.hpp), so they may be evaluated at any time: harm is sure at the
/// plan's alpha, and harm beyond the margin is excluded at its promotion_alpha. Nothing acts on
/// fewer sessions than the plan's action_sessions, and on the canary only where it is worse than
/// control, or where there is no control to speak of. A criterion with too little data does not
/// pass. Comparisons are left out in a phase in which no session, or every session, has the
/// feature, and are voided where sample_ratio fails. If the metrics are not known, a criterion on
/// them has not enough data, whatever its rule says of missing data. Pure and reproducible: the
/// same readings give the same bits.
std::vector<Criterion> judge(const Plan& plan, const Phase& phase, const Readings& readings);

/// What counts as a session's trouble, by the phase's limits; the guide's where it has none.
TroubleLimits trouble_limits(const Phase& phase);

/// The alarms on the canary that an action is for: behind which there are enough different
/// sessions, and more of the canary's than control's.
std::vector<std::string> acting_alarms(const Plan& plan, const Phase& phase,
                                       const Readings& readings);

/// Whether judge() uses the readings' metrics for a measure.
bool judged_by_figures(Measure measure);

/// What of the criteria prevents promotion, the worst first: guardrails that fail now, other
/// failures, missing data.
Obstacle obstacle_of(const std::vector<Criterion>& criteria);

/// Combines criteria: an acute failure of a guardrail means roll back; any other failure, and
/// missing data, means hold.
Judgement sum_up(std::vector<Criterion> criteria);

/// The advice to an operator when no plan is running, by the guide's criteria for the percentage.
/// At 0 % there is nothing to evaluate.
Judgement judge_percentage(bool enabled, int rollout_percentage, const Readings& readings);

/// The least number of captions or cache lookups for a criterion on them; and of sessions for a
/// criterion per session, with votes for feedback to fail by its limit.
inline constexpr std::uint64_t min_captions = 100;
inline constexpr std::uint64_t min_sessions = 5;
inline constexpr std::uint64_t min_votes = 20;

}  // namespace sotto::rollout
