#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "rollout/plan.hpp"
#include "simulation/session.hpp"

namespace sotto::simulation {

using Random = std::mt19937_64;

/// How the canary's sessions differ from control's, from a day of the rollout on.
struct Effect {
  double latency = 1, errors = 1, cost = 1;  ///< factors
  std::chrono::days from{0};
  friend bool operator==(const Effect&, const Effect&) = default;
};

/// How synthetic sessions come, and what comes of them. Means are of sessions, unless said else.
struct Scenario {
  std::string_view name, meaning;  ///< `meaning` is a phrase for people

  // They come by chance: a Poisson process whose rate follows the hour and the day of the week.
  double sessions_a_day = 80;    ///< mean over a week, bursts included
  double daily_swing = 0.8;      ///< of the rate, 0 to 1: highest at 14:00 UTC, lowest at 2:00
  double weekend = 0.4;          ///< the rate of Saturdays and Sundays, to a mean day's; below 3.5
  double burst_share = 0;        ///< of sessions, that come in bursts
  double burst_sessions = 20;    ///< in a burst, of burst_length
  double minutes_median = 20;    ///< of a session, log-normal, from 2 to 60
  double captions_a_minute = 8;  ///< whose latency is measured

  double latency_p95_ms = 1000;   ///< median; log-normal
  double latency_log_sd = 0.35;   ///< across sessions
  double latency_swing = 0;       ///< of its logarithm, with the hour as daily_swing, in both arms
  double error_chance = 0.02;     ///< that a session has one or more
  double erasure = 0.12;          ///< normalized, of canary sessions; others take nothing back
  double cost = 0.04;             ///< dollars per listener-hour
  double cache_hit_rate = 0.45;   ///< of look-ups
  double vote_chance = 0.4;       ///< that a session gets one
  double thumbs_down = 0.1;       ///< of votes; as many are neutral
  double dropped_a_minute = 0.1;  ///< partial results, of canary sessions
  double orphaned = 0.2;          ///< results

  Effect effect = {};
  std::vector<rollout::Measure> shows = {};  ///< what may rightly find the effect; empty: nothing
};

inline constexpr std::chrono::minutes burst_length{10};

/// The scenarios that have names, each the healthy one but for what its name says: healthy, slower,
/// slightly-slower, erroring, costlier, bursty, sparse, daily-cycle.
std::span<const Scenario> scenarios();
std::optional<Scenario> scenario_named(std::string_view name);

/// A scenario's sessions from a time on, without end.
class SyntheticTraffic {
 public:
  /// `random` must outlive it. `scenario.sessions_a_day` is above 0.
  SyntheticTraffic(const Scenario& scenario, UtcTime from, Random* random);

  /// See Traffic. The arm is drawn as rollout::evaluate() draws it: a bucket from 0 to 99 that is
  /// below the canary's share. Where the flag is for an A/A trial the canary gets no effect.
  std::optional<Session> next(UtcTime until, const rollout::FlagTarget& flag);

 private:
  /// From *from on, by thinning (Lewis and Shedler 1979); moves it on.
  UtcTime arrival(UtcTime* from, double a_day);
  Session begin(UtcTime at, const rollout::FlagTarget& flag);

  Scenario scenario_;
  UtcTime effect_from_;
  Random* random_;
  UtcTime alone_, burst_;           ///< when the next comes; the far future: none
  std::vector<UtcTime> of_bursts_;  ///< that have begun, latest first
  std::normal_distribution<> normal_;
};

}  // namespace sotto::simulation
