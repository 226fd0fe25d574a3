#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "observation/step_summary.hpp"
#include "pipeline/captions/caption_fanout.hpp"
#include "pipeline/session/session_figures.hpp"

namespace sotto::pipeline {

/// A caption on its way to the listeners of its language.
struct SentCaption {
  const Caption* caption = nullptr;
  bool says_more = false;  ///< its source has words that were not translated before
  /// Since its last word was captured; none where that is no latency: it says no more, or it goes
  /// to somebody who catches up.
  std::optional<milliseconds> latency;
  std::size_t listeners = 0;
};

/// A piece of speech on its way to the listeners of its language.
struct SentSpeech {
  const Speech* speech = nullptr;
  std::size_t characters = 0;           ///< of its text, counted as code points
  std::optional<milliseconds> latency;  ///< since its last word was captured; none as above
  std::size_t listeners = 0;
};

/// Somebody who is told of what passes through a session: for telemetry, for saving events, for
/// tools. Called on the session's strand; must return quickly. Nothing that is told of outlives the
/// call.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;

  virtual void on_event(const transcript::Event&, SessionTime /*now*/) {}
  /// An operator has asked for it; before the engine acts by it.
  virtual void on_mode(engine::Mode, SessionTime /*now*/) {}
  /// After each step of the engine, with what was heard; null: time has passed, or the like.
  virtual void on_step(const transcript::Event* /*heard*/, const engine::Commands&,
                       const observation::StepSummary&, SessionTime /*now*/) {}
  /// A translation was sent.
  virtual void on_sent(const SentCaption&) {}
  /// Words are known to be shown, in any language: how long after each was captured.
  virtual void on_words_shown(std::span<const milliseconds>) {}
  virtual void on_speech(const SentSpeech&) {}
  virtual void on_translation(const TranslationOutcome&) {}
  virtual void on_not_stored(const Error&) {}  ///< a settled caption could not be kept
  /// How many read.
  virtual void on_listeners(std::size_t /*listeners*/, SessionTime /*now*/) {}
  /// So many partial results made room in the queue to the strand.
  virtual void on_dropped(std::size_t /*events*/) {}
  /// Once, with how the recogniser ended and how much audio there was.
  virtual void on_ended(const SessionFigures&, const Result<>& /*outcome*/, milliseconds /*audio*/,
                        SessionTime /*now*/) {}
  /// After on_ended(): somebody has rated the session. All votes.
  virtual void on_late_votes(const Votes&) {}
};

/// A session's observers, told in this order.
using SessionObservers = std::vector<std::shared_ptr<SessionObserver>>;

}  // namespace sotto::pipeline
