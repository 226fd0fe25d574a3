// What a rollout's phases read when all is well, for tests to spoil.
#pragma once

#include "rollout/criteria.hpp"

namespace sotto::testing {

/// A session of an arm that went well: the latency and the rest vary a little with `number`.
inline rollout::SessionOutcome healthy_outcome(bool canary, int percentage, int number,
                                               double latency_factor = 1) {
  rollout::SessionOutcome outcome;
  outcome.session_id = "talk-" + std::to_string(number);
  outcome.canary = canary;
  outcome.percentage = percentage;
  outcome.captions = 300;
  // 1200 to 1960 ms, each as often, in no order
  const auto mixed = static_cast<std::uint32_t>(number) * 2654435761U;
  outcome.latency_p95_ms = latency_factor * (1200 + 40 * static_cast<int>((mixed >> 16U) % 20));
  outcome.finals = 200;
  outcome.erasure = canary ? 0.1 + 0.01 * (number % 5) : 0;
  outcome.cost_per_listener_hour = 0.03 + 0.001 * (number % 7);
  outcome.cache_hits = 60;
  outcome.cache_misses = 90;
  outcome.paired = rollout::PairedFigures{1000, 900, 1500, 3900, 9000, 12};
  return outcome;
}

/// `sessions` in all, of which the canary has its share, as evenly as can be.
inline rollout::Evidence healthy_evidence(int share, int sessions, double latency_factor = 1) {
  rollout::Evidence evidence;
  int given = 0;
  for (int i = 0; i < sessions; ++i) {
    const bool canary = (i + 1) * share / 100 > given;
    given += canary;
    evidence.add(healthy_outcome(canary, share, i, canary ? latency_factor : 1));
  }
  return evidence;
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

inline rollout::Readings healthy_readings(int share, int sessions = 400, UtcTime now = {}) {
  rollout::Readings readings;
  readings.taken_at = now;
  readings.newest = now;
  readings.recent = readings.whole = {healthy_arm(), healthy_arm()};
  readings.evidence = healthy_evidence(share, sessions);
  return readings;
}

}  // namespace sotto::testing
