#include "rollout/evaluation.hpp"

#include <array>

#include "rollout/bucket.hpp"

namespace sotto::rollout {

std::string_view to_string(Source source) {
  switch (source) {
    case Source::store: return "store";
    case Source::last_good: return "last_good";
    case Source::environment: return "environment";
    case Source::none: return "none";
  }
  return "none";
}

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::rollout: return "rollout";
    case Reason::outside_rollout: return "outside_rollout";
    case Reason::disabled: return "disabled";
    case Reason::environment_off: return "environment_off";
    case Reason::override_on: return "override_on";
    case Reason::override_off: return "override_off";
    case Reason::control_group: return "control_group";
    case Reason::stepped_back: return "stepped_back";
    case Reason::a_a: return "a_a";
    case Reason::fallback: return "fallback";
  }
  return "fallback";
}

std::optional<Reason> reason_named(std::string_view name) {
  using enum Reason;
  for (const Reason reason : {rollout, outside_rollout, disabled, environment_off, override_on,
                              override_off, control_group, stepped_back, a_a, fallback})
    if (to_string(reason) == name) return reason;
  return std::nullopt;
}

namespace {

// Sets what follows from the bucket. A branch on a hash is guessed wrong every other time, and a
// wrong guess costs a sixth of the hash: so the reason is looked up.
void take_arm(Decision& decision, bool a_a) {
  const std::array<Reason, 3> reasons{Reason::outside_rollout, Reason::control_group,
                                      a_a ? Reason::a_a : Reason::rollout};
  const auto canary = static_cast<unsigned>(decision.bucket < decision.share);
  const auto chosen = static_cast<unsigned>(decision.bucket < decision.rollout_percentage);
  decision.canary = canary != 0;
  decision.enabled = (canary & static_cast<unsigned>(!a_a)) != 0;
  decision.reason = reasons[canary + chosen];
}

}  // namespace

Decision evaluate(const InForce& in_force, std::string_view session_id, UtcTime now) {
  const Flag& flag = in_force.flag;
  Decision decision;
  decision.bucket = bucket_of(session_id, flag.salt);
  decision.rollout_percentage = flag.rollout_percentage;
  decision.share = canary_share(flag);
  decision.version = in_force.version;
  decision.min_stability_threshold = flag.min_stability_threshold;
  decision.max_buffer_timeout = flag.max_buffer_timeout;
  if (in_force.environment_off) {
    decision.reason = Reason::environment_off;
  } else if (in_force.source == Source::none) {
    decision.reason = Reason::fallback;
  } else if (!flag.enabled) {
    decision.reason = Reason::disabled;
  } else if (const Override* known = find_override(flag, session_id, now)) {
    decision.canary = known->enabled;
    decision.enabled = known->enabled;
    decision.reason = known->enabled ? Reason::override_on : Reason::override_off;
  } else {
    take_arm(decision, flag.a_a);
  }
  return decision;
}

std::optional<Reason> killed(const InForce& in_force, std::string_view session_id, UtcTime now) {
  // A flag that cannot be had is no reason to touch a talk that goes on.
  if (in_force.source == Source::none) return std::nullopt;
  if (!in_force.flag.enabled) return Reason::disabled;
  const Override* known = find_override(in_force.flag, session_id, now);
  if (known) return known->enabled ? std::nullopt : std::optional(Reason::override_off);
  if (in_force.flag.recall_live &&
      bucket_of(session_id, in_force.flag.salt) >= canary_share(in_force.flag))
    return Reason::stepped_back;
  return std::nullopt;
}

}  // namespace sotto::rollout
