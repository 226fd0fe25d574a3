#include "rollout/controller_parts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/enum_names.hpp"

namespace sotto::rollout {

namespace {

constexpr EnumNames<Status, Status::completed> statuses = {{Status::running, "running"},
                                                           {Status::paused, "paused"},
                                                           {Status::rolled_back, "rolled_back"},
                                                           {Status::aborted, "aborted"},
                                                           {Status::completed, "completed"}};
constexpr EnumNames<EventKind, EventKind::cleared> kinds = {
    {EventKind::started, "started"},     {EventKind::promoted, "promoted"},
    {EventKind::completed, "completed"}, {EventKind::held, "held"},
    {EventKind::went_on, "went_on"},     {EventKind::stepped_back, "stepped_back"},
    {EventKind::disabled, "disabled"},   {EventKind::overruled, "overruled"},
    {EventKind::paused, "paused"},       {EventKind::resumed, "resumed"},
    {EventKind::approved, "approved"},   {EventKind::advanced, "advanced"},
    {EventKind::aborted, "aborted"},     {EventKind::cleared, "cleared"}};
constexpr EnumNames<Command::Kind, Command::Kind::clear> commands = {
    {Command::Kind::start, "start"}, {Command::Kind::advance, "advance"},
    {Command::Kind::pause, "pause"}, {Command::Kind::resume, "resume"},
    {Command::Kind::abort, "abort"}, {Command::Kind::approve, "approve"},
    {Command::Kind::clear, "clear"}};

}  // namespace

std::string_view to_string(Status status) { return statuses.name(status); }
std::optional<Status> status_named(std::string_view name) { return statuses.named(name); }
std::string_view to_string(EventKind kind) { return kinds.name(kind); }
std::optional<EventKind> event_kind_named(std::string_view name) { return kinds.named(name); }
std::string_view to_string(Command::Kind kind) { return commands.name(kind); }
std::optional<Command::Kind> command_named(std::string_view name) { return commands.named(name); }

FlagSeen seen(const Flag& flag, std::uint64_t version, std::string changed_by) {
  return {
      version,
      {flag.enabled, flag.rollout_percentage, flag.control_percentage, flag.recall_live, flag.a_a},
      std::move(changed_by)};
}

FlagTarget target_of(const Plan& plan, const Phase& phase) {
  FlagTarget target;
  target.rollout_percentage = phase.rollout_percentage;
  if (canary_share(plan, phase) < phase.rollout_percentage)
    target.control_percentage = plan.control_percentage;
  target.a_a = plan.a_a;
  return target;
}

milliseconds bake_left(const State& state) {
  return std::max(milliseconds{0}, state.plan.phases[state.phase].bake - state.baked);
}

Breach breach_of(const Criterion& criterion, std::vector<std::string> alarms) {
  Breach breach;
  breach.measure = criterion.rule.measure;
  breach.limit = criterion.rule.limit;
  breach.canary = criterion.canary;
  breach.control = criterion.control;
  const bool of_ratio = criterion.rule.measure == Measure::latency_ratio ||
                        criterion.rule.measure == Measure::stability;
  if (criterion.interval && (!of_ratio || criterion.interval->low > 1))
    breach.surely_above = criterion.interval->low;
  breach.sessions = criterion.canary_samples;
  if (criterion.rule.measure == Measure::alarms) breach.alarms = std::move(alarms);
  return breach;
}

bool in_force(const State& state, const FlagSeen& flag) {
  FlagTarget wanted = target_of(state.plan, state.plan.phases[state.phase]);
  wanted.recall_live = flag.flag.recall_live;
  return flag.version > 0 && wanted == flag.flag;
}

Readings complete(const State& state, Readings readings, UtcTime now) {
  readings.taken_at = now;
  readings.latency_before = state.latency_before;
  readings.alarm_looks = state.alarm_looks;
  const auto bake = state.plan.phases[state.phase].bake;
  const auto within = [&](const std::vector<UtcTime>& times, UtcTime from) {
    return static_cast<std::uint64_t>(std::count_if(times.begin(), times.end(), [&](UtcTime at) {
      return at >= from && at <= now && now - at < bake;
    }));
  };
  readings.rollbacks = within(state.rollbacks, UtcTime{});
  readings.alarms_rung = within(state.alarm_rings, state.phase_began_at);
  return readings;
}

void begin_phase(State& state, UtcTime now) {
  state.phase_began_at = now;
  state.looked_at = now;
  state.baked = milliseconds{0};
  state.approved_by.clear();
  state.approved_unsettled = false;
  state.alarm_looks = 0;
  state.breaches.fill(0);
  state.holding = {};
}

void decide(State& state, const FlagTarget& target, const FlagSeen& flag, std::string_view by,
            const std::string& reason) {
  state.pending = PendingFlag{target, flag.version, std::string(by), reason.substr(0, max_reason)};
}

void note(State& state, Step& step, EventKind kind, UtcTime now, std::string_view by,
          int percentage_before, int percentage_after) {
  step.event = RolloutEvent{++state.events,
                            kind,
                            now,
                            std::string(by),
                            describe(step.why),
                            state.plan.phases[state.phase].name,
                            percentage_before,
                            percentage_after};
}

Step promote(State state, const FlagSeen& flag, Step step, const Readings& readings, EventKind kind,
             std::string_view by, UtcTime now) {
  const Phase& from = state.plan.phases[state.phase];
  const int before = from.rollout_percentage;
  step.advice = Advice::go_on;
  if (state.phase + 1 == state.plan.phases.size()) {
    state.status = Status::completed;
    if (by == controller_name) step.why = Completed{};
    note(state, step, EventKind::completed, now, by, before, before);
    step.state = std::move(state);
    return step;
  }
  const Evidence& evidence = readings.evidence;
  const int share = canary_share(state.plan, from);
  state.latency_before = std::nullopt;
  if (share > 0 && share < 100) {
    const Interval log_ratio = difference_interval(evidence.canary.log_latency,
                                                   evidence.control.log_latency, state.plan.alpha);
    state.latency_before = Interval{std::exp(log_ratio.low), std::exp(log_ratio.high)};
  }
  ++state.phase;
  begin_phase(state, now);
  const Phase& to = state.plan.phases[state.phase];
  if (by == controller_name) step.why = Promoted{from.name, to.name, to.rollout_percentage};
  decide(state, target_of(state.plan, to), flag, by, describe(step.why));
  step.flag_first = true;
  note(state, step, kind, now, by, before, to.rollout_percentage);
  step.state = std::move(state);
  return step;
}

State flag_written(State state, bool made) {
  state.pending.reset();
  if (!made && state.status != Status::rolled_back && state.status != Status::aborted)
    state.status = Status::paused;
  return state;
}

}  // namespace sotto::rollout
