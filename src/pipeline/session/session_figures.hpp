#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.hpp"
#include "base/quantile_sketch.hpp"
#include "base/sparse_sketch.hpp"
#include "pipeline/session/attendance.hpp"
#include "rollout/session_outcome.hpp"

namespace sotto::pipeline {

/// How long after its end something came, in milliseconds.
struct LagFigures {
  double p50_ms = 0, p95_ms = 0, mean_ms = 0;
};

/// Of what a sketch of milliseconds has; none where it has nothing.
inline std::optional<LagFigures> lag_of(const SparseSketch& sketch) {
  if (sketch.count() == 0) return std::nullopt;
  return LagFigures{sketch.quantile(0.50), sketch.quantile(0.95), sketch.mean()};
}

/// What a session did, for the table at its end and for metrics.
struct SessionFigures {
  std::uint64_t segments = 0;
  std::uint64_t source_words = 0;
  std::uint64_t partials = 0;
  std::uint64_t finals = 0;
  std::uint64_t superseded = 0;
  std::uint64_t dropped = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t orphans = 0;
  std::uint64_t discrepancies = 0;
  std::uint64_t fallbacks = 0;  ///< times that the recogniser fell silent
  std::uint64_t translation_calls = 0;
  std::uint64_t translated_characters = 0;  ///< that they sent, code points, all languages
  std::uint64_t translation_failures = 0;
  std::uint64_t cache_hits = 0;
  /// ms: last word of a segment captured → its translation sent, to those who followed by then
  QuantileSketch segment_latency;
  /// ms, of each word of the translations (of the source where nobody follows one): its end
  /// captured → first caption with it sent, and first settled one, to those who followed by then
  SparseSketch word_lag, settled_lag;
  QuantileSketch recogniser_lag;  ///< ms: audio arrived and not yet recognised
  double erasure = 0;             ///< of the translations
  double source_erasure = 0;
  std::optional<rollout::PairedFigures> paired;     ///< none without a shadow
  Language language;                                ///< that is spoken
  std::uint64_t listeners = 0, listeners_left = 0;  ///< see Attendance
  Votes votes;
};

}  // namespace sotto::pipeline
