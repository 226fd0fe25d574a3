#include "simulation/simulate.hpp"

#include <algorithm>

namespace sotto::simulation {

namespace {

double in_days(milliseconds time) {
  return std::chrono::duration<double, std::ratio<86400>>(time).count();
}

bool shows(const Scenario& scenario, rollout::Measure measure) {
  return std::find(scenario.shows.begin(), scenario.shows.end(), measure) != scenario.shows.end();
}

}  // namespace

Played simulate(const rollout::Plan& plan, const Scenario& scenario, PlayOptions options,
                Random& random) {
  SyntheticTraffic traffic(scenario, options.started_at, &random);
  options.effect_from = options.started_at + scenario.effect.from;
  return play(
      plan,
      [&](UtcTime until, const rollout::FlagTarget& flag) { return traffic.next(until, flag); },
      options);
}

bool wrongly_stopped(const Scenario& scenario, const Played& played) {
  return played.found && !shows(scenario, played.found->by);
}

bool rightly_stopped(const Scenario& scenario, const Played& played) {
  return played.found && shows(scenario, played.found->by);
}

Summary summarise(const Scenario& scenario, std::span<const Played> all) {
  Summary summary;
  std::vector<double> canary_sessions, sessions, days, exposed, days_to_full;
  for (const Played& played : all) {
    ++summary.runs;
    summary.completed += played.ending == Ending::completed;
    summary.on_its_way += played.ending == Ending::on_its_way;
    summary.asks += played.ending == Ending::asks;
    summary.stuck += played.ending == Ending::stuck;
    summary.rolled_back += played.ending == Ending::rolled_back;
    if (played.found) ++summary.stopped_by[static_cast<std::size_t>(played.found->by)];
    summary.false_alarms += wrongly_stopped(scenario, played);
    summary.failing_hours = std::max(summary.failing_hours, 24 * in_days(played.failing));
    if (played.to_full) days_to_full.push_back(in_days(*played.to_full));
    if (!rightly_stopped(scenario, played)) continue;
    ++summary.found;
    const UtcTime started = played.events.front().at;
    canary_sessions.push_back(static_cast<double>(played.found->canary_sessions));
    sessions.push_back(static_cast<double>(played.found->sessions));
    days.push_back(in_days(played.found->at - started - scenario.effect.from));
    exposed.push_back(static_cast<double>(played.exposed));
  }
  summary.canary_sessions = median(std::move(canary_sessions));
  summary.sessions = median(std::move(sessions));
  summary.days = median(std::move(days));
  summary.exposed = median(std::move(exposed));
  summary.days_to_full = median(std::move(days_to_full));
  return summary;
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::chrono::hours time_for(const rollout::Plan& plan) {
  std::chrono::hours bake{0};
  for (const rollout::Phase& phase : plan.phases) bake += phase.bake;
  return std::max(std::chrono::hours{24}, 2 * bake);
}

}  // namespace sotto::simulation
