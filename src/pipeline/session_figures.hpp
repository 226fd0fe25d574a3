#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/quantile_sketch.hpp"
#include "engine/erasure_meter.hpp"
#include "pipeline/caption.hpp"
#include "rollout/session_outcome.hpp"
#include "transcript/event.hpp"

namespace sotto::pipeline {

/// For each word of a final: from the moment its end was captured to the first caption that covered
/// its place in the audio, whether provisional or not. Not thread-safe.
class WordLatencyMeter {
 public:
  /// A caption that covers audio up to `end` was sent at `now`.
  void shown(SessionTime end, SessionTime now);

  /// A final whose words ended at these places (rising) was heard; `captured` says when each place
  /// was captured.
  template <class CapturedAt>
  void final_heard(const transcript::RecognitionResult& result, CapturedAt captured) {
    for (const transcript::Item& item : result.items)
      if (item.kind == transcript::ItemKind::pronunciation) expect({item.end, captured(item.end)});
    forget_before(result.end);
  }

  /// Milliseconds.
  const QuantileSketch& sketch() const { return sketch_; }

 private:
  struct Place {
    SessionTime end;
    SessionTime at;
  };

  void expect(Place word);
  void forget_before(SessionTime end);

  std::deque<Place> shown_;  ///< rising in both
  std::deque<Place> expected_;
  QuantileSketch sketch_;
};

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
  std::uint64_t fallbacks = 0;  ///< to final-only mode, for whatever reason
  std::uint64_t translation_calls = 0;
  std::uint64_t translation_failures = 0;
  std::uint64_t cache_hits = 0;
  QuantileSketch segment_latency;  ///< ms: last word of a segment captured → its translation sent
  QuantileSketch
      word_latency;  ///< ms: a word's end captured → first translation that covers it sent
  QuantileSketch recogniser_lag;  ///< ms: audio arrived and not yet recognised
  double erasure = 0;             ///< of the translations
  double source_erasure = 0;
  std::optional<rollout::PairedFigures> paired;  ///< none without a shadow
};

}  // namespace sotto::pipeline
