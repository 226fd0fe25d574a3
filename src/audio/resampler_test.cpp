#include "audio/resampler.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sotto::audio {
namespace {

using Samples = std::vector<std::int16_t>;

Samples tone(int rate, double hertz, double seconds, double amplitude) {
  Samples samples(static_cast<std::size_t>(rate * seconds));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
    samples[i] = static_cast<std::int16_t>(std::lrint(amplitude * std::sin(angle)));
  }
  return samples;
}

Samples resampled(int rate, const Samples& in, std::size_t chunk) {
  auto resampler = Resampler::create(rate);
  EXPECT_TRUE(resampler) << resampler.error().message;
  Samples out;
  for (std::size_t at = 0; at < in.size(); at += chunk) {
    resampler->process(std::span(in).subspan(at, std::min(chunk, in.size() - at)), out);
  }
  resampler->flush(out);
  return out;
}

// Rising zero crossings a second, away from the edges.
double frequency_of(std::span<const std::int16_t> samples) {
  int crossings = 0;
  for (std::size_t i = 1; i < samples.size(); ++i)
    crossings += samples[i - 1] < 0 && samples[i] >= 0;
  return crossings * 16000.0 / static_cast<double>(samples.size());
}

class ResamplerRates : public ::testing::TestWithParam<int> {};

TEST_P(ResamplerRates, KeepsDurationFrequencyAndAmplitude) {
  const int rate = GetParam();
  const Samples out = resampled(rate, tone(rate, 440, 2.0, 12'000), 1000);
  EXPECT_EQ(out.size(), 32'000u);
  const auto middle = std::span(out).subspan(800, 30'400);
  EXPECT_NEAR(frequency_of(middle), 440, 1);
  EXPECT_NEAR(*std::max_element(middle.begin(), middle.end()), 12'000, 150);
  EXPECT_NEAR(*std::min_element(middle.begin(), middle.end()), -12'000, 150);
}

TEST_P(ResamplerRates, DoesNotMoveATonesBeginning) {
  const int rate = GetParam();
  Samples in(static_cast<std::size_t>(rate), 0);
  const Samples sound = tone(rate, 440, 0.5, 12'000);
  in.insert(in.end(), sound.begin(), sound.end());
  const Samples out = resampled(rate, in, 480);
  const auto first = std::find_if(out.begin(), out.end(), [](int s) { return s > 3000; });
  EXPECT_NEAR(static_cast<double>(first - out.begin()) / 16.0, 1000, 3);  // ms
}

TEST_P(ResamplerRates, GivesTheSameInAnyChunks) {
  const int rate = GetParam();
  const Samples in = tone(rate, 300, 0.7, 9000);
  const Samples whole = resampled(rate, in, in.size());
  for (const std::size_t chunk : {1u, 7u, 160u, 4801u}) {
    const Samples pieces = resampled(rate, in, chunk);
    ASSERT_EQ(pieces.size(), whole.size()) << chunk;
    for (std::size_t i = 0; i < whole.size(); ++i) ASSERT_NEAR(pieces[i], whole[i], 2) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Rates, ResamplerRates,
                         ::testing::Values(8000, 11025, 16000, 22050, 32000, 44100, 48000));

TEST(Resampler, PassesSixteenKilohertzUnchanged) {
  const Samples in{1, -2, 32767, -32768, 0};
  EXPECT_EQ(resampled(16000, in, 2), in);
}

TEST(Resampler, BeginsAnewAfterAFlush) {
  auto resampler = Resampler::create(48000);
  ASSERT_TRUE(resampler);
  const Samples in = tone(48000, 440, 0.5, 12'000);
  Samples first;
  resampler->process(in, first);
  resampler->flush(first);
  Samples second;
  resampler->process(in, second);
  resampler->flush(second);
  EXPECT_EQ(first, second);
}

TEST(Resampler, ClipsInsteadOfWrapping) {
  Samples square(4800);
  for (std::size_t i = 0; i < square.size(); ++i) square[i] = i / 24 % 2 ? 32767 : -32768;
  const Samples out = resampled(48000, square, 480);
  for (std::size_t i = 1; i < out.size(); ++i) {
    const bool jumps = std::abs(out[i] - out[i - 1]) > 60'000;
    EXPECT_FALSE(jumps) << "at " << i;
  }
}

TEST(Resampler, RefusesOtherRates) {
  for (const int rate : {0, -1, 7999, 48001, 96000}) {
    const auto resampler = Resampler::create(rate);
    ASSERT_FALSE(resampler) << rate;
    EXPECT_EQ(resampler.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(resampler.error().message.find("8000 to 48000"), std::string::npos);
  }
}

}  // namespace
}  // namespace sotto::audio
