#pragma once

#include <optional>

#include "base/session_time.hpp"
#include "engine/engine.hpp"
#include "pipeline/session/capture_clock.hpp"
#include "pipeline/session/spoken_pairs.hpp"
#include "rollout/session_outcome.hpp"

namespace sotto::pipeline {

/// A second engine of a session, in the other mode: of a session with partial results one with
/// finals only, and the other way round. It hears what the session's engine hears, at the same
/// times, and forwards nothing; what both say is compared at their doors, word by word.
///
/// It ends for good, and its figures stand, where the session's engine no longer does what its
/// mode says: when a kill or a change of mode moves it, and when the recogniser falls silent and
/// the engine with partial results, whichever it is, waits for finals. Memory is bounded as the
/// engine's is, and SpokenPairs'. Not thread-safe; lives on the session's strand.
class Shadow {
 public:
  /// Of a session whose engine was made with these settings.
  explicit Shadow(const engine::Settings& settings);

  /// What the session's engine has just decided; before step().
  void note(const engine::Commands& decided, SessionTime now, const CaptureClock& captured);

  /// The event that it was given, or a Tick of this engine's own.
  void step(const engine::Event& event, SessionTime now, const CaptureClock& captured);

  /// When this engine needs a Tick at the latest.
  std::optional<SessionTime> next_tick() const;

  /// Whether it still compares.
  bool running() const { return engine_.has_value(); }

  rollout::PairedFigures figures() const { return pairs_.figures(); }

 private:
  bool take(engine::Mode mode, const engine::Commands& decided, SessionTime now,
            const CaptureClock& captured);
  void end();

  engine::Mode session_mode_;
  std::optional<engine::Engine> engine_;
  engine::Commands commands_;
  SpokenPairs pairs_;
};

}  // namespace sotto::pipeline
