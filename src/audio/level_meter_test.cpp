#include "audio/level_meter.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace sotto::audio {
namespace {

constexpr int rate = 16'000;

std::vector<std::int16_t> tone(double dbfs_peak, double seconds) {
  const double amplitude = 32'767 * std::pow(10, dbfs_peak / 20);
  std::vector<std::int16_t> samples(static_cast<std::size_t>(seconds * rate));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::int16_t>(std::lround(
        amplitude * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(i) / rate)));
  return samples;
}

TEST(LevelMeter, MeasuresASine) {
  LevelMeter meter;
  meter.take(tone(-20, 1));
  EXPECT_NEAR(meter.level().peak_dbfs, -20, 0.1);
  EXPECT_NEAR(meter.level().rms_dbfs, -23.01, 0.1);  // a sine's is 3.01 dB below its peak
  EXPECT_EQ(meter.faults(), LevelFaults{});
}

TEST(LevelMeter, SaysNothingOfSilenceBeforeFiveSeconds) {
  LevelMeter meter;
  const std::vector<std::int16_t> zeros(rate * 49 / 10);
  meter.take(zeros);
  EXPECT_EQ(meter.faults(), LevelFaults{});
  meter.take(std::vector<std::int16_t>(rate / 10));
  EXPECT_EQ(meter.faults(), (LevelFaults{.silence = true}));
  EXPECT_EQ(meter.level().rms_dbfs, LevelMeter::quiet_dbfs);
}

TEST(LevelMeter, PausesAreNoFault) {
  LevelMeter meter;
  meter.take(tone(-18, 0.3));
  meter.take(std::vector<std::int16_t>(rate * 47 / 10));
  EXPECT_EQ(meter.faults(), LevelFaults{});
  meter.take(std::vector<std::int16_t>(rate / 2));
  EXPECT_EQ(meter.faults(), (LevelFaults{.silence = true})) << "but a long one is";
}

TEST(LevelMeter, FaintSpeechIsTooQuiet) {
  LevelMeter meter;
  meter.take(tone(-45, 5));
  EXPECT_EQ(meter.faults(), (LevelFaults{.too_quiet = true}));
}

TEST(LevelMeter, ClippingShowsAtOnceAndPasses) {
  LevelMeter meter;
  std::vector<std::int16_t> loud = tone(-3, 0.5);
  for (std::int16_t& sample : loud)
    sample = static_cast<std::int16_t>(sample > 15'000    ? 32'767
                                       : sample < -15'000 ? -32'768
                                                          : sample);
  meter.take(loud);
  EXPECT_TRUE(meter.faults().clipping);
  meter.take(tone(-20, 1));
  EXPECT_FALSE(meter.faults().clipping);
}

TEST(LevelMeter, TheCutOfThePiecesDoesNotMatter) {
  LevelMeter whole, pieces;
  const auto samples = tone(-12, 2);
  whole.take(samples);
  for (std::size_t at = 0; at < samples.size(); at += 333)
    pieces.take(std::span(samples).subspan(at, std::min<std::size_t>(333, samples.size() - at)));
  EXPECT_DOUBLE_EQ(whole.level().rms_dbfs, pieces.level().rms_dbfs);
}

}  // namespace
}  // namespace sotto::audio
