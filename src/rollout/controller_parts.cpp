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

std::string figure(double value) {
  std::array<char, 32> text{};
  const auto size = std::snprintf(text.data(), text.size(), "%.4g", value);
  return {text.data(), static_cast<std::size_t>(std::max(0, size))};
}

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

std::string percent(int percentage) { return std::to_string(percentage) + " %"; }

std::string in_words(milliseconds time) {
  using namespace std::chrono;
  const auto all = ceil<minutes>(time);
  const auto d = all / days{1}, h = all % days{1} / hours{1}, m = all % hours{1} / minutes{1};
  if (d > 0) return std::to_string(d) + " d " + std::to_string(h) + " h";
  if (h > 0) return std::to_string(h) + " h " + std::to_string(m) + " min";
  return std::to_string(m) + " min";
}

std::string in_words(const Criterion& criterion) {
  const MeasureInfo& of = info(criterion.rule.measure);
  const auto with_unit = [&](double value) {
    return figure(value) + (of.unit.empty() ? "" : " ") + std::string(of.unit);
  };
  std::string text(of.title);
  if (criterion.canary) text += " " + with_unit(*criterion.canary);
  switch (criterion.rule.measure) {
    case Measure::latency_ratio:
    case Measure::stability:
      return text + ", surely above " +
             (criterion.interval ? figure(criterion.interval->low) : "1") + " in " +
             std::to_string(criterion.canary_samples) + " sessions";
    case Measure::error_rate:
    case Measure::sample_ratio:
      if (criterion.control) text += ", expected " + with_unit(*criterion.control);
      return text + " in " + std::to_string(criterion.canary_samples) + " sessions";
    case Measure::alarms: return text + " on:";
    default: return text + ", limit " + with_unit(criterion.rule.limit);
  }
}

bool in_force(const State& state, const FlagSeen& flag) {
  FlagTarget wanted = target_of(state.plan, state.plan.phases[state.phase]);
  wanted.recall_live = flag.flag.recall_live;
  return flag.version > 0 && wanted == flag.flag;
}

std::string overruled_by(const FlagSeen& flag) {
  const std::string who = flag.changed_by.empty() ? "somebody" : flag.changed_by;
  if (flag.version == 0) return "The flag is gone: paused.";
  if (!flag.flag.enabled) return "Paused: " + who + " has disabled the flag.";
  return "Paused: " + who + " has set the flag to " + percent(flag.flag.rollout_percentage) + ".";
}

Readings complete(const State& state, Readings readings, UtcTime now) {
  readings.taken_at = now;
  readings.latency_before = state.latency_before;
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
  state.breaches.fill(0);
  state.holding.clear();
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
                            step.why,
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
    if (step.why.empty() || by == controller_name)
      step.why = "Rolled out: the last phase has passed.";
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
  if (step.why.empty() || by == controller_name)
    step.why = "Phase " + from.name + " has passed: on to " + to.name + ", " +
               percent(to.rollout_percentage) + ".";
  decide(state, target_of(state.plan, to), flag, by, step.why);
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
