#include "rollout/criteria.hpp"

#include <algorithm>
#include <cmath>

#include "base/enum_names.hpp"
#include "rollout/judging/judging.hpp"

namespace sotto::rollout {

namespace {

constexpr EnumNames<Verdict, Verdict::voided> verdicts = {
    {Verdict::pass, "pass"},
    {Verdict::fail, "fail"},
    {Verdict::inconclusive, "inconclusive"},
    {Verdict::not_enough_data, "not_enough_data"},
    {Verdict::voided, "voided"}};
constexpr EnumNames<Advice, Advice::roll_back> advices = {
    {Advice::go_on, "go_on"}, {Advice::hold, "hold"}, {Advice::roll_back, "roll_back"}};

// The mean of the canary's sessions against a limit: acute once it is surely past it.
void judge_mean(Criterion& criterion, const Context& of, const Moments& canary,
                const Moments& control) {
  criterion.canary = mean(canary);
  criterion.control = mean(control);
  criterion.canary_samples = canary.count;
  criterion.control_samples = control.count;
  if (canary.count < min_sessions) return;
  const Interval interval = mean_interval(canary, of.plan->alpha);
  if (std::isfinite(interval.low)) criterion.interval = interval;
  criterion.acute = interval.low >= criterion.rule.limit;
  criterion.verdict = canary.mean < criterion.rule.limit ? Verdict::pass : Verdict::fail;
}

void judge_rollbacks(Criterion& criterion, const Context& of) {
  criterion.canary = static_cast<double>(of.readings->rollbacks);
  criterion.verdict = of.readings->rollbacks == 0 ? Verdict::pass : Verdict::fail;
}

void judge(Criterion& criterion, const Context& of) {
  const Evidence& evidence = of.readings->evidence;
  switch (criterion.rule.measure) {
    case Measure::latency_p95: return judge_latency(criterion, of);
    case Measure::latency_ratio: return judge_latency_ratio(criterion, of);
    case Measure::error_rate: return judge_errors(criterion, of);
    case Measure::alarms: return judge_alarms(criterion, of);
    case Measure::dropped: return judge_dropped(criterion, of);
    case Measure::orphaned: return judge_orphaned(criterion, of);
    case Measure::fallbacks: return judge_fallbacks(criterion, of);
    case Measure::feedback: return judge_feedback(criterion, of);
    case Measure::sample_ratio: return judge_sample_ratio(criterion, of);
    case Measure::cost:
      return judge_mean(criterion, of, evidence.canary.cost, evidence.control.cost);
    case Measure::cache_hit_rate: return judge_cache(criterion, of);
    case Measure::erasure:
      return judge_mean(criterion, of, evidence.canary.erasure, evidence.control.erasure);
    case Measure::stability: return judge_stability(criterion, of);
    case Measure::rollbacks: return judge_rollbacks(criterion, of);
    case Measure::session_length: return judge_length(criterion, of);
    case Measure::listeners_left: return judge_left(criterion, of);
  }
}

// Whether it says nothing without control.
bool compares(Measure measure) {
  switch (measure) {
    case Measure::latency_ratio:
    case Measure::error_rate:
    case Measure::sample_ratio:
    case Measure::stability:
    case Measure::session_length:
    case Measure::listeners_left: return true;
    default: return false;
  }
}

// Whether arms that sessions did not fall to by chance make it worthless.
bool voidable(Measure measure) {
  return measure != Measure::sample_ratio && measure != Measure::alarms &&
         measure != Measure::cost && measure != Measure::erasure && measure != Measure::rollbacks;
}

// Whether there is anybody to compare with.
bool applies(Measure measure, int share, const Readings& readings) {
  if (measure == Measure::stability && !readings.latency_before) return false;
  return !compares(measure) || (share > 0 && share < 100);
}

// With arms that are not what they should be, nothing that compares them means anything.
void void_comparisons(std::vector<Criterion>& criteria) {
  const bool fault = std::any_of(criteria.begin(), criteria.end(), [](const Criterion& one) {
    return one.rule.measure == Measure::sample_ratio && one.verdict == Verdict::fail;
  });
  if (!fault) return;
  for (Criterion& criterion : criteria) {
    if (!voidable(criterion.rule.measure)) continue;
    criterion.verdict = Verdict::voided;
    criterion.acute = criterion.both_arms = criterion.suspected = false;
    criterion.hidden.reset();
    criterion.more_sessions.reset();
  }
}

template <class Which>
std::vector<Measure> measures_of(const std::vector<Criterion>& criteria, Which which) {
  std::vector<Measure> measures;
  for (const Criterion& criterion : criteria)
    if (which(criterion)) measures.push_back(criterion.rule.measure);
  return measures;
}

}  // namespace

std::string_view to_string(Verdict verdict) { return verdicts.name(verdict); }
std::optional<Verdict> verdict_named(std::string_view name) { return verdicts.named(name); }
std::string_view to_string(Advice advice) { return advices.name(advice); }

std::string_view phase_of(bool enabled, int rollout_percentage) {
  if (!enabled || rollout_percentage == 0) return "off";
  if (rollout_percentage == 10) return "canary";
  if (rollout_percentage == 50) return "gradual";
  if (rollout_percentage == 100) return "full";
  return "custom";
}

std::vector<Criterion> judge(const Plan& plan, const Phase& phase, const Readings& readings) {
  std::vector<Criterion> criteria;
  const Context context{&plan, &phase, &readings};
  for (const Rule& rule : phase.rules) {
    if (!applies(rule.measure, canary_share(plan, phase), readings)) continue;
    Criterion criterion;
    criterion.rule = rule;
    const bool known = readings.figures_known || !judged_by_figures(rule.measure);
    if (known) judge(criterion, context);
    if (known && criterion.verdict == Verdict::not_enough_data &&
        rule.missing == MissingPolicy::pass)
      criterion.verdict = Verdict::pass;
    criteria.push_back(criterion);
  }
  void_comparisons(criteria);
  return criteria;
}

bool judged_by_figures(Measure measure) {
  switch (measure) {
    case Measure::latency_p95:
    case Measure::dropped:
    case Measure::orphaned:
    case Measure::fallbacks:
    case Measure::cache_hit_rate: return true;
    default: return false;
  }
}

Obstacle obstacle_of(const std::vector<Criterion>& criteria) {
  const auto failed = [](const Criterion& one) { return one.verdict == Verdict::fail; };
  const auto guards = [&](const Criterion& one) {
    return failed(one) && one.acute && one.rule.remedy != Remedy::hold;
  };
  const auto fault = [&](const Criterion& one) {
    return failed(one) && one.rule.measure == Measure::sample_ratio;
  };
  const auto both = [&](const Criterion& one) { return failed(one) && one.both_arms; };
  const auto alone = [&](const Criterion& one) { return failed(one) && !one.both_arms; };
  const auto open = [](const Criterion& one) { return one.verdict == Verdict::inconclusive; };
  const auto unknown = [](const Criterion& one) { return one.verdict == Verdict::not_enough_data; };
  if (auto measures = measures_of(criteria, guards); !measures.empty())
    return {.kind = ObstacleKind::guardrails_fail, .measures = std::move(measures)};
  if (auto measures = measures_of(criteria, fault); !measures.empty())
    return {.kind = ObstacleKind::assignment_fault, .measures = std::move(measures)};
  if (auto measures = measures_of(criteria, alone); !measures.empty())
    return {.kind = ObstacleKind::criteria_fail, .measures = std::move(measures)};
  if (auto measures = measures_of(criteria, both); !measures.empty())
    return {.kind = ObstacleKind::both_arms, .measures = std::move(measures)};
  if (auto measures = measures_of(criteria, unknown); !measures.empty())
    return {.kind = ObstacleKind::criteria_unknown, .measures = std::move(measures)};
  if (auto measures = measures_of(criteria, open); !measures.empty())
    return {.kind = ObstacleKind::inconclusive,
            .measures = std::move(measures),
            .text = hidden_in_words(criteria)};
  return {};
}

Judgement sum_up(std::vector<Criterion> criteria) {
  Judgement judgement;
  Obstacle obstacle = obstacle_of(criteria);
  if (obstacle.kind == ObstacleKind::guardrails_fail) judgement.advice = Advice::roll_back;
  if (stands(obstacle)) {
    judgement.why = std::move(obstacle);
  } else {
    judgement.advice = Advice::go_on;
    judgement.why = CriteriaPass{criteria.size()};
  }
  judgement.criteria = std::move(criteria);
  return judgement;
}

Judgement judge_percentage(bool enabled, int rollout_percentage, const Readings& readings) {
  Plan plan = guide_plan();
  plan.control_percentage = 0;  // a percentage that a person has set means what it says
  Phase phase;
  phase.rollout_percentage = rollout_percentage;
  phase.rules = guide_rules(std::max(1, rollout_percentage));
  Judgement judgement = sum_up(judge(plan, phase, readings));
  if (enabled && rollout_percentage > 0) return judgement;
  judgement.advice = Advice::hold;
  judgement.why = FeatureOff{};
  return judgement;
}

}  // namespace sotto::rollout
