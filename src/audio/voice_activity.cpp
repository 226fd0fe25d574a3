#include "audio/voice_activity.hpp"

#include <algorithm>
#include <cmath>

#include "base/sample_clock.hpp"

// libwebrtc_audio_processing 0.3 exports these C functions without a header. Create() of this
// version takes nothing and returns the detector; both Init() and set_mode() return 0 for success,
// Process() 1 for speech, 0 for none, -1 for wrong arguments.
extern "C" {
WebRtcVadInst* WebRtcVad_Create(void);
void WebRtcVad_Free(WebRtcVadInst* detector);
int WebRtcVad_Init(WebRtcVadInst* detector);
int WebRtcVad_set_mode(WebRtcVadInst* detector, int mode);
int WebRtcVad_Process(WebRtcVadInst* detector, int sample_rate, const std::int16_t* frame,
                      std::size_t frame_length);
}

namespace sotto::audio {
namespace {

constexpr float silence_db = -100;
constexpr float full_scale = 32768;

// Where the floor starts and may rise to: speech into a working microphone is louder, and a talk
// that begins in mid-word must not make its own level the floor.
constexpr float highest_floor_db = -45;
constexpr float lowest_floor_db = -75;
constexpr float rise_db_per_frame = 3.0f * frame_samples / sample_rate;
constexpr float gentlest_margin_db = 6;
constexpr float margin_step_db = 3;

}  // namespace

float level_db(std::span<const std::int16_t> samples) {
  double sum = 0;
  for (const std::int16_t sample : samples) sum += static_cast<double>(sample) * sample;
  if (samples.empty() || sum == 0) return silence_db;
  const double rms = std::sqrt(sum / static_cast<double>(samples.size()));
  return std::max(silence_db, static_cast<float>(20 * std::log10(rms / full_scale)));
}

EnergyDetector::EnergyDetector(Aggressiveness aggressiveness)
    : margin_db_(gentlest_margin_db + margin_step_db * static_cast<float>(aggressiveness)),
      floor_db_(highest_floor_db) {}

bool EnergyDetector::is_speech(Frame frame) {
  const float level = level_db(frame);
  floor_db_ =
      std::clamp(std::min(level, floor_db_ + rise_db_per_frame), lowest_floor_db, highest_floor_db);
  return level > floor_db_ + margin_db_;
}

void VoiceActivity::Free::operator()(WebRtcVadInst* detector) const { WebRtcVad_Free(detector); }

VoiceActivity::VoiceActivity(Aggressiveness aggressiveness, Method preferred)
    : energy_(aggressiveness) {
  if (preferred == Method::energy) return;
  webrtc_.reset(WebRtcVad_Create());
  if (!webrtc_) return;
  if (WebRtcVad_Init(webrtc_.get()) != 0 ||
      WebRtcVad_set_mode(webrtc_.get(), static_cast<int>(aggressiveness)) != 0) {
    webrtc_.reset();
  }
}

bool VoiceActivity::is_speech(Frame frame) {
  if (!webrtc_) return energy_.is_speech(frame);
  return WebRtcVad_Process(webrtc_.get(), sample_rate, frame.data(), frame.size()) == 1;
}

}  // namespace sotto::audio
