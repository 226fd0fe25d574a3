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

  /// The speaker's audio arrives. True: it is the first, or the first since the speaker was away.
  bool audio_came() {
    return change(SessionState::waiting, SessionState::live) ||
           change(SessionState::away, SessionState::live);
  }

  /// No audio arrives any more. True: that is new.
  bool audio_missed() { return change(SessionState::live, SessionState::away); }

  /// The speaker pauses, or goes on. True: that is new.
  bool pause(bool paused) {
    if (!paused) return change(SessionState::paused, SessionState::live);
    return change(SessionState::live, SessionState::paused) ||
           change(SessionState::away, SessionState::paused);
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
  bool change(SessionState from, SessionState to) {
    return state_.compare_exchange_strong(from, to);
  }

  std::atomic<SessionState> state_{SessionState::waiting};
  bool recogniser_ended_ = false;
  Result<> outcome_;
};

}  // namespace sotto::pipeline
