#include <algorithm>
#include <limits>

#include "rollout/judging/judging.hpp"

namespace sotto::rollout {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double rounding = 1e-9;  // of percentage points that were shares

// A comparison, in a unit in which more is worse and 0 is no harm.
struct Compared {
  double log_evidence = 0;  // of harm, in the phase
  Interval range{-infinite, infinite};
  double estimate = 0, margin = 0;
  std::uint64_t least = 0;     // sessions of either arm, without which it does not pass
  std::uint64_t sessions = 0;  // behind the range
};

// How many sessions more would bring the range's end from where it is to the margin: it comes
// closer to the estimate by the square root of their number.
std::optional<std::uint64_t> sessions_to_tell(const Compared& compared) {
  const double away = compared.range.high - compared.estimate,
               wanted = compared.margin - compared.estimate;
  if (!(wanted > 0) || !std::isfinite(away) || !(away > wanted)) return std::nullopt;
  const double times = away / wanted * (away / wanted);
  if (times > 1e4) return std::nullopt;
  return static_cast<std::uint64_t>(
      std::ceil((times - 1) * static_cast<double>(compared.sessions)));
}

// Fails where harm is sure, passes where harm beyond the margin is excluded and nothing speaks for
// any, is inconclusive between.
void decide(Criterion& criterion, const Context& of, const Compared& compared) {
  criterion.acute = compared.log_evidence >= of.bound(criterion.rule.measure) &&
                    criterion.canary_samples >= of.plan->action_sessions;
  if (criterion.acute) {
    criterion.verdict = Verdict::fail;
  } else if (criterion.canary_samples < compared.least ||
             criterion.control_samples < compared.least) {
    criterion.verdict = Verdict::not_enough_data;
  } else if (!(compared.range.high > compared.margin + rounding) &&
             !suspicious(compared.log_evidence)) {
    criterion.verdict = Verdict::pass;
  } else {
    criterion.verdict = Verdict::inconclusive;
    criterion.suspected = suspicious(compared.log_evidence);
    if (!criterion.suspected) criterion.more_sessions = sessions_to_tell(compared);
  }
}

// Of the logarithm of something: the interval is of its ratio.
Interval ratio(const Interval& log_ratio) {
  return {std::exp(log_ratio.low), std::exp(log_ratio.high)};
}

// An end beyond the grid says nothing to anybody.
void show(Criterion& criterion, const Interval& interval) {
  if (std::isfinite(interval.low) && std::isfinite(interval.high)) criterion.interval = interval;
}

void hide(Criterion& criterion, double harm) {
  if (criterion.verdict == Verdict::inconclusive && std::isfinite(harm)) criterion.hidden = harm;
}

void count(Criterion& criterion, const Moments& canary, const Moments& control) {
  criterion.canary_samples = canary.count;
  criterion.control_samples = control.count;
}

// Of a share, of which more is worse, in percent and percentage points.
Compared compare(Criterion& criterion, const Context& of, const ShareComparison& comparison,
                 std::uint64_t least) {
  const Interval points = comparison.range.interval(of.plan->promotion_alpha);
  Compared compared;
  compared.log_evidence = comparison.harm.log_evidence();
  compared.range = {100 * points.low, 100 * points.high};
  compared.margin = criterion.rule.margin;
  compared.least = least;
  const DifferenceRange& range = comparison.range;
  compared.sessions = range.canary + range.control;
  if (range.canary > 0 && range.control > 0)
    compared.estimate = 100 * (range.canary_sum / static_cast<double>(range.canary) -
                               range.control_sum / static_cast<double>(range.control));
  if (compared.sessions > 0) show(criterion, compared.range);
  decide(criterion, of, compared);
  hide(criterion, compared.range.high);
  return compared;
}

Value as_percent(const Moments& share) {
  const Value value = mean(share);
  return value ? Value(100 * *value) : std::nullopt;
}

}  // namespace

double Context::bound(Measure measure) const {
  const auto before =
      std::count_if(plan->phases.begin(), plan->phases.end(), [&](const Phase& one) {
        return one.rollout_percentage > 0 && one.rollout_percentage < phase->rollout_percentage;
      });
  const bool first = measure == Measure::latency_ratio || measure == Measure::error_rate ||
                     measure == Measure::sample_ratio;
  return -std::log(plan->alpha * (first ? 1 : 0.1)) + std::log(4) * static_cast<double>(before);
}

void judge_latency_ratio(Criterion& criterion, const Context& of) {
  const Moments &canary = of.evidence().canary.log_latency,
                &control = of.evidence().control.log_latency;
  count(criterion, canary, control);
  if (canary.count == 0 || control.count == 0) return;
  const ShiftComparison& latency = of.evidence().latency;
  Compared compared;
  compared.log_evidence = latency.harm.log_evidence();
  compared.range = latency.range.interval(of.plan->promotion_alpha);
  compared.margin = std::log(std::max(1.0, criterion.rule.limit));
  compared.estimate = canary.mean - control.mean;
  compared.least = of.phase->min_sessions;
  compared.sessions = latency.range.canary + latency.range.control;
  criterion.canary = std::exp(compared.estimate);
  show(criterion, ratio(compared.range));
  decide(criterion, of, compared);
  hide(criterion, std::exp(compared.range.high));
}

void judge_length(Criterion& criterion, const Context& of) {
  const Moments &canary = of.evidence().canary.log_length,
                &control = of.evidence().control.log_length;
  count(criterion, canary, control);
  if (canary.count == 0 || control.count == 0) return;
  const ShiftComparison& length = of.evidence().length;
  Compared compared;
  compared.log_evidence = length.harm.log_evidence();
  compared.range = length.range.interval(of.plan->promotion_alpha);
  compared.margin = -std::log(std::max(0.01, 1 - criterion.rule.margin / 100));
  compared.estimate = control.mean - canary.mean;
  compared.least = of.phase->min_sessions;
  compared.sessions = length.range.canary + length.range.control;
  criterion.canary = std::exp(-compared.estimate);
  show(criterion, ratio({-compared.range.high, -compared.range.low}));
  decide(criterion, of, compared);
  hide(criterion, std::exp(-compared.range.high));
}

void judge_errors(Criterion& criterion, const Context& of) {
  const ArmEvidence &canary = of.evidence().canary, &control = of.evidence().control;
  const auto failed = [](const ArmEvidence& arm) {
    return static_cast<double>(arm.troubled[static_cast<std::size_t>(Trouble::failed)]);
  };
  criterion.canary = percent(failed(canary), static_cast<double>(canary.sessions));
  criterion.control = percent(failed(control), static_cast<double>(control.sessions));
  criterion.canary_samples = canary.sessions;
  criterion.control_samples = control.sessions;
  compare(criterion, of, of.evidence().errors, of.phase->min_sessions);
  if (failed(canary) < static_cast<double>(of.plan->action_sessions) && criterion.acute) {
    criterion.acute = false;
    criterion.verdict = Verdict::inconclusive;
  }
  if (criterion.verdict != Verdict::fail && errors_in_both_arms(of)) {
    criterion.verdict = Verdict::fail;
    criterion.both_arms = true;
  }
}

void judge_feedback(Criterion& criterion, const Context& of) {
  const Moments &canary = of.evidence().canary.thumbs_down,
                &control = of.evidence().control.thumbs_down;
  criterion.canary = as_percent(canary);
  criterion.control = as_percent(control);
  count(criterion, canary, control);
  if (canary.count == 0) return;
  const auto negative = [&](const Value& share) { return share && *share > criterion.rule.limit; };
  if (of.share() < 100)
    compare(criterion, of, of.evidence().thumbs_down, min_sessions);
  else if (canary.count >= min_sessions)
    criterion.verdict = Verdict::pass;
  if (criterion.acute || !negative(criterion.canary) || canary.count < min_votes) return;
  const Interval share = mean_interval(canary, of.plan->alpha);
  criterion.both_arms = negative(criterion.control);
  criterion.acute = !criterion.both_arms && 100 * share.low > criterion.rule.limit;
  criterion.verdict = Verdict::fail;
}

void judge_left(Criterion& criterion, const Context& of) {
  const Moments &canary = of.evidence().canary.left, &control = of.evidence().control.left;
  criterion.canary = as_percent(canary);
  criterion.control = as_percent(control);
  count(criterion, canary, control);
  if (canary.count > 0) compare(criterion, of, of.evidence().left, min_sessions);
}

void judge_cache(Criterion& criterion, const Context& of) {
  const auto looked_up = [](const ArmFigures& arm) { return arm.cache_hits + arm.cache_misses; };
  const auto hits = [&](const ArmFigures& arm, const Moments& misses) -> Value {
    if (looked_up(arm) >= min_captions)
      return percent(static_cast<double>(arm.cache_hits), static_cast<double>(looked_up(arm)));
    return misses.count >= min_sessions ? Value(100 * (1 - misses.mean)) : std::nullopt;
  };
  const Figures& whole = of.readings->whole;
  const Moments &canary = of.evidence().canary.cache_misses,
                &control = of.evidence().control.cache_misses;
  criterion.canary = hits(whole.canary, canary);
  criterion.control = hits(whole.control, control);
  count(criterion, canary, control);
  if (!criterion.canary) return;
  criterion.verdict = Verdict::pass;
  if (of.share() < 100 && canary.count > 0) {
    const Compared compared = compare(criterion, of, of.evidence().cache_misses, min_sessions);
    if (criterion.interval)
      criterion.interval = Interval{-compared.range.high, -compared.range.low};
  }
  const bool few = of.evidence().canary.sessions > 0 && canary.count < min_sessions;
  if (few) criterion.verdict = Verdict::not_enough_data;
  if (few || criterion.verdict == Verdict::fail || *criterion.canary > criterion.rule.limit) return;
  criterion.verdict = Verdict::fail;
  criterion.acute = true;
  criterion.both_arms = criterion.control && !(*criterion.control > criterion.rule.limit);
}

void judge_sample_ratio(Criterion& criterion, const Context& of) {
  const SampleRatioTest& test = of.evidence().sample_ratio;
  const std::uint64_t all = test.canary() + test.control();
  criterion.canary_samples = test.canary();
  criterion.control_samples = test.control();
  criterion.canary = percent(static_cast<double>(test.canary()), static_cast<double>(all));
  criterion.control = percent(test.expected_canary(), static_cast<double>(all));
  const double evidence = test.log_evidence();
  criterion.acute = evidence >= of.bound(Measure::sample_ratio);
  if (criterion.acute)
    criterion.verdict = Verdict::fail;
  else if (all < of.phase->min_sessions)
    return;
  else if (of.evidence().rollout_ratio.excludes(1 + criterion.rule.margin / 100,
                                                of.plan->promotion_alpha) &&
           !suspicious(evidence))
    criterion.verdict = Verdict::pass;
  else
    criterion.verdict = Verdict::inconclusive;
  criterion.suspected = criterion.verdict == Verdict::inconclusive && suspicious(evidence);
}

void judge_stability(Criterion& criterion, const Context& of) {
  const Moments &canary = of.evidence().canary.log_latency,
                &control = of.evidence().control.log_latency;
  count(criterion, canary, control);
  if (canary.count == 0 || control.count == 0) return;
  const Interval now = difference_interval(canary, control, of.plan->alpha);
  criterion.canary = std::exp(canary.mean - control.mean);
  show(criterion, ratio(now));
  const double before = of.readings->latency_before->high;
  criterion.acute = std::exp(now.low) > before * criterion.rule.limit;
  const std::uint64_t least = of.phase->min_sessions;
  if (criterion.acute)
    criterion.verdict = Verdict::fail;
  else if (canary.count >= least && control.count >= least)
    criterion.verdict = Verdict::pass;
}

}  // namespace sotto::rollout
