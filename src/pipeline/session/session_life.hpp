#pragma once

#include <atomic>
#include <utility>

#include "base/result.hpp"
#include "pipeline/captions/caption.hpp"

namespace sotto::pipeline {

/// A session's state, and who ends it, and when: a session is over once its recogniser has ended
/// (because the speaker finished, nobody spoke for too long, the server stops, or it failed) and
/// nothing of what it said waits any more, for the store, a translation or a voice. state() is
/// thread-safe and so is audio_came(); the rest is called on the session's strand.
class SessionLife {
 public:
  SessionState state() const { return state_.load(); }
  bool over() const { return state() == SessionState::ended; }

  /// The speaker's audio arrives. True: it is the first.
  bool audio_came() {
    SessionState waiting = SessionState::waiting;
    return state_.compare_exchange_strong(waiting, SessionState::live);
  }

  /// The speaker pauses, or goes on. True: that is new.
  bool pause(bool paused) {
    SessionState from = paused ? SessionState::live : SessionState::paused;
    return state_.compare_exchange_strong(from, paused ? SessionState::paused : SessionState::live);
  }

  /// No result comes any more, and all that the last one said was handed on. `outcome`: why.
  void recogniser_ended(Result<> outcome) {
    outcome_ = std::move(outcome);
    recogniser_ended_ = true;
  }

  /// Ends it if it is time: `waits` says whether something of it still waits. True once.
  bool end_unless(bool waits) {
    return recogniser_ended_ && !waits &&
           state_.exchange(SessionState::ended) != SessionState::ended;
  }

  /// Why the recogniser gave up, or success. Valid once it has ended.
  const Result<>& outcome() const { return outcome_; }

 private:
  std::atomic<SessionState> state_{SessionState::waiting};
  bool recogniser_ended_ = false;
  Result<> outcome_;
};

}  // namespace sotto::pipeline
