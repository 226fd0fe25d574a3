#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <utility>

#include "base/session_time.hpp"

namespace sotto::pipeline {

/// When each place of a session's audio was captured, on the session's clock. Audio and clock drift
/// apart when a speaker's connection stalls and catches up. Bounded; thread-safe.
class CaptureClock {
 public:
  /// Audio up to the place `audio_end` had arrived at `now`.
  void note(SessionTime audio_end, SessionTime now) {
    const std::lock_guard lock(mutex_);
    const milliseconds offset = now - audio_end;
    const SessionTime from = std::exchange(end_, audio_end);
    const SessionTime before = std::exchange(arrived_, now);
    if (!steps_.empty() && std::chrono::abs(steps_.back().offset - offset) <= tolerance) return;
    if (!steps_.empty() && steps_.back().arrived == now) {
      steps_.back().offset = offset;  // a burst: all of it came since `not_before`
      return;
    }
    steps_.push_back({from, offset, from > SessionTime{} ? before : SessionTime::min(), now});
    if (steps_.size() > max_steps) steps_.pop_front();
  }

  /// When the sound at `place` was captured. Exact to within the tolerance of 20 ms, and within
  /// what the sender collects before it sends; not before the audio in front of it arrived, so that
  /// a recording that is sent all at once is captured as it comes.
  SessionTime captured_at(SessionTime place) const {
    const std::lock_guard lock(mutex_);
    if (steps_.empty()) return place;
    const auto later = std::partition_point(std::next(steps_.begin()), steps_.end(),
                                            [&](const Step& step) { return step.from < place; });
    const Step& step = *std::prev(later);
    return std::max(place + step.offset, step.not_before);
  }

  /// How much audio has arrived.
  SessionTime end() const {
    const std::lock_guard lock(mutex_);
    return end_;
  }

 private:
  static constexpr milliseconds tolerance{20};
  static constexpr std::size_t max_steps = 1024;

  struct Step {
    SessionTime from;  ///< audio after this place has the offset
    milliseconds offset;
    SessionTime not_before;  ///< when the audio before `from` arrived
    SessionTime arrived;     ///< when the first audio after it did
  };

  mutable std::mutex mutex_;
  std::deque<Step> steps_;
  SessionTime end_{};
  SessionTime arrived_{};
};

}  // namespace sotto::pipeline
