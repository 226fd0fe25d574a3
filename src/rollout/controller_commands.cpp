#include <algorithm>

#include "rollout/controller.hpp"
#include "rollout/controller_parts.hpp"

namespace sotto::rollout {

namespace {

using Kind = Command::Kind;

tl::unexpected<Error> conflict(std::string message) {
  return fail(ErrorCode::conflict, std::move(message), "status");
}

Result<> validate(const Command& command) {
  if (command.reason.size() > max_reason)
    return fail(ErrorCode::invalid_argument,
                "reason has " + std::to_string(command.reason.size()) + " characters, may have " +
                    std::to_string(max_reason),
                "reason");
  const bool needs_reason = command.kind == Kind::clear || command.kind == Kind::abort ||
                            (command.kind == Kind::advance && command.force);
  if (needs_reason && command.reason.empty())
    return fail(ErrorCode::invalid_argument,
                std::string(to_string(command.kind)) + " needs a reason", "reason");
  if (command.by.empty() || command.by.size() > 100)
    return fail(ErrorCode::invalid_argument, "by must be a name of 1 to 100 characters", "by");
  return {};
}

std::string with_reason(std::string sentence, const Command& command) {
  return command.reason.empty() ? sentence : sentence + " " + command.reason;
}

int percentage_of(const FlagSeen& flag) {
  return flag.flag.enabled ? flag.flag.rollout_percentage : 0;
}

// The command's event, with nothing else to say.
Step done(State state, Commanded commanded, const Command& command, int before, int after,
          UtcTime now) {
  Step step;
  const EventKind kind = commanded.event;
  commanded.remark = command.reason;
  step.why = std::move(commanded);
  note(state, step, kind, now, command.by, before, after);
  step.flag_first = state.pending.has_value();
  step.state = std::move(state);
  return step;
}

// Has the flag set to what the phase wants, unless it is so already.
void set_flag(State& state, const FlagSeen& flag, const Command& command) {
  const FlagTarget target = target_of(state.plan, state.plan.phases[state.phase]);
  if (flag.version > 0 && flag.flag == target) return;
  decide(state, target, flag, command.by,
         with_reason("rollout " + std::string(to_string(command.kind)) + ", phase " +
                         state.plan.phases[state.phase].name + ".",
                     command));
}

Result<Step> start(const std::optional<State>& before, const Command& command, const FlagSeen& flag,
                   UtcTime now) {
  if (before && before->status == Status::rolled_back)
    return conflict("the rollout was taken back: " + describe(before->latch->why) +
                    "; clear it first");
  if (before && (before->status == Status::running || before->status == Status::paused))
    return conflict("a rollout of plan " + before->plan.name + " is " +
                    std::string(to_string(before->status)) + "; abort it first");
  auto plan = validate(command.plan);
  if (!plan) return tl::unexpected(plan.error());
  State state;
  state.plan = std::move(*plan);
  if (before) {
    state.events = before->events;
    state.rollbacks = before->rollbacks;
  }
  state.started_at = state.stepped_at = state.judged_from = now;
  begin_phase(state, now);
  set_flag(state, flag, command);
  const Phase& phase = state.plan.phases.front();
  return done(
      state,
      {.event = EventKind::started, .phase = phase.name, .percentage = phase.rollout_percentage},
      command, percentage_of(flag), phase.rollout_percentage, now);
}

Result<Step> advance(State state, const Command& command, const FlagSeen& flag,
                     const std::optional<Readings>& measured, UtcTime now) {
  if (state.status != Status::running && state.status != Status::paused)
    return conflict("the rollout is " + std::string(to_string(state.status)) +
                    "; only one that is running or paused can be advanced");
  if (!in_force(state, flag)) return conflict("the flag was changed by hand; resume it first");
  Step step;
  const Readings readings = complete(state, measured.value_or(Readings{}), now);
  const Judgement judgement = sum_up(judge(state.plan, state.plan.phases[state.phase], readings));
  if (!command.force) {
    if (!measured) return conflict("nothing could be measured; force it if you know better");
    if (!measured->figures_known)
      return conflict("the figures cannot be read; force it with a reason if you know better");
    for (const Criterion& criterion : judgement.criteria)
      if (criterion.verdict == Verdict::fail)
        return conflict("a criterion fails: " + describe(breach_of(criterion)) +
                        "; force it with a reason if you know better");
    if (const Obstacle open = obstacle_of(judgement.criteria); stands(open))
      return conflict("a criterion has not passed: " + describe(open) +
                      " Force it with a reason if you know better");
  }
  step.criteria = judgement.criteria;
  state.status = Status::running;
  step.why =
      Commanded{.event = EventKind::advanced, .by_force = command.force, .remark = command.reason};
  return promote(std::move(state), flag, std::move(step), readings, EventKind::advanced, command.by,
                 now);
}

Result<Step> pause(State state, const Command& command, UtcTime now) {
  if (state.status != Status::running)
    return conflict("the rollout is " + std::string(to_string(state.status)) + ", not running");
  state.status = Status::paused;
  const int percentage = state.plan.phases[state.phase].rollout_percentage;
  return done(std::move(state), {.event = EventKind::paused}, command, percentage, percentage, now);
}

Result<Step> resume(State state, const Command& command, const FlagSeen& flag, UtcTime now) {
  if (state.status == Status::rolled_back)
    return conflict("the rollout was taken back: " + describe(state.latch->why) +
                    "; clear it with a reason first");
  if (state.status != Status::paused)
    return conflict("the rollout is " + std::string(to_string(state.status)) + ", not paused");
  state.status = Status::running;
  state.stepped_at = now;
  // A phase that was left, by hand or by a rollback, is proved anew.
  if (!in_force(state, flag) || flag.flag.recall_live) {
    begin_phase(state, now);
    state.judged_from = now;
  }
  set_flag(state, flag, command);
  const int after = state.plan.phases[state.phase].rollout_percentage;
  return done(std::move(state), {.event = EventKind::resumed}, command, percentage_of(flag), after,
              now);
}

Result<Step> abort(State state, const Command& command, const FlagSeen& flag, UtcTime now) {
  if (state.status == Status::aborted) return conflict("the rollout is aborted already");
  state.status = Status::aborted;
  state.latch.reset();
  state.pending.reset();
  FlagTarget target = flag.flag;
  target.rollout_percentage = target.control_percentage = 0;
  target.recall_live = target.a_a = false;
  if (flag.version > 0 && flag.flag != target)
    decide(state, target, flag, command.by, with_reason("rollout aborted.", command));
  return done(std::move(state), {.event = EventKind::aborted}, command, percentage_of(flag), 0,
              now);
}

Result<Step> approve(State state, const Command& command, UtcTime now) {
  const Phase& phase = state.plan.phases[state.phase];
  if (state.status != Status::running && state.status != Status::paused)
    return conflict("the rollout is " + std::string(to_string(state.status)) +
                    ": there is nothing to approve");
  state.approved_by = command.by;
  state.approved_unsettled = bake_left(state) <= milliseconds{0};
  const int percentage = phase.rollout_percentage;
  Commanded approved{.event = EventKind::approved, .phase = phase.name};
  return done(std::move(state), std::move(approved), command, percentage, percentage, now);
}

// Paused is where it goes on from, since a person has looked; with the first phase where it was
// disabled.
Result<Step> clear(State state, const Command& command, const FlagSeen& flag, UtcTime now) {
  if (state.status != Status::rolled_back)
    return conflict("the rollout is " + std::string(to_string(state.status)) +
                    ": there is nothing to clear");
  if (state.latch->remedy == Remedy::disable) state.phase = 0;
  state.status = Status::paused;
  state.latch.reset();
  begin_phase(state, now);
  state.judged_from = now;
  return done(std::move(state), {.event = EventKind::cleared}, command, percentage_of(flag),
              percentage_of(flag), now);
}

}  // namespace

Result<Step> command(const std::optional<State>& state, const Command& command,
                     const FlagSeen& flag, const std::optional<Readings>& readings, UtcTime now) {
  if (auto valid = validate(command); !valid) return tl::unexpected(valid.error());
  // Giving up is possible although a change cannot be made: it takes its place.
  if (state && state->pending && command.kind != Kind::abort)
    return conflict("the flag is being changed; say it again in a moment");
  if (command.kind == Kind::start) return start(state, command, flag, now);
  if (!state)
    return fail(ErrorCode::not_found, "there is no rollout; start one with a plan", "status");
  switch (command.kind) {
    case Kind::advance: return advance(*state, command, flag, readings, now);
    case Kind::pause: return pause(*state, command, now);
    case Kind::resume: return resume(*state, command, flag, now);
    case Kind::abort: return abort(*state, command, flag, now);
    case Kind::approve: return approve(*state, command, now);
    default: return clear(*state, command, flag, now);
  }
}

}  // namespace sotto::rollout
