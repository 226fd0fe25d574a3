#include "audio/voice_activity.hpp"

#include <cmath>
#include <numbers>
#include <random>

namespace sotto::audio {
namespace {

using Samples = std::vector<std::int16_t>;

Samples noise(std::size_t frames, double amplitude, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, amplitude);
  Samples samples(frames * frame_samples);
  for (auto& sample : samples) sample = static_cast<std::int16_t>(std::lrint(normal(random)));
  return samples;
}

// Something like a vowel: a 120 Hz voice with formants near 700 and 1,200 Hz, swelling four times
// a second.
Samples vowel(std::size_t frames) {
  Samples samples(frames * frame_samples);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / 16000.0;
    double value = 0;
    for (int harmonic = 1; harmonic < 30; ++harmonic) {
      const double hertz = 120.0 * harmonic;
      const double gain = std::exp(-std::pow((hertz - 700) / 200, 2)) +
                          0.6 * std::exp(-std::pow((hertz - 1200) / 250, 2)) + 0.05;
      value += gain * std::sin(2 * std::numbers::pi * hertz * t);
    }
    value *= 2500 * (0.6 + 0.4 * std::sin(2 * std::numbers::pi * 4 * t));
    samples[i] = static_cast<std::int16_t>(std::lrint(value));
  }
  return samples;
}

double share_of_speech(VoiceActivity& detector, const Samples& samples) {
  std::size_t speech = 0;
  const std::size_t frames = samples.size() / frame_samples;
  for (std::size_t i = 0; i < frames; ++i) {
    speech += detector.is_speech(Frame(&samples[i * frame_samples], frame_samples)) ? 1u : 0u;
  }
  return static_cast<double>(speech) / static_cast<double>(frames);
}

TEST(Level, IsInDecibelsOfFullScale) {
  EXPECT_EQ(level_db(Samples(320, 0)), -100);
  EXPECT_EQ(level_db({}), -100);
  EXPECT_NEAR(level_db(Samples(320, -32768)), 0, 0.001);
  EXPECT_NEAR(level_db(Samples(320, 3277)), -20, 0.01);
}

class Detectors : public ::testing::TestWithParam<VoiceActivity::Method> {
 protected:
  VoiceActivity detector_{Aggressiveness::high, GetParam()};
};

TEST_P(Detectors, IsTheMethodAskedFor) { EXPECT_EQ(detector_.method(), GetParam()); }

TEST_P(Detectors, HearsNothingInDigitalSilence) {
  EXPECT_EQ(share_of_speech(detector_, Samples(500 * frame_samples, 0)), 0);
}

TEST_P(Detectors, HearsNothingInASteadyHiss) {
  share_of_speech(detector_, noise(250, 60, 1));
  EXPECT_LT(share_of_speech(detector_, noise(250, 60, 2)), 0.02);
}

TEST_P(Detectors, HearsAVoiceAboveTheHissAndItsEnd) {
  share_of_speech(detector_, noise(100, 20, 3));
  EXPECT_GT(share_of_speech(detector_, vowel(100)), 0.8);
  share_of_speech(detector_, noise(25, 20, 4));
  EXPECT_LT(share_of_speech(detector_, noise(100, 20, 5)), 0.1);
}

TEST_P(Detectors, HearsAVoiceFromTheFirstFrames) {
  EXPECT_GT(share_of_speech(detector_, vowel(50)), 0.7);
}

INSTANTIATE_TEST_SUITE_P(Methods, Detectors,
                         ::testing::Values(VoiceActivity::Method::webrtc,
                                           VoiceActivity::Method::energy),
                         [](const auto& test) {
                           return test.param == VoiceActivity::Method::webrtc ? "WebRtc" : "Energy";
                         });

TEST(EnergyDetector, LearnsALouderBackground) {
  EnergyDetector detector(Aggressiveness::high);
  const Samples quiet = noise(100, 10, 6);
  const Samples louder = noise(1500, 100, 7);
  for (std::size_t i = 0; i < 100; ++i) {
    detector.is_speech(Frame(&quiet[i * frame_samples], frame_samples));
  }
  EXPECT_NEAR(detector.noise_floor_db(), -70.3, 3);
  std::size_t speech = 0;
  for (std::size_t i = 0; i < 1500; ++i) {
    const bool heard = detector.is_speech(Frame(&louder[i * frame_samples], frame_samples));
    if (i >= 1000) speech += heard ? 1u : 0u;
  }
  EXPECT_EQ(speech, 0u);
}

TEST(EnergyDetector, MoreAggressiveMeansLessSpeech) {
  EnergyDetector low(Aggressiveness::low);
  EnergyDetector very_high(Aggressiveness::very_high);
  const Samples quiet = noise(100, 10, 8);
  for (std::size_t i = 0; i < 100; ++i) {
    low.is_speech(Frame(&quiet[i * frame_samples], frame_samples));
    very_high.is_speech(Frame(&quiet[i * frame_samples], frame_samples));
  }
  const Samples faint = noise(1, 32, 9);  // about 10 dB above
  EXPECT_TRUE(low.is_speech(Frame(faint.data(), frame_samples)));
  EXPECT_FALSE(very_high.is_speech(Frame(faint.data(), frame_samples)));
}

}  // namespace
}  // namespace sotto::audio
