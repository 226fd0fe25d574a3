// What a rollout's phases read when all is well, for tests to spoil.
#pragma once

#include "rollout/criteria.hpp"

namespace sotto::testing {

/// A session of an arm that went well: the latency and the rest vary a little with `number`.
inline rollout::SessionOutcome healthy_outcome(bool canary, int percentage, int number,
                                               double latency_factor = 1) {
  // In no order, and the same in both arms.
  auto mixed = static_cast<std::uint32_t>(number) * 2654435761U;
  mixed = (mixed ^ (mixed >> 15U)) * 2246822519U;
  mixed ^= mixed >> 13U;
  rollout::SessionOutcome outcome;
  outcome.session_id = "talk-" + std::to_string(number);
  outcome.canary = canary;
  outcome.percentage = percentage;
  outcome.began_at = UtcTime{std::chrono::minutes{18 * number}};
  outcome.ended_at = outcome.began_at + std::chrono::minutes{20 + (mixed >> 5U) % 11};
  outcome.captions = 300;
  // 1200 to 1960 ms, each as often
  outcome.latency_p95_ms = latency_factor * (1200 + 40 * static_cast<int>((mixed >> 16U) % 20));
  outcome.finals = 200;
  outcome.erasure = canary ? 0.1 + 0.01 * (number % 5) : 0;
  outcome.cost_per_listener_hour = 0.03 + 0.001 * (number % 7);
  outcome.cache_hits = 60;
  outcome.cache_misses = 90;
  outcome.late = rollout::LateCaptions{};
  outcome.listeners = 4;
  outcome.listeners_left = (mixed >> 9U) % 9 == 0 ? 1 : 0;
  if ((mixed >> 3U) % 2 == 0)
    ((mixed >> 7U) % 7 == 0 ? outcome.thumbs_down : outcome.thumbs_up) = 1;
  outcome.paired = rollout::PairedFigures{1000, 900, 1500, 3900, 9000, 12};
  return outcome;
}

/// `sessions` in all, of which the canary has its share, as evenly as can be, after as many at 50 %
/// of an earlier phase.
inline rollout::Evidence healthy_evidence(int share, int sessions, double latency_factor = 1) {
  rollout::Evidence evidence;
  for (int i = 0; i < sessions; ++i)
    evidence.add(healthy_outcome(i * 5 / 2 % 2 == 0, 50, i), false);
  int given = 0;
  for (int i = 0; i < sessions; ++i) {
    const bool canary = (i + 1) * share / 100 > given;
    given += canary;
    evidence.add(healthy_outcome(canary, share, sessions + i, canary ? latency_factor : 1));
  }
  return evidence;
}

/// Adds `count` sessions to each arm of a phase at 50 %, those of the canary, and of control where
/// `both`, as `spoil` makes them.
template <class Spoil>
void add_sessions(rollout::Readings& readings, int count, bool both, Spoil spoil) {
  for (int i = 0; i < count; ++i)
    for (const bool canary : {true, false}) {
      rollout::SessionOutcome outcome = healthy_outcome(canary, 50, 100'000 + i);
      if (canary || both) spoil(outcome);
      readings.evidence.add(outcome);
    }
}

/// An alarm that is on, with the sessions behind it: of ten of the canary's that are live, and of
/// ten of control's.
inline void ring(rollout::Readings& readings, const char* alarm, std::uint64_t canary,
                 std::uint64_t control) {
  readings.alarms_on.emplace_back(alarm);
  if (canary > 0) readings.canary_alarms.emplace_back(alarm);
  readings.alarm_sessions.push_back({alarm, canary, 10, control, 10});
}

inline rollout::ArmFigures healthy_arm() {
  rollout::ArmFigures arm;
  arm.captions = 500;
  arm.latency_p95_ms = 1500;
  arm.finals = 400;
  arm.errors = 4;
  arm.dropped_per_minute = 3;
  arm.sessions = 20;
  arm.orphaned_per_session = 1;
  arm.thumbs_up = 28;
  arm.thumbs_neutral = 3;
  arm.thumbs_down = 2;
  arm.cost_per_listener_hour = 0.04;
  arm.cache_hits = 60;
  arm.cache_misses = 90;
  return arm;
}

inline rollout::Readings healthy_readings(int share, int sessions = 2000, UtcTime now = {}) {
  rollout::Readings readings;
  readings.taken_at = now;
  readings.newest = now;
  readings.recent = readings.whole = {healthy_arm(), healthy_arm()};
  readings.evidence = healthy_evidence(share, sessions);
  return readings;
}

}  // namespace sotto::testing
