#include "audio/speech_meter.hpp"

namespace sotto::audio {
namespace {

std::vector<std::int16_t> square_wave(std::size_t samples, std::int16_t level) {
  std::vector<std::int16_t> wave(samples);
  for (std::size_t i = 0; i < samples; ++i)
    wave[i] = static_cast<std::int16_t>(i / 40 % 2 ? level : -level);
  return wave;
}

SpeechMeter by_loudness() {
  return SpeechMeter(VoiceActivity(Aggressiveness::high, VoiceActivity::Method::energy));
}

TEST(SpeechMeter, SpeaksUpOnceForEachHalfSecondOfSpeechHoweverItIsCut) {
  const auto loud = square_wave(32'000, 8000);
  for (const std::size_t piece : {1u, 100u, 320u, 1600u}) {
    SpeechMeter meter = by_loudness();
    int times = 0;
    for (std::size_t at = 0; at < loud.size(); at += piece)
      times += meter.take(std::span(loud).subspan(at, piece)) ? 1 : 0;
    EXPECT_EQ(times, 4) << piece;
  }
}

TEST(SpeechMeter, SilenceAndAShortNoiseAreNoSpeech) {
  SpeechMeter meter = by_loudness();
  EXPECT_FALSE(meter.take(std::vector<std::int16_t>(32'000)));
  EXPECT_FALSE(meter.take(square_wave(1600, 8000)));
  EXPECT_FALSE(meter.take(std::vector<std::int16_t>(32'000)));
}

}  // namespace
}  // namespace sotto::audio
