#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct WebRtcVadInst;  // WebRTC's detector; its library ships no header for it

namespace sotto::audio {

/// The frame that voice activity and endpoints are counted in: 20 ms at 16 kHz.
inline constexpr std::size_t frame_samples = 320;
using Frame = std::span<const std::int16_t, frame_samples>;

/// A frame's level in dB relative to a full-scale square wave (0 is the loudest there is); -100
/// for digital silence.
float level_db(std::span<const std::int16_t> samples);

/// How readily a detector says "no speech": WebRTC's modes 0 (quality) to 3 (very aggressive).
enum class Aggressiveness : std::uint8_t { low = 0, moderate = 1, high = 2, very_high = 3 };

/// Tells speech by loudness alone: a frame some dB above a noise floor that falls at once and
/// rises slowly, by 3 dB a second. Loud music and clapping are speech to it. Not thread-safe.
class EnergyDetector {
 public:
  explicit EnergyDetector(Aggressiveness aggressiveness);

  /// Whether the next frame holds speech.
  bool is_speech(Frame frame);

  /// The present estimate of the background, in dB as level_db() has it.
  float noise_floor_db() const { return floor_db_; }

 private:
  float margin_db_;
  float floor_db_;
};

/// Tells speech from everything else, frame by frame, in the order of the audio. Uses WebRTC's
/// statistical detector, and loudness where that one is not to be had. Not thread-safe; movable.
class VoiceActivity {
 public:
  enum class Method : std::uint8_t { webrtc, energy };

  explicit VoiceActivity(Aggressiveness aggressiveness = Aggressiveness::high,
                         Method preferred = Method::webrtc);

  /// Whether the next frame holds speech.
  bool is_speech(Frame frame);

  /// What decides: the preferred method, or energy where WebRTC's could not be set up.
  Method method() const { return webrtc_ ? Method::webrtc : Method::energy; }

 private:
  struct Free {
    void operator()(WebRtcVadInst* detector) const;
  };

  std::unique_ptr<WebRtcVadInst, Free> webrtc_;
  EnergyDetector energy_;
};

}  // namespace sotto::audio
