#pragma once

#include <cstdint>

#include "rollout/confidence_sequence.hpp"
#include "rollout/sequential_test.hpp"
#include "rollout/session_outcome.hpp"

namespace sotto::rollout {

/// What the sessions of one arm say together, each of them one observation.
struct ArmEvidence {
  std::uint64_t sessions = 0;  ///< that ended
  std::uint64_t failed = 0;    ///< of them, with an error
  Moments log_latency;         ///< natural logarithm of each session's p95, in ms
  Moments erasure, cost;       ///< normalised; dollars per listener-hour
  friend bool operator==(const ArmEvidence&, const ArmEvidence&) = default;
};

/// What early words won within the same sessions, see PairedFigures.
struct PairedEvidence {
  std::uint64_t words = 0, taken_back = 0;
  Moments won_ms;      ///< of each session: mean time that words were ready earlier
  Moments won_p95_ms;  ///< the same of their 0.95 quantiles
  friend bool operator==(const PairedEvidence&, const PairedEvidence&) = default;
};

/// What the sessions of a phase say, kept in a few numbers however many they are. Not thread-safe.
struct Evidence {
  ArmEvidence canary, control;
  PairedEvidence delivered;  ///< of canary sessions
  PairedEvidence forecast;   ///< of control sessions, where the early words went nowhere
  SampleRatioTest sample_ratio;
  ExcessTest errors;

  /// Adds a session that has ended. One that no bucket put in its arm is passed over.
  void add(const SessionOutcome& outcome);
};

}  // namespace sotto::rollout
