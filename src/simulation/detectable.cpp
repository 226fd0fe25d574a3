#include "simulation/detectable.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rollout/bucket.hpp"
#include "rollout/criteria.hpp"
#include "simulation/backtest.hpp"
#include "simulation/simulate.hpp"

namespace sotto::simulation {

namespace {

using rollout::Criterion;
using rollout::Measure;
using rollout::SessionOutcome;
using std::chrono::days;
using std::chrono::milliseconds;

constexpr double never = std::numeric_limits<double>::infinity();
constexpr double most_a_day = 5000;

double in_days(milliseconds time) {
  return std::chrono::duration<double, std::ratio<86400>>(time).count();
}

bool compares_arms(Measure measure) {
  switch (measure) {
    case Measure::latency_ratio:
    case Measure::error_rate:
    case Measure::feedback:
    case Measure::sample_ratio:
    case Measure::cache_hit_rate:
    case Measure::session_length:
    case Measure::listeners_left: return true;
    default: return false;
  }
}

double margin_of(const rollout::Rule& rule) {
  return rule.measure == Measure::latency_ratio ? 100 * (rule.limit - 1) : rule.margin;
}

// The most harm that its interval leaves.
double excluded_by(const Criterion& criterion) {
  if (!criterion.interval) return never;
  switch (criterion.rule.measure) {
    case Measure::latency_ratio: return 100 * (criterion.interval->high - 1);
    case Measure::session_length: return 100 * (1 - criterion.interval->low);
    case Measure::cache_hit_rate: return -criterion.interval->low;
    case Measure::sample_ratio: return never;
    default: return criterion.interval->high;
  }
}

std::optional<double> finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

// Sessions day by day, drawn from recorded ones.
class Days {
 public:
  Days(std::span<const SessionOutcome> control, double a_day, std::size_t split)
      : control_(control),
        a_day_(a_day),
        salt_("plan-check-" + std::to_string(split)),
        random_(split + 1) {}

  /// The next day's, in the order in which they end; the arms are by the share.
  std::vector<SessionOutcome> next(int share) {
    owed_ += a_day_;
    std::vector<SessionOutcome> day;
    const UtcTime begins{days{day_++}};
    for (; owed_ >= 1; --owed_) {
      SessionOutcome one = control_[random_() % control_.size()];
      const auto lasted = one.ended_at - one.began_at;
      one.began_at = begins + (one.began_at - std::chrono::floor<days>(one.began_at));
      one.ended_at = one.began_at + lasted;
      one.session_id += '#' + std::to_string(number_++);
      one.percentage = share;
      one.canary = rollout::bucket_of(one.session_id, salt_) < share;
      day.push_back(std::move(one));
    }
    std::stable_sort(day.begin(), day.end(),
                     [](const auto& a, const auto& b) { return a.ended_at < b.ended_at; });
    return day;
  }

 private:
  const std::span<const SessionOutcome> control_;
  const double a_day_;
  const std::string salt_;
  Random random_;
  double owed_ = 0;
  int day_ = 0;
  std::uint64_t number_ = 0;
};

// What one split of a phase comes to.
struct PhaseOnce {
  std::uint64_t canary = 0, control = 0;
  std::vector<double> excluded, days;  // of each comparison; `never` where there is none
  double all_pass = never;
};

class Phases {
 public:
  Phases(std::span<const SessionOutcome> control, double a_day, std::size_t split)
      : days_(control, a_day, split) {}

  PhaseOnce next(const rollout::Plan& plan, const rollout::Phase& phase) {
    evidence_.begin_phase();
    evidence_.limits = rollout::trouble_limits(phase);
    const int share = rollout::canary_share(plan, phase);
    const double bake = in_days(phase.bake), most = most_bake_times * std::max(1.0, bake);
    PhaseOnce once;
    rollout::Readings readings;
    readings.evidence = evidence_;
    double time = 0;
    const auto settled = [&] { return std::isfinite(once.all_pass); };
    if (bake == 0) at_bake_end(plan, phase, readings, once);
    while (time < bake || (time < most && share > 0 && share < 100 && !settled())) {
      const auto day = days_.next(share);
      // A bake time that is not of whole days ends within one.
      const double part = time < bake && bake < time + 1 ? bake - time : 1;
      const auto sooner = static_cast<std::size_t>(part * static_cast<double>(day.size()));
      for (std::size_t i = 0; i < day.size(); ++i) {
        if (i == sooner) at_bake_end(plan, phase, readings, once);
        readings.evidence.add(day[i]);
      }
      time += 1;
      if (time == bake) at_bake_end(plan, phase, readings, once);
      look(plan, phase, readings, time, once);
    }
    if (once.excluded.empty()) at_bake_end(plan, phase, readings, once);
    return once;
  }

 private:
  static std::vector<Criterion> comparisons(const rollout::Plan& plan, const rollout::Phase& phase,
                                            const rollout::Readings& readings) {
    std::vector<Criterion> all = rollout::judge(plan, phase, readings);
    std::erase_if(all, [](const Criterion& one) { return !compares_arms(one.rule.measure); });
    return all;
  }

  void at_bake_end(const rollout::Plan& plan, const rollout::Phase& phase,
                   const rollout::Readings& readings, PhaseOnce& once) {
    evidence_ = readings.evidence;
    once.canary = evidence_.canary.sessions;
    once.control = evidence_.control.sessions;
    once.excluded.clear();
    for (const Criterion& one : comparisons(plan, phase, readings))
      once.excluded.push_back(excluded_by(one));
    look(plan, phase, readings, in_days(phase.bake), once);
  }

  static void look(const rollout::Plan& plan, const rollout::Phase& phase,
                   const rollout::Readings& readings, double time, PhaseOnce& once) {
    const std::vector<Criterion> all = comparisons(plan, phase, readings);
    once.days.resize(all.size(), never);
    bool pass = true;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool passes = all[i].verdict == rollout::Verdict::pass;
      if (passes) once.days[i] = std::min(once.days[i], time);
      pass &= passes;
    }
    if (pass) once.all_pass = std::min(once.all_pass, time);
  }

  Days days_;
  rollout::Evidence evidence_;  // at the end of the last phase's bake time
};

double middle(std::vector<double> values) { return median(std::move(values)).value_or(never); }

DetectablePhase summed_up(const rollout::Plan& plan, const rollout::Phase& phase,
                          const std::vector<PhaseOnce>& splits) {
  const auto over = [&](auto value) {
    std::vector<double> values;
    for (const PhaseOnce& once : splits) values.push_back(static_cast<double>(value(once)));
    return middle(std::move(values));
  };
  DetectablePhase result;
  result.phase = phase.name;
  result.share = rollout::canary_share(plan, phase);
  result.bake_days = in_days(phase.bake);
  result.canary_sessions =
      static_cast<std::uint64_t>(over([](const PhaseOnce& one) { return one.canary; }));
  result.control_sessions =
      static_cast<std::uint64_t>(over([](const PhaseOnce& one) { return one.control; }));
  if (result.share == 0 || result.share == 100) return result;
  std::size_t index = 0;
  for (const rollout::Rule& rule : phase.rules) {
    if (!compares_arms(rule.measure)) continue;
    const std::size_t i = index++;
    result.comparisons.push_back(
        {rule.measure, margin_of(rule),
         finite(over([&](const PhaseOnce& one) { return one.excluded[i]; })),
         finite(over([&](const PhaseOnce& one) { return one.days[i]; }))});
  }
  result.days = finite(over([](const PhaseOnce& one) { return one.all_pass; }));
  return result;
}

double recorded_a_day(std::span<const SessionOutcome> outcomes) {
  UtcTime first = outcomes.front().began_at, last = first;
  for (const SessionOutcome& one : outcomes) {
    first = std::min(first, one.began_at);
    last = std::max(last, one.ended_at);
  }
  return static_cast<double>(outcomes.size()) / std::max(1.0, in_days(last - first));
}

}  // namespace

DetectableHarm detectable_harm(const rollout::Plan& plan, std::span<const SessionOutcome> outcomes,
                               const DetectableOptions& options) {
  DetectableHarm result;
  std::vector<SessionOutcome> by_bucket, control;
  for (const SessionOutcome& one : outcomes) {
    if (!one.by_bucket) continue;
    by_bucket.push_back(one);
    if (!one.canary) control.push_back(one);
  }
  result.recorded = control.size();
  if (control.empty()) return result;
  result.sessions_a_day =
      std::min(most_a_day, options.sessions_a_day.value_or(recorded_a_day(by_bucket)));
  const rollout::Plan told = tellable(plan, control, &result.left_out);
  std::vector<std::vector<PhaseOnce>> of_phases(told.phases.size());
  for (std::size_t split = 0; split < std::max<std::size_t>(1, options.splits); ++split) {
    Phases phases(control, result.sessions_a_day, split);
    for (std::size_t i = 0; i < told.phases.size(); ++i)
      of_phases[i].push_back(phases.next(told, told.phases[i]));
  }
  for (std::size_t i = 0; i < told.phases.size(); ++i)
    result.phases.push_back(summed_up(told, told.phases[i], of_phases[i]));
  return result;
}

std::vector<SessionOutcome> healthy_control(std::size_t sessions) {
  Random random(1);
  SyntheticTraffic traffic(Scenario{}, simulated_start, &random);
  const rollout::FlagTarget off{.rollout_percentage = 0};
  std::vector<SessionOutcome> outcomes;
  for (UtcTime until = simulated_start; outcomes.size() < sessions; until += days{1})
    while (auto session = traffic.next(until, off)) outcomes.push_back(session->outcome);
  outcomes.resize(sessions);
  return outcomes;
}

}  // namespace sotto::simulation
