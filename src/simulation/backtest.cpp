#include "simulation/backtest.hpp"

#include <algorithm>

#include "rollout/bucket.hpp"

namespace sotto::simulation {

namespace {

using rollout::Measure;
using rollout::SessionOutcome;

PlayOptions from_first_to_last(std::span<const SessionOutcome> outcomes) {
  PlayOptions options;
  if (outcomes.empty()) return options;
  options.started_at = outcomes.front().began_at - milliseconds{1};
  UtcTime end = options.started_at;
  for (const SessionOutcome& outcome : outcomes) end = std::max(end, outcome.ended_at);
  options.at_most = std::chrono::ceil<std::chrono::hours>(end - options.started_at);
  return options;
}

// The outcomes in their order, each as `as_played` makes it.
template <class AsPlayed>
Traffic traffic_of(std::span<const SessionOutcome> outcomes, AsPlayed as_played) {
  return [outcomes, as_played, next = std::size_t{0}](
             UtcTime until, const rollout::FlagTarget& flag) mutable -> std::optional<Session> {
    if (next == outcomes.size() || outcomes[next].began_at > until) return std::nullopt;
    Session session;
    session.outcome = outcomes[next++];
    as_played(session.outcome, flag);
    return session;
  };
}

bool known(std::span<const SessionOutcome> outcomes, Measure measure) {
  const auto any = [&](auto has) { return std::any_of(outcomes.begin(), outcomes.end(), has); };
  switch (measure) {
    case Measure::feedback:
      return any([](const auto& one) { return one.thumbs_up + one.thumbs_down > 0; });
    case Measure::listeners_left: return any([](const auto& one) { return one.listeners > 0; });
    case Measure::erasure: return any([](const auto& one) { return one.erasure.has_value(); });
    case Measure::cost:
      return any([](const auto& one) { return one.cost_per_listener_hour.has_value(); });
    case Measure::cache_hit_rate:
      return any([](const auto& one) { return one.cache_hits + one.cache_misses > 0; });
    default: return true;
  }
}

}  // namespace

rollout::Plan tellable(rollout::Plan plan, std::span<const SessionOutcome> outcomes,
                       std::vector<Measure>* left_out) {
  for (rollout::Phase& phase : plan.phases)
    for (rollout::Rule& rule : phase.rules) {
      if (known(outcomes, rule.measure)) continue;
      rule.missing = rollout::MissingPolicy::pass;
      if (std::find(left_out->begin(), left_out->end(), rule.measure) == left_out->end())
        left_out->push_back(rule.measure);
    }
  return plan;
}

Backtest backtest(const rollout::Plan& plan, std::span<const SessionOutcome> outcomes) {
  Backtest result;
  const rollout::Plan told = tellable(plan, outcomes, &result.left_out);
  const auto as_it_was = [](SessionOutcome&, const rollout::FlagTarget&) {};
  result.played = play(told, traffic_of(outcomes, as_it_was), from_first_to_last(outcomes));
  return result;
}

FalseAlarms split_control(const rollout::Plan& plan, std::span<const SessionOutcome> outcomes,
                          std::size_t splits) {
  FalseAlarms result;
  std::vector<SessionOutcome> control;
  std::copy_if(outcomes.begin(), outcomes.end(), std::back_inserter(control),
               [](const SessionOutcome& one) { return !one.canary && one.by_bucket; });
  result.sessions = control.size();
  result.splits = splits;
  const rollout::Plan told = tellable(plan, control, &result.left_out);
  for (std::size_t split = 0; split < splits; ++split) {
    const std::string salt = "split-" + std::to_string(split);
    const auto by_hash = [&](SessionOutcome& outcome, const rollout::FlagTarget& flag) {
      outcome.percentage = canary_share(flag);
      outcome.canary = rollout::bucket_of(outcome.session_id, salt) < outcome.percentage;
    };
    const Played played = play(told, traffic_of(std::span<const SessionOutcome>(control), by_hash),
                               from_first_to_last(control));
    if (!played.found) continue;
    ++result.stopped;
    ++result.by[static_cast<std::size_t>(played.found->by)];
  }
  return result;
}

}  // namespace sotto::simulation
