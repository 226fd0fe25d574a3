#include "rollout_controller/rollout_controller.hpp"

#include <utility>

#include "feature_flag/flag_operations.hpp"
#include "rollout_controller/state_json.hpp"

namespace sotto::rollout_controller {

using rollout::FlagSeen;
using rollout::PendingFlag;
using rollout::Readings;
using rollout::State;
using rollout::Step;

namespace {

// A step back tries so often against others who change the flag at the same time.
constexpr int attempts = 100;

// So often the state and the flag are looked at until no step was between the two.
constexpr int looks = 3;

constexpr std::size_t told_at_once = 100;

rollout::FlagEdit edit_of(const rollout::FlagTarget& target) {
  rollout::FlagEdit edit;
  edit.enabled = target.enabled;
  if (!target.enabled) {  // the kill switch touches nothing else
    if (target.rollout_percentage == 0) edit.rollout_percentage = 0;
    return edit;
  }
  edit.rollout_percentage = target.rollout_percentage;
  edit.control_percentage = target.control_percentage;
  edit.recall_live = target.recall_live;
  edit.a_a = target.a_a;
  return edit;
}

bool is_conflict(const Error& error) { return error.code == ErrorCode::conflict; }

// What a rollout waits for, by a step that is only tried. Who reads it must not take what the next
// step will do for done.
std::string why_of(const Step& tried, const RolloutNow& present) {
  if (!present.about_to.empty()) return present.about_to;
  const std::string why = describe(tried.why);
  using enum rollout::EventKind;
  const bool will =
      tried.event && (tried.event->kind == promoted || tried.event->kind == completed ||
                      tried.event->kind == stepped_back || tried.event->kind == disabled);
  return will ? "The next step will be: " + why : why;
}

}  // namespace

RolloutController::RolloutController(RolloutControllerParts parts) : parts_(std::move(parts)) {}

Result<std::optional<Standing>> RolloutController::look() const {
  const auto kept = parts_.rollouts->read(parts_.parameter_name);
  if (!kept) return tl::unexpected(kept.error());
  if (!*kept) return std::nullopt;
  auto standing = standing_of((*kept)->text);
  if (!standing) return tl::unexpected(standing.error());
  standing->version = (*kept)->version;
  return std::move(*standing);
}

Result<Together> RolloutController::look_together() const {
  for (int attempt = 1;; ++attempt) {
    auto standing = look();
    if (!standing) return tl::unexpected(standing.error());
    auto revision = parts_.flags->read(parts_.parameter_name);
    if (!revision) return tl::unexpected(revision.error());
    const auto again = parts_.rollouts->read(parts_.parameter_name);
    if (!again) return tl::unexpected(again.error());
    const std::uint64_t before = *standing ? (*standing)->version : 0;
    const std::uint64_t after = *again ? (*again)->version : 0;
    if (before == after || attempt == looks) return Together{std::move(*standing), *revision};
  }
}

Result<FlagSeen> RolloutController::flag() const {
  const auto revision = parts_.flags->read(parts_.parameter_name);
  if (!revision) return tl::unexpected(revision.error());
  return seen_of(*revision);
}

Result<std::optional<rollout::RolloutEvent>> RolloutController::note_flag(UtcTime now) {
  const std::lock_guard lock(one_at_a_time_);
  return note_flag_alone(now);
}

Result<std::optional<rollout::RolloutEvent>> RolloutController::note_flag_alone(UtcTime now) {
  for (int attempt = 1;; ++attempt) {
    auto standing = look();
    if (!standing) return tl::unexpected(standing.error());
    if (!*standing) return std::nullopt;
    const auto seen = flag();
    if (!seen) return tl::unexpected(seen.error());
    const Inputs inputs{(*standing)->state, *seen, {}, now, {}};
    const Step step = rollout::step(*inputs.state, inputs.flag, inputs.readings, now);
    if (!step.event || step.event->kind != rollout::EventKind::overruled) return std::nullopt;
    const auto kept = keep(std::move(**standing), inputs, step);
    if (kept) return step.event;
    if (!is_conflict(kept.error()) || attempt == attempts) return tl::unexpected(kept.error());
  }
}

std::optional<Readings> RolloutController::readings(const State& state, UtcTime now) const {
  auto read = parts_.read(state, now);
  if (!read) return std::nullopt;
  return std::move(*read);
}

Result<std::optional<Done>> RolloutController::tick(UtcTime now) {
  const std::lock_guard lock(one_at_a_time_);
  auto standing = look();
  if (!standing) return tl::unexpected(standing.error());
  if (!*standing) return std::nullopt;
  const bool led = !(*standing)->leader.empty() && (*standing)->leader != parts_.process;
  // A lease far ahead is one by a clock that has gone back since.
  if (led && now < (*standing)->leads_until && (*standing)->leads_until - now <= 2 * lease) {
    Done done;
    done.standing = std::move(**standing);
    done.why = done.standing.leader + " leads";
    return done;
  }
  const auto seen = flag();
  if (!seen) return tl::unexpected(seen.error());
  const Inputs inputs{(*standing)->state, *seen, readings((*standing)->state, now), now, {}};
  Step step = rollout::step(*inputs.state, inputs.flag, inputs.readings, now);
  (*standing)->leader = parts_.process;
  (*standing)->leads_until = now + lease;
  auto kept = keep(std::move(**standing), inputs, step);
  if (!kept) return tl::unexpected(kept.error());
  auto done = finish(std::move(*kept), std::move(step), now);
  if (!done) return tl::unexpected(done.error());
  done->leads = true;
  if (auto told = tell(done->standing, now); !told) return tl::unexpected(told.error());
  return std::move(*done);
}

Result<Done> RolloutController::command(const rollout::Command& command, UtcTime now) {
  const std::lock_guard lock(one_at_a_time_);
  // Who resumes does so over a change by hand that no step has noted yet.
  if (command.kind == rollout::Command::Kind::resume)
    if (const auto noted = note_flag_alone(now); !noted) return tl::unexpected(noted.error());
  for (int attempt = 1;; ++attempt) {
    auto standing = look();
    if (!standing) return tl::unexpected(standing.error());
    const auto inputs = inputs_of(command, *standing, now);
    if (!inputs) return tl::unexpected(inputs.error());
    auto step = rollout::command(inputs->state, command, inputs->flag, inputs->readings, now);
    if (!step) return tl::unexpected(step.error());
    auto kept = keep(standing->value_or(Standing{}), *inputs, *step);
    // The leader steps now and then: who is a person's command to lose to it?
    if (!kept && is_conflict(kept.error()) && attempt < attempts) continue;
    if (!kept) return tl::unexpected(kept.error());
    auto done = finish(std::move(*kept), std::move(*step), now);
    if (!done) return done;
    done->present = rollout_now(done->standing, flag().value_or(inputs->flag), now);
    return done;
  }
}

Result<Done> RolloutController::preview(const rollout::Command& command, UtcTime now) const {
  auto standing = look();
  if (!standing) return tl::unexpected(standing.error());
  const auto inputs = inputs_of(command, *standing, now);
  if (!inputs) return tl::unexpected(inputs.error());
  auto step = rollout::command(inputs->state, command, inputs->flag, inputs->readings, now);
  if (!step) return tl::unexpected(step.error());
  Done done;
  done.standing = standing->value_or(Standing{});
  done.standing.state = std::move(step->state);
  done.event = std::move(step->event);
  done.criteria = std::move(step->criteria);
  done.why = describe(step->why);
  return done;
}

Result<Inputs> RolloutController::inputs_of(const rollout::Command& command,
                                            const std::optional<Standing>& standing,
                                            UtcTime now) const {
  const auto seen = flag();
  if (!seen) return tl::unexpected(seen.error());
  Inputs inputs{{}, *seen, {}, now, command};
  if (standing) {
    inputs.state = standing->state;
    // As command() would find it.
    if (command.kind == rollout::Command::Kind::resume)
      inputs.state->status = rollout_now(*standing, *seen, now).status;
  }
  if (inputs.state) inputs.readings = readings(*inputs.state, now);
  return inputs;
}

Result<std::optional<Done>> RolloutController::judge(UtcTime now) const {
  auto together = look_together();
  if (!together) return tl::unexpected(together.error());
  if (!together->standing) return std::nullopt;
  const FlagSeen seen = seen_of(together->flag);
  Done done;
  const State& state = together->standing->state;
  const auto measured = readings(state, now);
  Step step = rollout::step(state, seen, measured, now);
  done.present = rollout_now(*together->standing, seen, now);
  done.why = why_of(step, *done.present);
  done.criteria = std::move(step.criteria);
  done.advice = step.advice;
  if (done.criteria.empty() && measured)
    done.criteria = rollout::judge(state.plan, state.plan.phases[state.phase], *measured);
  done.flag = std::move(together->flag);
  done.standing = std::move(*together->standing);
  return done;
}

// The state, and the decision with its evidence, at once; so each record is chained to the one
// before, whoever wrote that.
Result<Standing> RolloutController::keep(Standing after, const Inputs& inputs, const Step& step) {
  after.state = step.state;
  std::vector<std::string> decisions;
  if (step.event) {
    decisions.push_back(chained(record_text(inputs, step), after.newest, inputs.now));
    after.newest = {after.newest.number + 1, std::string(*stated_hash(decisions.back()))};
  }
  const auto version = parts_.rollouts->write(parts_.parameter_name, after.version,
                                              standing_text(after), decisions, inputs.now);
  if (!version) return tl::unexpected(version.error());
  after.version = *version;
  return after;
}

Result<Done> RolloutController::finish(Standing standing, Step step, UtcTime now) {
  Done done;
  done.standing = standing;
  if (standing.state.pending) {
    auto made = make_flag(std::move(standing), now);
    // It is decided: whoever ticks next makes it.
    if (made)
      done.standing = std::move(*made);
    else if (!is_conflict(made.error()))
      done.flag_problem = made.error();
  }
  done.event = std::move(step.event);
  done.criteria = std::move(step.criteria);
  done.advice = step.advice;
  done.why = describe(step.why);
  return done;
}

Result<> RolloutController::tell(Standing& standing, UtcTime now) {
  if (!parts_.notify) return {};
  const auto news = parts_.rollouts->entries(parts_.parameter_name, ports::Journal::decisions,
                                             standing.told, told_at_once);
  if (!news) return tl::unexpected(news.error());
  if (news->empty()) return {};
  for (const ports::JournalEntry& entry : *news) {
    if (const auto event = kept_event(entry)) parts_.notify(*event, standing.state);
    standing.told = entry.number;
  }
  const auto version = parts_.rollouts->write(parts_.parameter_name, standing.version,
                                              standing_text(standing), {}, now);
  if (!version) return tl::unexpected(version.error());
  standing.version = *version;
  return {};
}

Result<Standing> RolloutController::make_flag(Standing standing, UtcTime now) {
  const auto made = write_flag(*standing.state.pending, now);
  if (!made) return tl::unexpected(made.error());
  standing.state = rollout::flag_written(std::move(standing.state), *made);
  const auto version = parts_.rollouts->write(parts_.parameter_name, standing.version,
                                              standing_text(standing), {}, now);
  if (!version) return tl::unexpected(version.error());
  standing.version = *version;
  return standing;
}

// False: somebody else changed the flag, and that is to stay.
Result<bool> RolloutController::write_flag(const PendingFlag& pending, UtcTime now) {
  const rollout::FlagEdit edit = edit_of(pending.target);
  const feature_flag::Author author{pending.by, pending.reason, now};
  const bool guards = !pending.target.enabled || pending.target.recall_live;
  std::uint64_t over = pending.over;
  for (int attempt = 1;; ++attempt) {
    const auto seen = flag();
    if (!seen) return tl::unexpected(seen.error());
    if (seen->flag == pending.target && seen->version > 0) return true;
    // Off already; but who switches it on again is to find no more than the target's percentage.
    const bool lower = !pending.target.enabled &&
                       pending.target.rollout_percentage < seen->flag.rollout_percentage;
    if (guards && !seen->flag.enabled && !lower) return !pending.target.enabled;
    if (guards) over = seen->version;
    feature_flag::Care care;
    if (pending.target.enabled) care.if_version = over;
    const auto changed =
        feature_flag::change_flag(*parts_.flags, parts_.parameter_name, edit, author, care);
    if (changed) return true;
    // A document in which the change has no room will not have it later either.
    const ErrorCode code = changed.error().code;
    if (code == ErrorCode::invalid_argument || code == ErrorCode::resource_exhausted) return false;
    if (!is_conflict(changed.error())) return tl::unexpected(changed.error());
    if (!guards) return false;
    if (attempt == attempts) return tl::unexpected(changed.error());
  }
}

}  // namespace sotto::rollout_controller
