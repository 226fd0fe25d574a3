#include "rollout_controller/readings.hpp"

#include <algorithm>
#include <utility>

#include "feature_flag/outcome_json.hpp"
#include "rollout_controller/alarm_sessions.hpp"

namespace sotto::rollout_controller {

using rollout::ArmFigures;
using telemetry::Arm;
using telemetry::Counter;
using telemetry::Histogram;
using telemetry::Minute;

namespace {

// Processes add to a minute until it is over and a little longer; a minute is read for good then.
constexpr std::chrono::minutes settled_after{3};
constexpr std::size_t sessions_at_once = 1000;

UtcTime hour_of(UtcTime time) { return std::chrono::floor<std::chrono::hours>(time); }

ArmFigures figures_of(const telemetry::ArmSnapshot& all, double dropped_per_minute) {
  ArmFigures figures;
  const auto& latency = all[Histogram::processing_latency];
  figures.captions = latency.count();
  if (latency.count() > 0) figures.latency_p95_ms = latency.quantile(0.95);
  figures.finals = all[Counter::final_results_processed];
  figures.errors = all[Counter::session_errors];
  figures.dropped_per_minute = dropped_per_minute;
  const auto& orphaned = all[Histogram::orphaned_results_flushed];
  figures.sessions = orphaned.count();
  if (orphaned.count() > 0) figures.orphaned_per_session = orphaned.max();
  figures.fallbacks = all[Counter::transcribe_fallback_triggered];
  figures.thumbs_up = all[Counter::feedback_positive];
  figures.thumbs_neutral = all[Counter::feedback_neutral];
  figures.thumbs_down = all[Counter::feedback_negative];
  const auto& cost = all[Histogram::cost_per_listener_hour];
  if (cost.count() > 0) figures.cost_per_listener_hour = cost.mean() / 1e6;
  figures.cache_hits = all[Counter::translation_cache_hits];
  figures.cache_misses = all[Counter::translation_cache_misses];
  return figures;
}

double dropped(const Minute& minute, Arm arm) {
  return static_cast<double>(
      minute.arms[static_cast<std::size_t>(arm)][Counter::partial_results_dropped]);
}

double worst_dropped(const std::vector<Minute>& minutes, Arm arm) {
  double worst = 0;
  for (const Minute& minute : minutes) worst = std::max(worst, dropped(minute, arm));
  return worst;
}

// A series as if there were no control, and nothing before a time.
class CanaryOnly : public telemetry::Series {
 public:
  CanaryOnly(telemetry::Series* all, UtcTime from) : all_(all), from_(from) {}
  Result<> append(const Minute&) override { return {}; }
  Result<> prune(UtcTime) override { return {}; }
  Result<std::vector<Minute>> read(UtcTime from, UtcTime to) override {
    auto minutes = all_->read(std::max(from, from_), to);
    if (minutes)
      for (Minute& minute : *minutes) minute.arms[static_cast<std::size_t>(Arm::control)] = {};
    return minutes;
  }

 private:
  telemetry::Series* const all_;
  const UtcTime from_;
};

bool empty(const Minute& minute) {
  return std::all_of(minute.arms.begin(), minute.arms.end(),
                     [](const telemetry::ArmSnapshot& arm) { return arm.empty(); });
}

}  // namespace

ArmFigures arm_figures(const std::vector<Minute>& minutes, Arm arm) {
  return figures_of(telemetry::total(minutes, arm), worst_dropped(minutes, arm));
}

Since since(const rollout::State& state) {
  const rollout::Phase& phase = state.plan.phases[state.phase];
  return {state.phase_began_at, std::max(phase.bake, std::chrono::hours{1}),
          rollout::canary_share(state.plan, phase),
          std::min(state.judged_from == UtcTime{} ? state.started_at : state.judged_from,
                   state.phase_began_at),
          rollout::trouble_limits(phase)};
}

ReadingsSource::ReadingsSource(telemetry::Series* series, ports::RolloutStore* rollouts,
                               std::string flag,
                               std::function<std::vector<telemetry::AlarmStatus>()> alarms,
                               FiguresSource figures, FleetAlarmsSource fleet_alarms)
    : series_(series),
      rollouts_(rollouts),
      flag_(std::move(flag)),
      alarms_(std::move(alarms)),
      figures_(std::move(figures)),
      fleet_alarms_(std::move(fleet_alarms)) {}

Result<rollout::Readings> ReadingsSource::read(const Since& since, UtcTime now) {
  const std::lock_guard lock(mutex_);
  forget_unless(since, now);
  if (auto read = read_sessions(); !read) return tl::unexpected(read.error());
  const auto figures = figures_ ? figures_(since, now) : figures_of_series(now);
  if (!figures && !figures_) return tl::unexpected(figures.error());

  rollout::Readings readings;
  readings.taken_at = now;
  readings.figures_known = figures.has_value();
  if (figures) {
    readings.newest = figures->newest;
    readings.recent = figures->recent;
    readings.whole = figures->whole;
  }
  if (newest_session_ > readings.newest.value_or(UtcTime{})) readings.newest = newest_session_;
  readings.evidence = evidence_;
  if (auto read = read_alarms(readings, now); !read) return tl::unexpected(read.error());
  return readings;
}

Result<> ReadingsSource::read_alarms(rollout::Readings& readings, UtcTime now) {
  std::vector<const telemetry::AlarmRule*> on;
  const auto is_on = [&](const telemetry::AlarmStatus& alarm) {
    return alarm.state == telemetry::AlarmState::alarm &&
           last_period(*alarm.rule, now) >= since_.began_at;
  };
  const auto take = [&](const telemetry::AlarmStatus& alarm, std::vector<std::string>& names) {
    names.emplace_back(alarm.rule->name);
    if (std::find(on.begin(), on.end(), alarm.rule) == on.end()) on.push_back(alarm.rule);
  };
  for (const telemetry::AlarmStatus& alarm : alarms_())
    if (is_on(alarm)) take(alarm, readings.alarms_on);
  CanaryOnly canary(series_, since_.began_at);
  if (auto looked = canary_board_.evaluate(canary, now); !looked)
    return tl::unexpected(looked.error());
  for (const telemetry::AlarmStatus& alarm : canary_board_.alarms())
    if (is_on(alarm)) take(alarm, readings.canary_alarms);
  for (const telemetry::AlarmRule* rule : on) {
    auto sessions = alarm_sessions(*rule, *series_, since_.began_at, now);
    if (!sessions) return tl::unexpected(sessions.error());
    readings.alarm_sessions.push_back(std::move(*sessions));
  }
  if (!fleet_alarms_) return {};
  if (const auto fleet = fleet_alarms_(now))
    add_fleet_alarms(readings, *fleet);
  else
    readings.figures_known = false;  // an alarm may be on that nobody here sees
  return {};
}

Result<rollout::WindowFigures> ReadingsSource::figures_of_series(UtcTime now) {
  if (auto read = read_minutes(now); !read) return tl::unexpected(read.error());
  const auto late =
      series_->read(std::max(now - recent, since_.began_at), now + std::chrono::minutes{1});
  if (!late) return tl::unexpected(late.error());
  rollout::WindowFigures figures;
  figures.recent = {arm_figures(*late, Arm::canary), arm_figures(*late, Arm::control)};
  std::vector<Minute> tail;
  UtcTime newest;
  for (const auto& [start, hour] : hours_) newest = std::max(newest, hour.newest);
  for (const Minute& minute : *late) {
    if (!empty(minute)) newest = std::max(newest, minute.start);
    if (minute.start >= minutes_until_) tail.push_back(minute);
  }
  if (newest > UtcTime{}) figures.newest = newest;
  figures.whole = whole(tail);
  return figures;
}

void ReadingsSource::forget_unless(const Since& since, UtcTime now) {
  const bool same = since.began_at == since_.began_at && since.at_most == since_.at_most &&
                    since.share == since_.share && since.judged_from == since_.judged_from &&
                    since.limits == since_.limits &&
                    minutes_until_ <= std::chrono::ceil<std::chrono::minutes>(now);
  if (!same) {
    since_ = since;
    hours_.clear();
    sum_ = {};
    minutes_until_ =
        std::chrono::ceil<std::chrono::minutes>(std::max(since.began_at, now - since.at_most));
    sessions_until_ = 0;
    newest_session_ = {};
    evidence_ = {};
    evidence_.limits = since.limits;
  }
  while (!hours_.empty() && hours_.begin()->first + std::chrono::hours{1} <= now - since_.at_most) {
    for (std::size_t i = 0; i < sum_.size(); ++i)
      sum_[i] = sum_[i].since(hours_.begin()->second.sum[i]);
    hours_.erase(hours_.begin());
  }
}

Result<> ReadingsSource::read_minutes(UtcTime now) {
  const UtcTime until = std::chrono::floor<std::chrono::minutes>(now - settled_after);
  if (until <= minutes_until_) return {};
  // An hour at a time: a minute has 100 kB, and the first call of a process may have a week to
  // read.
  while (minutes_until_ < until) {
    const UtcTime end = std::min(until, minutes_until_ + std::chrono::hours{1});
    const auto minutes = series_->read(minutes_until_, end);
    if (!minutes) return tl::unexpected(minutes.error());
    for (const Minute& minute : *minutes) {
      if (empty(minute)) continue;
      Hour& hour = hours_[hour_of(minute.start)];
      hour.newest = minute.start;
      for (const Arm arm : telemetry::arms) {
        const auto index = static_cast<std::size_t>(arm);
        hour.sum[index].merge(minute.arms[index]);
        sum_[index].merge(minute.arms[index]);
        hour.dropped_per_minute[index] =
            std::max(hour.dropped_per_minute[index], dropped(minute, arm));
      }
    }
    minutes_until_ = end;
  }
  return {};
}

Result<> ReadingsSource::read_sessions() {
  for (;;) {
    const auto entries =
        rollouts_->entries(flag_, ports::Journal::sessions, sessions_until_, sessions_at_once);
    if (!entries) return tl::unexpected(entries.error());
    for (const ports::JournalEntry& entry : *entries) {
      sessions_until_ = entry.number;
      const auto outcome = feature_flag::outcome_of(entry.text);
      if (!outcome || outcome->began_at < since_.judged_from) continue;
      const bool in_phase =
          outcome->began_at >= since_.began_at && outcome->percentage == since_.share;
      if (in_phase) newest_session_ = std::max(newest_session_, outcome->ended_at);
      evidence_.add(*outcome, in_phase);
    }
    if (entries->size() < sessions_at_once) return {};
  }
}

rollout::Figures ReadingsSource::whole(const std::vector<Minute>& tail) const {
  const auto of = [&](Arm arm) {
    const auto index = static_cast<std::size_t>(arm);
    telemetry::ArmSnapshot sum = telemetry::total(tail, arm);
    sum.merge(sum_[index]);
    double worst = worst_dropped(tail, arm);
    for (const auto& [start, hour] : hours_)
      worst = std::max(worst, hour.dropped_per_minute[index]);
    return figures_of(sum, worst);
  };
  return {of(Arm::canary), of(Arm::control)};
}

}  // namespace sotto::rollout_controller
