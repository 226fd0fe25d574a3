#pragma once

#include <array>
#include <span>

#include "simulation/play.hpp"
#include "simulation/shape.hpp"

namespace sotto::simulation {

/// Plays a plan against a scenario's sessions; `options.effect_from` is the scenario's. The same
/// state of `random` gives the same rollout. `plan` must be valid.
Played simulate(const rollout::Plan& plan, const Scenario& scenario, PlayOptions options,
                Random& random);

/// Whether it was stopped by a measure that is healthy in this scenario: a false alarm.
bool wrongly_stopped(const Scenario& scenario, const Played& played);
/// Whether it was stopped by a measure that the scenario makes worse.
bool rightly_stopped(const Scenario& scenario, const Played& played);

/// Of one scenario's rollouts. Medians are of those that were rightly stopped, or got there.
struct Summary {
  std::size_t runs = 0, completed = 0, on_its_way = 0, asks = 0, stuck = 0, rolled_back = 0;
  std::size_t false_alarms = 0, found = 0;
  std::array<std::size_t, rollout::measure_count> stopped_by{};  ///< of each measure
  std::optional<double> canary_sessions, sessions;               ///< until found, median
  std::optional<double> days;          ///< from the effect until found, median
  std::optional<double> exposed;       ///< canary sessions with the effect, median
  std::optional<double> days_to_full;  ///< median
  double failing_hours = 0;            ///< most that a criterion kept one
};
Summary summarise(const Scenario& scenario, std::span<const Played> played);

/// The middle one, the lower of two; none of none.
std::optional<double> median(std::vector<double> values);

/// Twice the least time that a plan takes: a rollout that has not completed by then is stuck.
std::chrono::hours time_for(const rollout::Plan& plan);

/// When simulated rollouts begin unless told otherwise: a Monday, 9:00.
inline constexpr UtcTime simulated_start{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5} +
                                         std::chrono::hours{9}};

}  // namespace sotto::simulation
