#pragma once

#include <optional>

#include "base/session_time.hpp"

namespace sotto::engine {

/// Detects a silent recogniser: there is speech, but no result. Not thread-safe.
class SpeechWatch {
 public:
  /// Speech was in the audio at `now`. Returns for how long speech has gone on without a result;
  /// a quiet longer than `pause` begins a new stretch.
  milliseconds speech(SessionTime now, milliseconds pause) {
    if (!since_ || now - last_ > pause) since_ = now;
    last_ = now;
    return now - *since_;
  }

  /// A result came.
  void result() { since_.reset(); }

 private:
  friend class EngineState;  // snapshot.hpp

  std::optional<SessionTime> since_;
  SessionTime last_{};
};

}  // namespace sotto::engine
