#include "audio/speech_meter.hpp"

#include <utility>

namespace sotto::audio {

bool SpeechMeter::take(std::span<const std::int16_t> samples) {
  bool talked = false;
  rest_.insert(rest_.end(), samples.begin(), samples.end());
  std::size_t at = 0;
  for (; at + frame_samples <= rest_.size(); at += frame_samples) {
    const bool speech = detector_.is_speech(Frame(rest_.data() + at, frame_samples));
    speech_ += speech ? 1 : 0;
    if (++frames_ < stretch_frames) continue;
    talked = talked || speech_ >= speech_frames;
    frames_ = speech_ = 0;
  }
  rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(at));
  return talked;
}

}  // namespace sotto::audio
