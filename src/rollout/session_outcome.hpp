#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/utc_time.hpp"

namespace sotto::rollout {

/// The same words of one session in both modes. In a canary session, final-only is computed as
/// well; in a control session, partial results are computed as well and sent to nobody.
struct PairedFigures {
  std::uint64_t words = 0;  ///< that both modes committed, until a kill or a fallback
  double early_mean_ms =
      0;  ///< from a word's end to the caption, worth translating, that has it for good
  double early_p95_ms = 0;  ///< the same, of the slowest 5 %
  double final_only_mean_ms = 0;
  double final_only_p95_ms = 0;
  std::uint64_t taken_back =
      0;  ///< of the words committed early: those that the final contradicted
  friend bool operator==(const PairedFigures&, const PairedFigures&) = default;
};

/// A session counts its captions that came later than each of these, in ms. The guide's limit is
/// among them.
inline constexpr std::array<std::uint64_t, 8> late_limits_ms = {1000, 2000, 3000,   4000,
                                                                5000, 7500, 10'000, 15'000};
using LateCaptions = std::array<std::uint64_t, late_limits_ms.size()>;

/// The outcome of one session that has ended: one observation of its arm, the unit in which arms
/// are compared. The counts are those of the session's metrics. If the session continued after a
/// restart, the counts and `began_at` are from there on, and a session that was killed before it is
/// no longer `by_bucket`.
struct SessionOutcome {
  std::string session_id;
  bool canary = false;    ///< its arm, which never changes
  bool by_bucket = true;  ///< its bucket put it there; false: an override or a fallback did
  int percentage = 0;     ///< the canary's share of sessions when it began
  std::uint64_t flag_version = 0;  ///< that decided it
  UtcTime began_at{}, ended_at{};
  std::uint64_t captions = 0;            ///< with new text, and pieces of speech
  std::optional<double> latency_p95_ms;  ///< of them, within 0.4 %; none without captions
  std::optional<LateCaptions> late;      ///< of the captions; none: not counted
  std::uint64_t finals = 0, errors = 0, dropped = 0, orphaned = 0, fallbacks = 0;
  std::optional<double> erasure;                 ///< normalized; none without translations
  std::optional<double> cost_per_listener_hour;  ///< dollars; none where nobody listened
  std::uint64_t cache_hits = 0, cache_misses = 0;
  /// Votes of listeners who were connected, the latest of each.
  std::uint64_t thumbs_up = 0, thumbs_neutral = 0, thumbs_down = 0;
  std::uint64_t listeners = 0;  ///< different ones, connected for captions or speech
  /// Of them, those who left early and did not come back: they were connected for 30 s of the talk
  /// or more, and closed their last connection more than two minutes before its last audio came.
  /// Who only changes the language has not left, nor who reconnects.
  std::uint64_t listeners_left = 0;
  std::string language;                 ///< that is spoken; empty: not known
  std::optional<PairedFigures> paired;  ///< none where the other mode was not computed
  friend bool operator==(const SessionOutcome&, const SessionOutcome&) = default;
};

}  // namespace sotto::rollout
