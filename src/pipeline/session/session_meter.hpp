#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/sparse_sketch.hpp"
#include "engine/erasure_meter.hpp"
#include "observation/step_summary.hpp"
#include "pipeline/captions/caption_fanout.hpp"
#include "pipeline/captions/word_lag.hpp"
#include "pipeline/session/capture_clock.hpp"
#include "pipeline/session/session_figures.hpp"

namespace sotto::pipeline {

/// Measures what passes through one session. Catching up is not latency: a caption or a word counts
/// for a language only where somebody followed it, without a break, since it was captured. Bounded;
/// not thread-safe, lives on the session's strand.
class SessionMeter {
 public:
  explicit SessionMeter(Language source) : source_(std::move(source)) {}

  /// What a caption means that was sent.
  struct Delivery {
    bool says_more = false;  ///< its source has words that were not translated before
    /// Since its last word was captured; none where it is a caption of the source, says no more, or
    /// nobody followed by then.
    std::optional<milliseconds> latency;
    std::vector<milliseconds> word_lags;  ///< of the words that are known to be shown with it
  };

  /// The lags of words that were shown before their final came, of all languages.
  std::vector<milliseconds> heard(const transcript::Event& event, const CaptureClock& captured);
  void stepped(const observation::StepSummary& summary);
  void source_shown(const engine::ShowCaption& caption);
  void translated(const TranslationOutcome& outcome);
  void recognised(milliseconds lag);

  /// These languages are read, and these heard, from `now` on.
  void followed(const std::map<Language, std::size_t>& readers,
                const std::map<Language, std::size_t>& hearers, SessionTime now);

  /// A caption goes to the listeners of its language; `catching_up`: to one who has missed it.
  Delivery sent(const Caption& caption, const std::string& source, bool catching_up,
                SessionTime now);

  /// How long after its last word a piece of speech goes to those who hear its language; none where
  /// nobody heard it by then.
  std::optional<milliseconds> spoken(const Speech& speech, SessionTime now) const;

  /// The figures so far; and of them the two that are shown while the session lasts.
  SessionFigures figures() const;
  const QuantileSketch& segment_latency() const { return figures_.segment_latency; }
  const SparseSketch& word_lag() const { return lags().shown; }

 private:
  struct SentText {
    std::string source;
    SessionTime at{};
  };
  struct OfLanguage {
    std::optional<SessionTime> read_since, heard_since;  ///< none: by nobody
    engine::ErasureMeter erasure;
    bool translated = false;  ///< something was
    WordLag lag;
    std::map<SegmentId, SentText> sent;  ///< newest segments only
  };

  struct Lags {
    SparseSketch shown, settled;  ///< ms
  };

  std::vector<milliseconds> take_lags(const Language& language, WordLag& lag);
  const Lags& lags() const { return translations_.shown.count() > 0 ? translations_ : of_source_; }

  const Language source_;
  SessionFigures figures_;
  engine::ErasureMeter source_erasure_;
  std::map<Language, OfLanguage> languages_;
  Lags translations_, of_source_;
};

}  // namespace sotto::pipeline
