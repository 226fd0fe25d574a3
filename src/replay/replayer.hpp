#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "transcript/event.hpp"

namespace sotto::replay {

/// Plays recorded events through one engine a session, each on its own clock: time is what the
/// recording says, and an engine's timers go off at exactly their time. A session's timers are
/// played before its next event and, at the end, until none is left, session by session in the
/// order of their first event. The same events give the same commands in the same order, however
/// the input is cut. Not thread-safe.
class Replayer {
 public:
  /// Told of every step that had commands, which live until it returns.
  using Sink =
      std::function<void(const SessionId& session, SessionTime at, const engine::Commands&)>;

  /// Errors: the engine's, for settings out of range.
  static Result<Replayer> create(const engine::Settings& settings, Sink sink);

  /// The session's next event.
  void take(const SessionId& session, SessionTime arrival, const transcript::Event& event);

  /// The session's mode changed then.
  void change_mode(const SessionId& session, SessionTime at, engine::Mode mode);

  /// No event follows: the timers run out, so that results without a final are flushed.
  void finish();

  std::size_t sessions() const { return order_.size(); }

 private:
  Replayer(engine::Engine fresh, Sink sink) : fresh_(std::move(fresh)), sink_(std::move(sink)) {}

  engine::Engine& engine_of(const SessionId& session);
  void run_timers(const SessionId& session, engine::Engine& engine, SessionTime until);
  void step(const SessionId& session, engine::Engine& engine, const engine::Event& event,
            SessionTime at);

  engine::Engine fresh_;  ///< what each session begins with
  Sink sink_;
  std::unordered_map<SessionId, engine::Engine> engines_;
  std::vector<SessionId> order_;
  engine::Commands commands_;
};

}  // namespace sotto::replay
