#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"

namespace sotto::rollout {

/// What a criterion measures. Each measure has its own direction, limit and unit, see info().
enum class Measure : std::uint8_t {
  latency_p95,     ///< of the canary's captions, below the limit
  latency_ratio,   ///< the canary's sessions to control's, against the limit
  error_rate,      ///< sessions with an error, against control's by the margin
  alarms,          ///< no alarm is on, and the canary set none off within the bake time
  dropped,         ///< partial results of the canary in its worst minute, below the limit
  orphaned,        ///< of the canary's worst session, below the limit
  fallbacks,       ///< none; three within an hour are persistent
  feedback,        ///< share of thumbs down, at most the limit, and against control's by the margin
  sample_ratio,    ///< the arms' sizes agree with the percentage, by the margin
  cost,            ///< per listener-hour, below the limit
  cache_hit_rate,  ///< above the limit, and against control's by the margin
  erasure,         ///< normalized, of the canary's sessions, below the limit
  stability,       ///< the canary's latency against control's, not above the phase before
  rollbacks,       ///< none within the bake time
  session_length,  ///< of the canary's sessions, against control's by the margin: not shorter
  listeners_left   ///< share of listeners who leave early, against control's by the margin
};
inline constexpr std::size_t measure_count = 16;

/// Which way is better.
enum class Direction : std::uint8_t { lower, higher };

struct MeasureInfo {
  std::string_view name;   ///< in documents, such as "latency_p95"
  std::string_view title;  ///< for people
  std::string_view unit;
  Direction better;
};
const MeasureInfo& info(Measure measure);
std::optional<Measure> measure_named(std::string_view name);

/// The reaction to a failed criterion, mildest first.
enum class Remedy : std::uint8_t {
  hold,       ///< no promotion: a gate
  step_back,  ///< back to the percentage of the phase before, live sessions too: a guardrail
  disable     ///< the feature is off for all sessions: a guardrail
};
std::string_view to_string(Remedy remedy);
std::optional<Remedy> remedy_named(std::string_view name);

/// How missing data counts.
enum class MissingPolicy : std::uint8_t {
  hold,  ///< the criterion is inconclusive
  pass   ///< it passes: for optional data, such as feedback
};
std::string_view to_string(MissingPolicy policy);
std::optional<MissingPolicy> missing_policy_named(std::string_view name);

/// How one criterion is evaluated.
struct Rule {
  Measure measure = Measure::latency_p95;
  double limit = 0;  ///< in the measure's unit
  /// Of a comparison with control: the largest harm that one is willing to miss. In percentage
  /// points where the measure is a share of sessions, votes or look-ups; in percent of the length,
  /// and of the odds that a session is the canary's. For latency_ratio the limit says it.
  double margin = 0;
  Remedy remedy = Remedy::hold;
  int breaches = 1, of = 1;  ///< fails if so many of the last `of` evaluations (1–32) breach
  std::chrono::minutes warm_up{0};  ///< from the start of the phase; not evaluated before
  MissingPolicy missing = MissingPolicy::hold;
  friend bool operator==(const Rule&, const Rule&) = default;
};

struct Phase {
  std::string name;
  int rollout_percentage = 0;
  std::chrono::hours bake{168};     ///< the bake time, at least
  std::uint64_t min_sessions = 20;  ///< of each arm that there is, ended
  bool approval = false;            ///< promotion also needs a person's approval
  std::vector<Rule> rules;          ///< of different measures
  friend bool operator==(const Phase&, const Phase&) = default;
};

/// No promotion from `from` until before `to`.
struct Freeze {
  UtcTime from{}, to{};
  std::string why;
  friend bool operator==(const Freeze&, const Freeze&) = default;
};

/// The reaction to an alarm.
struct AlarmRemedy {
  std::string alarm;
  Remedy remedy = Remedy::hold;
  friend bool operator==(const AlarmRemedy&, const AlarmRemedy&) = default;
};

/// How a feature is rolled out.
struct Plan {
  std::string name;
  std::vector<Phase> phases;
  std::vector<Freeze> freezes;
  std::vector<AlarmRemedy> alarms;  ///< others hold
  int control_percentage = 2;  ///< of sessions, kept as control where a phase would leave fewer
  double alpha =
      0.001;  ///< the probability that a comparison finds harm of none over a whole phase
  double promotion_alpha = 0.05;      ///< that one excludes harm beyond its margin that there is
  std::uint64_t action_sessions = 3;  ///< different sessions that an action needs
  int action_share = 5;               ///< percent of the arm's sessions that they need to be
  std::chrono::minutes look_every{5};
  bool a_a = false;  ///< an A/A test: the canary does not get the feature either
  friend bool operator==(const Plan&, const Plan&) = default;
};

/// The maximum size of a plan's document, in bytes.
inline constexpr std::size_t max_plan_bytes = 64 * 1024;

/// The deployment guide's rule for a measure; the remedies are those of its four rollback
/// scenarios.
Rule guide_rule(Measure measure);

/// The guide's criteria of a phase with this percentage: the first phase's below 50, with the
/// second's from there on, with the third's at 100.
std::vector<Rule> guide_rules(int rollout_percentage);

/// The guide's three phases: canary 10 % and gradual 50 % for a week each, full 100 % for the two
/// weeks that it has to be stable.
Plan guide_plan();

/// The guide's timeline: a week before at 0 %, then two weeks each of canary and gradual, then
/// full.
Plan timeline_plan();

/// The built-in plan of that name, "guide" or "timeline"; nothing for another.
std::optional<Plan> plan_named(std::string_view name);

/// The plan as it is, or `invalid_argument` naming the member, its value and its range. Percentages
/// rise from phase to phase.
Result<Plan> validate(Plan plan);

/// Reads a plan's document, one JSON object. Members that are not there are the guide's; a
/// criterion is its measure's name, or an object with `name` and what differs from the guide.
/// Errors: `invalid_argument` naming the member.
Result<Plan> parse_plan(std::string_view document);

/// A valid plan's document, with all its members. parse_plan() reads it back to the same plan.
std::string to_document(const Plan& plan);

/// The share of sessions, in percent, that get the feature in a phase.
int canary_share(const Plan& plan, const Phase& phase);

/// The freeze that holds at a time, or null.
const Freeze* freeze_at(const Plan& plan, UtcTime now);

}  // namespace sotto::rollout
