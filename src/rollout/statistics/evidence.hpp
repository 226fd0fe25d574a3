#pragma once

#include <cstdint>

#include "rollout/session_outcome.hpp"
#include "rollout/statistics/confidence_sequence.hpp"
#include "rollout/statistics/sequential_test.hpp"

namespace sotto::rollout {

/// The evidence of one arm's sessions; each session is one observation.
struct ArmEvidence {
  std::uint64_t sessions = 0;  ///< that ended
  std::uint64_t failed = 0;    ///< of them, with an error
  Moments log_latency;         ///< natural logarithm of each session's p95, in ms
  Moments erasure, cost;       ///< normalized; dollars per listener-hour
  friend bool operator==(const ArmEvidence&, const ArmEvidence&) = default;
};

/// The gain from early words within the same sessions, see PairedFigures.
struct PairedEvidence {
  std::uint64_t words = 0, taken_back = 0;
  Moments won_ms;      ///< of each session: mean time that words were ready earlier
  Moments won_p95_ms;  ///< the same of their 0.95 quantiles
  friend bool operator==(const PairedEvidence&, const PairedEvidence&) = default;
};

/// The evidence of a phase's sessions, in constant space. Not thread-safe.
struct Evidence {
  ArmEvidence canary, control;
  PairedEvidence delivered;  ///< of canary sessions
  PairedEvidence forecast;   ///< of control sessions, where the early words went nowhere
  SampleRatioTest sample_ratio;
  ExcessTest errors;

  /// Adds a session that has ended. A session whose arm is not from its bucket is ignored.
  void add(const SessionOutcome& outcome);
};

}  // namespace sotto::rollout
