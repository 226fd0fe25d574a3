#include "rollout/plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/enum_names.hpp"

namespace sotto::rollout {

using std::chrono::hours;
using std::chrono::minutes;

namespace {

constexpr std::array<MeasureInfo, measure_count> infos = {{
    {"latency_p95", "p95 latency", "ms", Direction::lower},
    {"latency_ratio", "Latency of sessions, canary to control", "×", Direction::lower},
    {"error_rate", "Sessions with errors, not above control", "%", Direction::lower},
    {"alarms", "Alarms", "", Direction::lower},
    {"dropped", "Dropped results, worst minute", "/min", Direction::lower},
    {"orphaned", "Orphaned results, worst session", "/session", Direction::lower},
    {"fallbacks", "Fallbacks of the recogniser", "", Direction::lower},
    {"feedback", "Thumbs down, of up and down", "%", Direction::lower},
    {"sample_ratio", "Sessions of the canary, as the percentage says", "%", Direction::lower},
    {"cost", "Cost per listener-hour", "USD", Direction::lower},
    {"cache_hit_rate", "Translation cache hits", "%", Direction::higher},
    {"erasure", "Words taken back, normalized erasure", "", Direction::lower},
    {"stability", "Latency to control, against the phase before", "×", Direction::lower},
    {"rollbacks", "Rollbacks", "", Direction::lower},
    {"session_length", "Length of sessions, canary to control", "×", Direction::higher},
    {"listeners_left", "Listeners who leave early", "%", Direction::lower},
}};

constexpr EnumNames<Remedy, Remedy::disable> remedies = {
    {Remedy::hold, "hold"}, {Remedy::step_back, "step_back"}, {Remedy::disable, "disable"}};
constexpr EnumNames<MissingPolicy, MissingPolicy::pass> missing_policies = {
    {MissingPolicy::hold, "hold"}, {MissingPolicy::pass, "pass"}};

constexpr std::array<Rule, measure_count> guide = {{
    {Measure::latency_p95, 5000, 0, Remedy::step_back, 2, 2, minutes{10}, MissingPolicy::hold},
    {Measure::latency_ratio, 1.5, 0, Remedy::step_back, 1, 1, minutes{0}, MissingPolicy::hold},
    {Measure::error_rate, 0, 5, Remedy::disable, 1, 1, minutes{0}, MissingPolicy::hold},
    {Measure::alarms, 0, 0, Remedy::step_back, 1, 1, minutes{0}, MissingPolicy::hold},
    {Measure::dropped, 100, 0, Remedy::step_back, 2, 2, minutes{0}, MissingPolicy::hold},
    {Measure::orphaned, 10, 0, Remedy::step_back, 2, 2, minutes{0}, MissingPolicy::hold},
    {Measure::fallbacks, 0, 0, Remedy::disable, 2, 2, minutes{0}, MissingPolicy::hold},
    {Measure::feedback, 50, 20, Remedy::step_back, 2, 2, minutes{0}, MissingPolicy::hold},
    {Measure::sample_ratio, 0, 30, Remedy::hold, 1, 1, minutes{0}, MissingPolicy::hold},
    {Measure::cost, 0.10, 0, Remedy::hold, 1, 1, minutes{0}, MissingPolicy::hold},
    {Measure::cache_hit_rate, 30, 15, Remedy::hold, 1, 1, minutes{0}, MissingPolicy::hold},
    {Measure::erasure, 0.30, 0, Remedy::step_back, 1, 1, minutes{0}, MissingPolicy::hold},
    {Measure::stability, 1.1, 0, Remedy::hold, 1, 1, minutes{0}, MissingPolicy::hold},
    {Measure::rollbacks, 0, 0, Remedy::hold, 1, 1, minutes{0}, MissingPolicy::hold},
    {Measure::session_length, 0, 33, Remedy::step_back, 1, 1, minutes{0}, MissingPolicy::hold},
    {Measure::listeners_left, 0, 10, Remedy::step_back, 1, 1, minutes{0}, MissingPolicy::pass},
}};

Phase guide_phase(std::string name, int percentage, hours bake) {
  Phase phase;
  phase.name = std::move(name);
  phase.rollout_percentage = percentage;
  phase.bake = bake;
  phase.rules = guide_rules(percentage);
  return phase;
}

constexpr hours week{168};

tl::unexpected<Error> wrong(const std::string& field, const std::string& what) {
  return fail(ErrorCode::invalid_argument, field + " " + what, field);
}

template <class Number>
bool within(Number value, Number low, Number high) {
  return value >= low && value <= high;  // false for NaN
}

Result<> validate(const Rule& rule, const Phase& phase) {
  const std::string of = "of " + std::string(info(rule.measure).name) + " in phase " + phase.name;
  if (!within(rule.limit, 0.0, 1e9)) return wrong("limit", of + " must be from 0 to 1e9");
  if (!within(rule.margin, 0.0, 1000.0)) return wrong("margin", of + " must be from 0 to 1000");
  if (!within(rule.of, 1, 32)) return wrong("of", of + " must be from 1 to 32 looks");
  if (!within(rule.breaches, 1, rule.of))
    return wrong("breaches", of + " must be from 1 to " + std::to_string(rule.of));
  if (!within(rule.warm_up, minutes{0}, minutes{week}))
    return wrong("warm_up_minutes", of + " must be from 0 to 10080");
  if (std::count_if(phase.rules.begin(), phase.rules.end(),
                    [&](const Rule& other) { return other.measure == rule.measure; }) > 1)
    return wrong("criteria", "of phase " + phase.name + " have " +
                                 std::string(info(rule.measure).name) + " twice");
  return {};
}

Result<> validate(const Phase& phase) {
  if (phase.name.empty() || phase.name.size() > 40)
    return wrong("name", "of a phase must have 1 to 40 characters");
  if (!within(phase.rollout_percentage, 0, 100))
    return wrong("rollout_percentage", "of phase " + phase.name + " is " +
                                           std::to_string(phase.rollout_percentage) +
                                           ", must be a whole number from 0 to 100");
  if (!within(phase.bake, hours{0}, 52 * week))
    return wrong("bake_hours", "of phase " + phase.name + " must be from 0 to 8736");
  if (!within(phase.min_sessions, std::uint64_t{3}, std::uint64_t{1'000'000}))
    return wrong("min_sessions", "of phase " + phase.name + " must be from 3 to 1000000");
  if (phase.rules.empty())
    return wrong("criteria", "of phase " + phase.name + " are none: nothing could hold it");
  for (const Rule& rule : phase.rules)
    if (auto valid = validate(rule, phase); !valid) return valid;
  return {};
}

}  // namespace

const MeasureInfo& info(Measure measure) { return infos[static_cast<std::size_t>(measure)]; }

std::optional<Measure> measure_named(std::string_view name) {
  for (std::size_t i = 0; i < measure_count; ++i)
    if (infos[i].name == name) return static_cast<Measure>(i);
  return std::nullopt;
}

std::string_view to_string(Remedy remedy) { return remedies.name(remedy); }
std::optional<Remedy> remedy_named(std::string_view name) { return remedies.named(name); }
std::string_view to_string(MissingPolicy policy) { return missing_policies.name(policy); }
std::optional<MissingPolicy> missing_policy_named(std::string_view name) {
  return missing_policies.named(name);
}

Rule guide_rule(Measure measure) { return guide[static_cast<std::size_t>(measure)]; }

std::vector<Rule> guide_rules(int rollout_percentage) {
  using enum Measure;
  std::vector<Measure> measures = {latency_p95,  latency_ratio,  error_rate,    alarms,
                                   dropped,      orphaned,       fallbacks,     feedback,
                                   sample_ratio, session_length, listeners_left};
  // Before the first phase nobody has the feature: only what concerns everybody is judged.
  if (rollout_percentage == 0) measures = {alarms};
  if (rollout_percentage >= 50)
    measures.insert(measures.end(), {cost, cache_hit_rate, erasure, stability});
  if (rollout_percentage == 100) measures.push_back(rollbacks);
  std::vector<Rule> rules;
  for (const Measure measure : measures) rules.push_back(guide_rule(measure));
  return rules;
}

Plan guide_plan() {
  Plan plan;
  plan.name = "guide";
  plan.phases = {guide_phase("canary", 10, week), guide_phase("gradual", 50, week),
                 guide_phase("full", 100, 2 * week)};
  plan.alarms = {{"audio-transcription-latency-high", Remedy::step_back},
                 {"audio-transcription-rate-limit-high", Remedy::step_back},
                 {"audio-transcription-orphaned-results-high", Remedy::step_back},
                 {"audio-transcription-transcribe-fallback", Remedy::hold},
                 {"audio-transcription-lambda-errors", Remedy::disable}};
  return plan;
}

Plan timeline_plan() {
  Plan plan = guide_plan();
  plan.name = "timeline";
  plan.phases.insert(plan.phases.begin(), guide_phase("pre-rollout", 0, week));
  plan.phases[1].bake = plan.phases[2].bake = 2 * week;
  return plan;
}

std::optional<Plan> plan_named(std::string_view name) {
  if (name == "guide") return guide_plan();
  if (name == "timeline") return timeline_plan();
  return std::nullopt;
}

Result<Plan> validate(Plan plan) {
  if (plan.name.empty() || plan.name.size() > 40)
    return wrong("name", "of the plan must have 1 to 40 characters");
  if (!within(plan.phases.size(), std::size_t{1}, std::size_t{20}))
    return wrong("phases", "must be 1 to 20");
  if (!within(plan.control_percentage, 0, 50))
    return wrong("control_percentage", "is " + std::to_string(plan.control_percentage) +
                                           ", must be a whole number from 0 to 50");
  if (!within(plan.alpha, 1e-9, 0.1)) return wrong("alpha", "must be from 1e-9 to 0.1");
  if (!within(plan.promotion_alpha, 1e-6, 0.2))
    return wrong("promotion_alpha", "must be from 1e-6 to 0.2");
  if (!within(plan.action_sessions, std::uint64_t{1}, std::uint64_t{1000}))
    return wrong("action_sessions", "must be from 1 to 1000");
  if (!within(plan.action_share, 0, 100)) return wrong("action_share", "must be from 0 to 100");
  if (!within(plan.look_every, minutes{1}, minutes{1440}))
    return wrong("look_minutes", "must be from 1 to 1440");
  if (plan.freezes.size() > 100) return wrong("freeze", "may have 100 times");
  for (const Freeze& freeze : plan.freezes)
    if (freeze.from >= freeze.to) return wrong("freeze", "must begin before it ends");
  if (plan.alarms.size() > 100) return wrong("alarms", "may be 100");
  int before = -1;
  for (const Phase& phase : plan.phases) {
    if (auto valid = validate(phase); !valid) return tl::unexpected(valid.error());
    if (phase.rollout_percentage <= before)
      return wrong("rollout_percentage", "of phase " + phase.name + " is " +
                                             std::to_string(phase.rollout_percentage) +
                                             ", must be above that of the phase before");
    before = phase.rollout_percentage;
  }
  return plan;
}

int canary_share(const Plan& plan, const Phase& phase) {
  return std::min(phase.rollout_percentage, 100 - plan.control_percentage);
}

const Freeze* freeze_at(const Plan& plan, UtcTime now) {
  for (const Freeze& freeze : plan.freezes)
    if (freeze.from <= now && now < freeze.to) return &freeze;
  return nullptr;
}

}  // namespace sotto::rollout
