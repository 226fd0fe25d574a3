#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "audio/voice_activity.hpp"

namespace sotto::audio {

/// Tells whether somebody talks, half a second at a time: for noticing a recogniser that says
/// nothing though it should. Not thread-safe.
class SpeechMeter {
 public:
  explicit SpeechMeter(VoiceActivity detector = VoiceActivity()) : detector_(std::move(detector)) {}

  /// Takes 16 kHz samples, any number. True when a stretch of half a second came to its end in them
  /// and at least two fifths of its frames held speech.
  bool take(std::span<const std::int16_t> samples);

 private:
  static constexpr std::size_t stretch_frames = 25;  ///< of 20 ms
  static constexpr std::size_t speech_frames = 10;

  VoiceActivity detector_;
  std::vector<std::int16_t> rest_;  ///< less than a frame
  std::size_t frames_ = 0;
  std::size_t speech_ = 0;
};

}  // namespace sotto::audio
