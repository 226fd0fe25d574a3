#include "rollout_controller/present_state.hpp"

#include <algorithm>
#include <utility>

#include "feature_flag/flag_operations.hpp"

namespace sotto::rollout_controller {

using rollout::FlagSeen;
using rollout::InForce;
using rollout::Reason;

namespace {

constexpr std::size_t versions_looked_at = 1000;

std::string will_be(const rollout::FlagTarget& target) {
  if (!target.enabled) return "The flag is about to be disabled.";
  return "The flag is about to be set to " + rollout::percent(target.rollout_percentage) + ".";
}

std::string will_pause(const rollout::Overruled& overruled) {
  const std::string who = overruled.by.empty() ? "somebody" : overruled.by;
  if (overruled.version == 0) return "The flag is gone: the rollout will pause.";
  if (!overruled.enabled) return "The flag was disabled by " + who + ": the rollout will pause.";
  return "The flag was set to " + rollout::percent(overruled.percentage) + " by " + who +
         ": the rollout will pause.";
}

// The oldest version from which on the session was switched off without a break, of those up to
// `version`. A refused one changed nothing.
const ports::FlagRevision* switched_off_by(const std::vector<ports::FlagRevision>& history,
                                           const std::string& id, std::uint64_t version) {
  const ports::FlagRevision* first = nullptr;
  for (const ports::FlagRevision& revision : history) {
    if (revision.version > version) continue;
    const auto flag = rollout::parse_flag(revision.document);
    if (!flag) continue;
    const InForce then{*flag, revision.version, rollout::Source::store, false};
    if (!rollout::killed(then, id, revision.changed_at)) break;
    first = &revision;
  }
  return first;
}

// Whether every process that reads the flag acts by the version.
bool acknowledged(ports::FlagStore& flags, const std::string& name, std::uint64_t version) {
  const auto readers = flags.readers(name);
  return readers && !readers->empty() &&
         std::ranges::all_of(*readers, [&](const auto& one) { return one.version >= version; });
}

}  // namespace

FlagSeen seen_of(const std::optional<ports::FlagRevision>& revision) {
  if (!revision) return {};
  const auto flag = rollout::parse_flag(revision->document);
  if (flag) return rollout::seen(*flag, revision->version, revision->changed_by);
  return {revision->version, {.enabled = false}, revision->changed_by};
}

RolloutNow rollout_now(const Standing& standing, const FlagSeen& flag, UtcTime now) {
  RolloutNow present;
  present.status = standing.state.status;
  present.led = !standing.leader.empty() && standing.leads_until > now;
  if (standing.state.pending) {
    present.about_to = will_be(standing.state.pending->target);
    return present;
  }
  const rollout::Step next = rollout::step(standing.state, flag, std::nullopt, now);
  if (const auto* overruled = std::get_if<rollout::Overruled>(&next.why)) {
    present.status = next.state.status;
    present.about_to = will_pause(*overruled);
  }
  return present;
}

SessionSeen session_seen(const ports::StoredSession& stored) {
  SessionSeen seen;
  seen.state = stored.ended_at ? "ended" : "open";
  seen.created_at = stored.created_at;
  seen.ended_at = stored.ended_at;
  rollout::Evaluation& decided = seen.decided;
  decided.enabled = stored.partial_results;
  decided.canary = stored.canary;
  decided.reason = rollout::reason_named(stored.reason).value_or(Reason::fallback);
  decided.bucket = stored.bucket;
  decided.rollout_percentage = decided.share = stored.rollout_percentage;
  decided.version = stored.flag_version;
  decided.min_stability_threshold = stored.min_stability_threshold;
  decided.max_buffer_timeout = stored.max_buffer_timeout;
  seen.given = decided;
  if (!decided.canary || decided.enabled || decided.reason == Reason::a_a) return seen;
  seen.given.enabled = true;
  seen.given.reason =
      decided.bucket < decided.rollout_percentage ? Reason::rollout : Reason::override_on;
  seen.given.version = 0;
  return seen;
}

SessionNow session_now(const SessionSeen& seen, const std::string& id, const InForce& in_force,
                       const std::vector<ports::FlagRevision>& history, bool acknowledged,
                       UtcTime now) {
  SessionNow session{
      seen.state, seen.created_at, seen.ended_at, seen.given, seen.decided, true, {}, {}, {}};
  rollout::Evaluation& present = session.present;
  if (present.enabled && seen.state != "ended")
    if (const auto reason = rollout::killed(in_force, id, now)) {
      present.enabled = false;
      present.reason = *reason;
      present.version = in_force.version;
      session.acted = acknowledged;
    }
  if (present.enabled || !seen.given.enabled) return session;
  if (const auto* change = switched_off_by(history, id, present.version)) {
    session.since = change->changed_at;
    session.by = change->changed_by;
    session.remark = change->reason;
    present.version = change->version;
  }
  return session;
}

Result<PresentState> present_state(const PresentParts& parts, const std::string& session_id,
                                   const std::optional<SessionSeen>& seen, UtcTime now) {
  PresentState state;
  auto together = parts.controller->look_together();
  if (together) {
    state.standing = together->standing;
    if (state.standing) state.rollout = rollout_now(*state.standing, seen_of(together->flag), now);
  } else {
    state.problem = together.error();
  }
  // Where the rollout's store is down the flag can still be had.
  Result<std::optional<ports::FlagRevision>> revision = std::nullopt;
  if (together)
    revision = std::move(together->flag);
  else
    revision = parts.flags->read(parts.parameter_name);
  const auto flag = revision && *revision ? rollout::parse_flag((*revision)->document)
                                          : Result<rollout::Flag>(tl::unexpected(Error{}));
  if (flag) {
    state.in_force = {*flag, (*revision)->version, rollout::Source::store,
                      parts.otherwise && parts.otherwise->environment_off};
  } else if (parts.otherwise) {
    state.in_force = *parts.otherwise;
    state.store_read = false;
  } else {
    const auto current = feature_flag::current_flag(*parts.flags, parts.parameter_name);
    if (!current) return tl::unexpected(current.error());
    state.in_force = {current->flag, current->revision.version, rollout::Source::store, false};
  }
  state.new_session = rollout::evaluate(state.in_force, session_id, now);
  if (!seen) return state;
  const bool off = seen->given.enabled &&
                   (!seen->decided.enabled || rollout::killed(state.in_force, session_id, now));
  const auto history = off ? parts.flags->history(parts.parameter_name, versions_looked_at)
                           : Result<std::vector<ports::FlagRevision>>();
  state.session = session_now(
      *seen, session_id, state.in_force, history.value_or(std::vector<ports::FlagRevision>()),
      off && acknowledged(*parts.flags, parts.parameter_name, state.in_force.version), now);
  return state;
}

}  // namespace sotto::rollout_controller
