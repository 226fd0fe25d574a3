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

/// What is judged. Each has a direction, a limit and units of its own, see info().
enum class Measure : std::uint8_t {
  latency_p95,    ///< of the canary's captions, below the limit
  latency_ratio,  ///< of the canary's sessions to control's: not surely above 1, surely below limit
  error_rate,     ///< sessions with an error, not surely more often than control's
  alarms,         ///< none is on, and the canary's went off none within the bake time
  dropped,        ///< partial results of the canary in its worst minute, below the limit
  orphaned,       ///< of the canary's worst session, below the limit
  fallbacks,      ///< none; three within an hour are persistent
  feedback,       ///< thumbs down of up and down, at most the limit
  sample_ratio,   ///< sessions fall to the arms as the percentage says
  cost,           ///< per listener-hour, below the limit
  cache_hit_rate,  ///< above the limit
  erasure,         ///< normalised, of the canary's sessions, below the limit
  stability,       ///< the canary's latency against control's, not above the phase before
  rollbacks        ///< none within the bake time
};
inline constexpr std::size_t measure_count = 14;

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

/// What a failed criterion leads to, least first.
enum class Remedy : std::uint8_t {
  hold,       ///< no promotion: a gate
  step_back,  ///< back to the percentage of the phase before, live sessions too: a guardrail
  disable     ///< the feature off for everybody: a guardrail
};
std::string_view to_string(Remedy remedy);
std::optional<Remedy> remedy_named(std::string_view name);

/// How data that is missing counts.
enum class MissingPolicy : std::uint8_t {
  hold,  ///< the criterion is inconclusive
  pass   ///< it passes: for what people may leave unsaid, such as feedback
};
std::string_view to_string(MissingPolicy policy);
std::optional<MissingPolicy> missing_policy_named(std::string_view name);

/// How one criterion is judged.
struct Rule {
  Measure measure = Measure::latency_p95;
  double limit = 0;  ///< in the measure's unit
  Remedy remedy = Remedy::hold;
  int breaches = 1, of = 1;         ///< of the last `of` looks (1 to 32) so many breach: it fails
  std::chrono::minutes warm_up{0};  ///< after the phase began, before it is judged
  MissingPolicy missing = MissingPolicy::hold;
  friend bool operator==(const Rule&, const Rule&) = default;
};

struct Phase {
  std::string name;
  int rollout_percentage = 0;
  std::chrono::hours bake{168};     ///< how long all has to be well, at least
  std::uint64_t min_sessions = 20;  ///< of each arm that there is, ended
  bool approval = false;            ///< a person has to say yes as well
  std::vector<Rule> rules;          ///< of different measures
  friend bool operator==(const Phase&, const Phase&) = default;
};

/// No promotion from `from` until before `to`.
struct Freeze {
  UtcTime from{}, to{};
  std::string why;
  friend bool operator==(const Freeze&, const Freeze&) = default;
};

/// What an alarm that is on leads to.
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
  int control_percentage = 2;       ///< of sessions, kept while a phase has more than the rest
  double alpha = 0.001;             ///< of each comparison, over the whole phase: wrong so often
  std::chrono::minutes look_every{5};
  bool a_a = false;  ///< the canary gets nothing: to see what the gates make of equal arms
  friend bool operator==(const Plan&, const Plan&) = default;
};

/// A plan's document has at most so many bytes.
inline constexpr std::size_t max_plan_bytes = 64 * 1024;

/// How a measure is judged by the deployment guide; its four rollback scenarios say the remedies.
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
