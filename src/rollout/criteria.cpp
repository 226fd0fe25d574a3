#include "rollout/criteria.hpp"

#include <algorithm>
#include <cmath>

#include "base/enum_names.hpp"

namespace sotto::rollout {

namespace {

constexpr EnumNames<Verdict, Verdict::not_enough_data> verdicts = {
    {Verdict::pass, "pass"},
    {Verdict::fail, "fail"},
    {Verdict::not_enough_data, "not_enough_data"}};
constexpr EnumNames<Advice, Advice::roll_back> advices = {
    {Advice::go_on, "go_on"}, {Advice::hold, "hold"}, {Advice::roll_back, "roll_back"}};

struct Context {
  const Plan* plan;
  const Phase* phase;
  const Readings* readings;
};

using Value = std::optional<double>;

std::uint64_t votes(const ArmFigures& arm) { return arm.thumbs_up + arm.thumbs_down; }

Value percent(std::uint64_t part, std::uint64_t all) {
  if (all == 0) return std::nullopt;
  return 100 * static_cast<double>(part) / static_cast<double>(all);
}

Value mean(const Moments& moments) {
  return moments.count > 0 ? Value(moments.mean) : std::nullopt;
}

// Judged twice: by what there was of late, which is acute, and by all of the phase.
void judge_limit(Criterion& criterion, Value recent, Value whole) {
  const bool lower = info(criterion.rule.measure).better == Direction::lower;
  const auto breaches = [&](const Value& value) {
    return value && (lower ? !(*value < criterion.rule.limit) : !(*value > criterion.rule.limit));
  };
  criterion.canary = recent ? recent : whole;
  criterion.acute = breaches(recent);
  if (criterion.acute || breaches(whole))
    criterion.verdict = Verdict::fail;
  else if (whole)
    criterion.verdict = Verdict::pass;
}

void judge_latency(Criterion& criterion, const Context& of) {
  const auto p95 = [](const ArmFigures& arm) {
    return arm.captions >= min_captions ? arm.latency_p95_ms : std::nullopt;
  };
  const Figures &recent = of.readings->recent, &whole = of.readings->whole;
  judge_limit(criterion, p95(recent.canary), p95(whole.canary));
  criterion.control = p95(recent.control) ? p95(recent.control) : p95(whole.control);
  criterion.canary_samples = whole.canary.captions;
  criterion.control_samples = whole.control.captions;
}

void judge_latency_ratio(Criterion& criterion, const Context& of) {
  const Moments &canary = of.readings->evidence.canary.log_latency,
                &control = of.readings->evidence.control.log_latency;
  criterion.canary_samples = canary.count;
  criterion.control_samples = control.count;
  if (canary.count == 0 || control.count == 0) return;
  const Interval log_ratio = difference_interval(canary, control, of.plan->alpha);
  criterion.canary = std::exp(canary.mean - control.mean);
  criterion.interval = Interval{std::exp(log_ratio.low), std::exp(log_ratio.high)};
  criterion.acute = criterion.interval->low > 1;
  const std::uint64_t least = of.phase->min_sessions;
  if (criterion.acute)
    criterion.verdict = Verdict::fail;
  else if (canary.count >= least && control.count >= least &&
           criterion.interval->high < criterion.rule.limit)
    criterion.verdict = Verdict::pass;
}

void judge_errors(Criterion& criterion, const Context& of) {
  const ArmEvidence &canary = of.readings->evidence.canary,
                    &control = of.readings->evidence.control;
  criterion.canary = percent(canary.failed, canary.sessions);
  criterion.control = percent(control.failed, control.sessions);
  criterion.canary_samples = canary.sessions;
  criterion.control_samples = control.sessions;
  if (canary.failed + control.failed > 0)
    criterion.interval = of.readings->evidence.errors.ratio_interval(of.plan->alpha);
  criterion.acute = of.readings->evidence.errors.log_evidence() >= -std::log(of.plan->alpha);
  const std::uint64_t least = of.phase->min_sessions;
  if (criterion.acute)
    criterion.verdict = Verdict::fail;
  else if (canary.sessions >= least && control.sessions >= least)
    criterion.verdict = Verdict::pass;
}

void judge_alarms(Criterion& criterion, const Context& of) {
  const auto on = static_cast<double>(of.readings->alarms_on.size());
  criterion.canary = std::max(on, static_cast<double>(of.readings->alarms_rung));
  criterion.acute = on > 0;
  criterion.verdict = *criterion.canary > 0 ? Verdict::fail : Verdict::pass;
}

void judge_dropped(Criterion& criterion, const Context& of) {
  const auto worst = [](const ArmFigures& arm) {
    return arm.finals > 0 || arm.dropped_per_minute > 0 ? Value(arm.dropped_per_minute)
                                                        : std::nullopt;
  };
  judge_limit(criterion, worst(of.readings->recent.canary), worst(of.readings->whole.canary));
  criterion.control = worst(of.readings->whole.control);
  criterion.canary_samples = of.readings->whole.canary.finals;
  criterion.control_samples = of.readings->whole.control.finals;
}

void judge_orphaned(Criterion& criterion, const Context& of) {
  const ArmFigures& whole = of.readings->whole.canary;
  const auto worst = [](const ArmFigures& arm) {
    return arm.sessions > 0 ? Value(arm.orphaned_per_session) : std::nullopt;
  };
  judge_limit(criterion, worst(of.readings->recent.canary), worst(whole));
  if (criterion.verdict == Verdict::pass && whole.sessions < min_sessions)
    criterion.verdict = Verdict::not_enough_data;
  criterion.control = worst(of.readings->whole.control);
  criterion.canary_samples = whole.sessions;
  criterion.control_samples = of.readings->whole.control.sessions;
}

// One is none too few for a promotion; only those that keep coming are acute.
void judge_fallbacks(Criterion& criterion, const Context& of) {
  const Figures &recent = of.readings->recent, &whole = of.readings->whole;
  criterion.canary = static_cast<double>(whole.canary.fallbacks);
  criterion.control = static_cast<double>(whole.control.fallbacks);
  criterion.canary_samples = whole.canary.finals;
  criterion.control_samples = whole.control.finals;
  const auto more = [&](std::uint64_t fallbacks) {
    return static_cast<double>(fallbacks) > criterion.rule.limit;
  };
  criterion.acute =
      recent.canary.fallbacks >= persistent_fallbacks && more(recent.canary.fallbacks);
  if (more(whole.canary.fallbacks) || criterion.acute)
    criterion.verdict = Verdict::fail;
  else if (whole.canary.finals > 0)
    criterion.verdict = Verdict::pass;
}

Moments moments_of_votes(const ArmFigures& arm) {
  const auto all = static_cast<double>(votes(arm)), down = static_cast<double>(arm.thumbs_down);
  return {votes(arm), all > 0 ? down / all : 0, all > 0 ? down * (all - down) / all : 0};
}

void judge_feedback(Criterion& criterion, const Context& of) {
  const ArmFigures &canary = of.readings->whole.canary, &control = of.readings->whole.control;
  criterion.canary = percent(canary.thumbs_down, votes(canary));
  criterion.control = percent(control.thumbs_down, votes(control));
  criterion.canary_samples = votes(canary) + canary.thumbs_neutral;
  criterion.control_samples = votes(control) + control.thumbs_neutral;
  const bool negative = criterion.canary.value_or(0) > criterion.rule.limit;
  const bool enough = votes(canary) >= min_votes;
  if (enough) {
    const Interval share = mean_interval(moments_of_votes(canary), of.plan->alpha);
    criterion.interval = Interval{100 * share.low, 100 * share.high};
    criterion.acute = negative && criterion.interval->low > criterion.rule.limit;
  }
  if (negative && enough)
    criterion.verdict = Verdict::fail;
  else if (!negative && criterion.canary_samples >= min_sessions)
    criterion.verdict = Verdict::pass;
}

void judge_sample_ratio(Criterion& criterion, const Context& of) {
  const SampleRatioTest& test = of.readings->evidence.sample_ratio;
  const std::uint64_t all = test.canary() + test.control();
  criterion.canary_samples = test.canary();
  criterion.control_samples = test.control();
  criterion.canary = percent(test.canary(), all);
  if (all > 0) criterion.control = 100 * test.expected_canary() / static_cast<double>(all);
  criterion.acute = test.log_evidence() >= -std::log(of.plan->alpha);
  if (criterion.acute)
    criterion.verdict = Verdict::fail;
  else if (all >= of.phase->min_sessions)
    criterion.verdict = Verdict::pass;
}

// The mean of the canary's sessions against a limit: acute once it is surely past it.
void judge_mean(Criterion& criterion, const Moments& canary, const Moments& control, double alpha) {
  criterion.canary = mean(canary);
  criterion.control = mean(control);
  criterion.canary_samples = canary.count;
  criterion.control_samples = control.count;
  if (canary.count < min_sessions) return;
  criterion.interval = mean_interval(canary, alpha);
  criterion.acute = criterion.interval->low >= criterion.rule.limit;
  criterion.verdict = canary.mean < criterion.rule.limit ? Verdict::pass : Verdict::fail;
}

void judge_cache(Criterion& criterion, const Context& of) {
  const auto looked_up = [](const ArmFigures& arm) { return arm.cache_hits + arm.cache_misses; };
  const auto hits = [&](const ArmFigures& arm) {
    return looked_up(arm) >= min_captions ? percent(arm.cache_hits, looked_up(arm)) : std::nullopt;
  };
  const Figures& whole = of.readings->whole;
  judge_limit(criterion, {}, hits(whole.canary));
  criterion.control = hits(whole.control);
  criterion.canary_samples = looked_up(whole.canary);
  criterion.control_samples = looked_up(whole.control);
}

// How the canary stands to control is compared, so that a slower week for all is no regression.
void judge_stability(Criterion& criterion, const Context& of) {
  const Moments &canary = of.readings->evidence.canary.log_latency,
                &control = of.readings->evidence.control.log_latency;
  criterion.canary_samples = canary.count;
  criterion.control_samples = control.count;
  if (canary.count == 0 || control.count == 0) return;
  const Interval now = difference_interval(canary, control, of.plan->alpha);
  criterion.canary = std::exp(canary.mean - control.mean);
  criterion.interval = Interval{std::exp(now.low), std::exp(now.high)};
  const double before = of.readings->latency_before->high;
  criterion.acute = criterion.interval->low > before * criterion.rule.limit;
  const std::uint64_t least = of.phase->min_sessions;
  if (criterion.acute)
    criterion.verdict = Verdict::fail;
  else if (canary.count >= least && control.count >= least)
    criterion.verdict = Verdict::pass;
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
      return judge_mean(criterion, evidence.canary.cost, evidence.control.cost, of.plan->alpha);
    case Measure::cache_hit_rate: return judge_cache(criterion, of);
    case Measure::erasure:
      return judge_mean(criterion, evidence.canary.erasure, evidence.control.erasure,
                        of.plan->alpha);
    case Measure::stability: return judge_stability(criterion, of);
    case Measure::rollbacks: return judge_rollbacks(criterion, of);
  }
}

// Whether there is anybody to compare with.
bool applies(Measure measure, int share, const Readings& readings) {
  const bool compares = measure == Measure::latency_ratio || measure == Measure::error_rate ||
                        measure == Measure::sample_ratio || measure == Measure::stability;
  if (measure == Measure::stability && !readings.latency_before) return false;
  return !compares || (share > 0 && share < 100);
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
  return criteria;
}

bool judged_by_evidence(Measure measure) {
  switch (measure) {
    case Measure::latency_ratio:
    case Measure::error_rate:
    case Measure::sample_ratio:
    case Measure::cost:
    case Measure::erasure:
    case Measure::stability: return true;
    default: return false;
  }
}

bool judged_by_figures(Measure measure) {
  return !judged_by_evidence(measure) && measure != Measure::alarms &&
         measure != Measure::rollbacks;
}

Obstacle obstacle_of(const std::vector<Criterion>& criteria) {
  const auto failed = [](const Criterion& one) { return one.verdict == Verdict::fail; };
  const auto guards = [&](const Criterion& one) {
    return failed(one) && one.acute && one.rule.remedy != Remedy::hold;
  };
  const auto unknown = [](const Criterion& one) { return one.verdict == Verdict::not_enough_data; };
  if (auto measures = measures_of(criteria, guards); !measures.empty())
    return {.kind = ObstacleKind::guardrails_fail, .measures = std::move(measures)};
  if (auto measures = measures_of(criteria, failed); !measures.empty())
    return {.kind = ObstacleKind::criteria_fail, .measures = std::move(measures)};
  if (auto measures = measures_of(criteria, unknown); !measures.empty())
    return {.kind = ObstacleKind::criteria_unknown, .measures = std::move(measures)};
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
