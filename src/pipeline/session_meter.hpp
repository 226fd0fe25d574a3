#pragma once

#include <map>
#include <string>
#include <utility>

#include "engine/erasure_meter.hpp"
#include "pipeline/audience.hpp"
#include "pipeline/capture_clock.hpp"
#include "pipeline/session_figures.hpp"

namespace sotto::pipeline {

/// Measures what passes through one session. Bounded; not thread-safe, lives on the session's
/// strand.
class SessionMeter {
 public:
  /// What a sent caption means for the latency.
  struct SentNote {
    bool says_more = false;   ///< its source has words that were not translated before
    milliseconds latency{0};  ///< since its last word was captured
  };

  void heard(const transcript::Event& event, const CaptureClock& captured);
  void noticed(const engine::Notice& notice);
  void source_shown(const engine::ShowCaption& caption);
  void translated(const TranslationOutcome& outcome);
  void recognised(milliseconds lag);

  /// A translation goes to the listeners: `captured` and `now` are of this run of the session, and
  /// so is the caption's `end`.
  SentNote sent(const Caption& caption, SessionTime end, const std::string& source, SessionTime now,
                const CaptureClock& captured);

  /// The figures so far.
  SessionFigures figures() const;

  /// Milliseconds from a segment's last word to its translation.
  const QuantileSketch& segment_latency() const { return figures_.segment_latency; }

 private:
  struct SentText {
    std::string source;
    SessionTime at{};
  };

  SessionFigures figures_;
  engine::ErasureMeter source_erasure_;
  std::map<Language, engine::ErasureMeter> erasure_;
  WordLatencyMeter word_latency_;
  std::map<std::pair<engine::SegmentId, Language>, SentText> sent_;  ///< newest segments only
};

}  // namespace sotto::pipeline
