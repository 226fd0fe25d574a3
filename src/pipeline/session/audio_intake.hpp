#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>

#include "audio/speech_meter.hpp"
#include "pipeline/session/capture_clock.hpp"

namespace sotto::pipeline {

/// What is known of a session's audio as it comes in: how much, when each place was captured, and
/// whether somebody talks. Thread-safe.
class AudioIntake {
 public:
  /// Listens to 16 kHz samples, taken by the recogniser or not. True: somebody has talked for half
  /// a second.
  bool somebody_talks(std::span<const std::int16_t> samples) {
    const std::lock_guard lock(mutex_);
    return speech_.take(samples);
  }

  /// So many samples were taken, which arrived at `now`.
  void taken(std::size_t samples, SessionTime now) {
    const std::uint64_t total = samples_.fetch_add(samples) + samples;
    captured_.note(SessionTime{length_of(total)}, now);
  }

  /// How long the audio is that was taken.
  milliseconds length() const { return length_of(samples_.load()); }

  const CaptureClock& captured() const { return captured_; }

 private:
  static milliseconds length_of(std::uint64_t samples) {
    return milliseconds{static_cast<milliseconds::rep>(samples / 16)};
  }

  std::atomic<std::uint64_t> samples_{0};
  CaptureClock captured_;
  std::mutex mutex_;  ///< guards speech_
  audio::SpeechMeter speech_;
};

}  // namespace sotto::pipeline
