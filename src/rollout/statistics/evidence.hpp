#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "rollout/session_outcome.hpp"
#include "rollout/statistics/confidence_sequence.hpp"
#include "rollout/statistics/harm_test.hpp"
#include "rollout/statistics/rank_test.hpp"
#include "rollout/statistics/sequential_test.hpp"

namespace sotto::rollout {

/// What a session can suffer, or not: of these, sessions are counted.
enum class Trouble : std::uint8_t {
  late,       ///< 5 % of its captions, or more, came later than the limit
  failed,     ///< it had an error
  dropped,    ///< as many partial results, or more, as a minute may drop
  orphaned,   ///< as many orphaned results, or more, as a session may have
  fell_back,  ///< its recogniser fell back
  late_once   ///< one of its captions came later than the limit
};
inline constexpr std::size_t trouble_count = 6;
using TroubleCounts = std::array<std::uint64_t, trouble_count>;

/// What counts as trouble.
struct TroubleLimits {
  double latency_ms = 5000, dropped = 100, orphaned = 10;
  friend bool operator==(const TroubleLimits&, const TroubleLimits&) = default;
};

/// The part of a session's captions that came later than a limit, 0 to 1: of those that it counted,
/// where the limit lies between two of late_limits_ms by the lower. What an older outcome does not
/// say is taken from its p95, with captions log-normal around it (0.4 in log).
double late_share(const SessionOutcome& outcome, double limit_ms);

/// What happened to a session, by a bit each.
std::uint32_t troubles_of(const SessionOutcome& outcome, const TroubleLimits& limits);

/// The evidence of one arm's sessions; each session is one observation.
struct ArmEvidence {
  std::uint64_t sessions = 0;  ///< that ended
  TroubleCounts troubled{};    ///< of them
  std::uint64_t count(Trouble trouble) const { return troubled[static_cast<std::size_t>(trouble)]; }
  Moments log_latency;    ///< natural logarithm of each session's p95, in ms
  Moments log_length;     ///< of its length, in minutes
  Moments erasure, cost;  ///< normalized; dollars per listener-hour
  double captions = 0, late = 0;
  LimitTest late_limit;  ///< that more than a twentieth of a session's captions are late
  Moments thumbs_down, left, cache_misses;  ///< each session's share, where there is one
  friend bool operator==(const ArmEvidence&, const ArmEvidence&) = default;
};

/// The gain from early words within the same sessions, see PairedFigures.
struct PairedEvidence {
  std::uint64_t words = 0, taken_back = 0;
  Moments won_ms;      ///< of each session: mean time that words were ready earlier
  Moments won_p95_ms;  ///< the same of their 0.95 quantiles
  friend bool operator==(const PairedEvidence&, const PairedEvidence&) = default;
};

/// Of a share from 0 to 1: whether the canary's is higher, by the phase's sessions, and by how much
/// it can be, by the rollout's.
struct ShareComparison {
  HarmTest harm;
  DifferenceRange range;
  friend bool operator==(const ShareComparison&, const ShareComparison&) = default;
};

/// The same of a value that has no bounds.
struct ShiftComparison {
  RankTest harm;
  ShiftRange range;
  Reference reference;
  friend bool operator==(const ShiftComparison&, const ShiftComparison&) = default;
};

/// A session that ended lately.
struct RecentSession {
  UtcTime ended_at{};
  bool canary = false;
  std::uint32_t troubles = 0;
  double captions = 0, late_captions = 0;
  friend bool operator==(const RecentSession&, const RecentSession&) = default;
};

/// The evidence of a rollout's sessions, in bounded space. What says that the canary does harm is
/// of the phase alone, since harm may begin with a phase; what excludes harm, and what is normal,
/// is of all of the rollout. Not thread-safe.
struct Evidence {
  TroubleLimits limits;
  ArmEvidence canary, control;    ///< of the phase
  PairedEvidence delivered;       ///< of canary sessions
  PairedEvidence forecast;        ///< of control sessions, where the early words went nowhere
  SampleRatioTest sample_ratio;   ///< of the phase
  SampleRatioTest rollout_ratio;  ///< of all of the rollout
  ShiftComparison latency;        ///< logarithm of the p95
  ShiftComparison length;         ///< logarithm of the length, negative: shorter is worse
  ShareComparison errors, thumbs_down, left, cache_misses;
  std::array<HarmTest, trouble_count> troubles;
  std::vector<RecentSession> recent;  ///< of the phase, the latest 64, in the order they came
  /// Of all of the rollout: of both arms, and of the canary.
  std::uint64_t rollout_sessions = 0, rollout_canary_sessions = 0;
  TroubleCounts rollout_troubled{}, rollout_canary_troubled{};

  /// Adds a session that has ended; `in_phase` where it began in the current phase, with its share.
  /// A session whose arm is not from its bucket is ignored.
  void add(const SessionOutcome& outcome, bool in_phase = true);

  /// Forgets what is of a phase alone.
  void begin_phase();
};

}  // namespace sotto::rollout
