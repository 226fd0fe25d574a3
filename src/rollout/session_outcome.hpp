#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/utc_time.hpp"

namespace sotto::rollout {

/// What the engine did in a session beside what it would have done in the other mode, of the same
/// words at the same time: in a canary session, finals only would have; in a control session, the
/// early words would have, and nobody got them.
struct PairedFigures {
  std::uint64_t words = 0;   ///< that were said in both modes, until a kill or a fallback
  double early_mean_ms = 0;  ///< from a word's end to the first caption with it to be translated
  double early_p95_ms = 0;   ///< the same, of the slowest 5 %
  double final_only_mean_ms = 0;
  double final_only_p95_ms = 0;
  std::uint64_t taken_back = 0;  ///< of the words said early: those that their final had not
  friend bool operator==(const PairedFigures&, const PairedFigures&) = default;
};

/// What one session that has ended tells of its arm: the unit that a rollout's arms are compared
/// by. Its counts are those of the session's metrics. Of a session that went on after its process
/// ended they are, with `began_at`, from there on; one that was killed before that is no longer
/// `by_bucket`.
struct SessionOutcome {
  std::string session_id;
  bool canary = false;    ///< its arm, for good
  bool by_bucket = true;  ///< its bucket put it there; false: an override or a fallback did
  int percentage = 0;     ///< the canary's share of sessions when it began
  std::uint64_t flag_version = 0;  ///< that decided it
  UtcTime began_at{}, ended_at{};
  std::uint64_t captions = 0;            ///< that said something new, and pieces of speech
  std::optional<double> latency_p95_ms;  ///< of them, within 0.4 %; none without captions
  std::uint64_t finals = 0, errors = 0, dropped = 0, orphaned = 0, fallbacks = 0;
  std::optional<double> erasure;                 ///< normalised; none without translations
  std::optional<double> cost_per_listener_hour;  ///< dollars; none where nobody listened
  std::uint64_t cache_hits = 0, cache_misses = 0;
  std::optional<PairedFigures> paired;  ///< none where the other mode was not computed
  friend bool operator==(const SessionOutcome&, const SessionOutcome&) = default;
};

}  // namespace sotto::rollout
