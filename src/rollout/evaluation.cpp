#include "rollout/evaluation.hpp"

#include <array>

#include "base/enum_names.hpp"
#include "rollout/bucket.hpp"

namespace sotto::rollout {

namespace {

constexpr EnumNames<Source, Source::none> sources = {{Source::store, "store"},
                                                     {Source::last_good, "last_good"},
                                                     {Source::environment, "environment"},
                                                     {Source::none, "none"}};
constexpr EnumNames<Reason, Reason::fallback> reasons = {
    {Reason::rollout, "rollout"},
    {Reason::outside_rollout, "outside_rollout"},
    {Reason::disabled, "disabled"},
    {Reason::environment_off, "environment_off"},
    {Reason::override_on, "override_on"},
    {Reason::override_off, "override_off"},
    {Reason::control_group, "control_group"},
    {Reason::stepped_back, "stepped_back"},
    {Reason::a_a, "a_a"},
    {Reason::fallback, "fallback"}};

}  // namespace

std::string_view to_string(Source source) { return sources.name(source); }
std::string_view to_string(Reason reason) { return reasons.name(reason); }
std::optional<Reason> reason_named(std::string_view name) { return reasons.named(name); }

namespace {

// Sets what follows from the bucket. A branch on a hash is guessed wrong every other time, and a
// wrong guess costs a sixth of the hash: so the reason is looked up.
void take_arm(Evaluation& decision, bool a_a) {
  const std::array<Reason, 3> by_bucket{Reason::outside_rollout, Reason::control_group,
                                        a_a ? Reason::a_a : Reason::rollout};
  const auto canary = static_cast<unsigned>(decision.bucket < decision.share);
  const auto chosen = static_cast<unsigned>(decision.bucket < decision.rollout_percentage);
  decision.canary = canary != 0;
  decision.enabled = (canary & static_cast<unsigned>(!a_a)) != 0;
  decision.reason = by_bucket[canary + chosen];
}

}  // namespace

Evaluation evaluate(const InForce& in_force, std::string_view session_id, UtcTime now) {
  const Flag& flag = in_force.flag;
  Evaluation decision;
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
  // A flag that cannot be had is no reason to touch a session that goes on.
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
