#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "base/ids.hpp"
#include "base/session_time.hpp"
#include "engine/settings.hpp"
#include "pipeline/session/session_figures.hpp"

namespace sotto::pipeline {

/// How a session does, for those who watch it.
struct SessionStatus {
  std::map<Language, std::size_t> listeners;
  /// Of its translations, delivered as they were made; none before the first.
  std::optional<double> latency_p50_ms, latency_p95_ms;
  std::optional<LagFigures> word_lag;  ///< none before the first word was shown
  milliseconds audio{0};
  /// The place in the talk up to which all that was said has settled and is stored: where a process
  /// that takes this one's place goes on.
  milliseconds settled{0};
  /// Audio that had arrived and was not recognised yet: the most of the last seconds of audio.
  /// It grows with the recogniser's step when many sessions share the processor.
  milliseconds lag{0};
  engine::Mode mode = engine::Mode::final_only;  ///< as it is now, after kills and fallbacks
};

/// A session's status, kept by its strand and read by anybody. Thread-safe.
class StatusBoard {
 public:
  explicit StatusBoard(engine::Mode mode) { status_.mode = mode; }

  /// Changes it, under the lock.
  template <class Change>
  void update(Change change) {
    const std::lock_guard lock(mutex_);
    change(status_);
  }

  SessionStatus read() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  mutable std::mutex mutex_;
  SessionStatus status_;
};

}  // namespace sotto::pipeline
