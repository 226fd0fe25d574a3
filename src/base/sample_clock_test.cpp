#include "base/sample_clock.hpp"

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(SampleClock, ConvertsMillisecondsExactly) {
  EXPECT_EQ(samples_in(milliseconds{0}), 0u);
  EXPECT_EQ(samples_in(milliseconds{1}), 16u);
  EXPECT_EQ(samples_in(std::chrono::seconds{3600}), 57'600'000u);
  EXPECT_EQ(samples_in(milliseconds{-1}), 0u);
}

TEST(SampleClock, RoundsLengthsDownToMilliseconds) {
  EXPECT_EQ(length_of(0), milliseconds{0});
  EXPECT_EQ(length_of(15), milliseconds{0});
  EXPECT_EQ(length_of(16), milliseconds{1});
  EXPECT_EQ(length_of(31), milliseconds{1});
  EXPECT_EQ(length_of(57'600'000), std::chrono::hours{1});
}

TEST(SampleClock, KnowsTheSampleAtAMoment) {
  EXPECT_EQ(sample_at(at_ms(0)), 0u);
  EXPECT_EQ(sample_at(at_ms(2'500)), 40'000u);
  EXPECT_EQ(sample_at(at_ms(-5)), 0u);
}

TEST(SampleClock, SaysLengthsInSeconds) {
  EXPECT_EQ(to_seconds(audio_length(4'000)), 0.25);
  EXPECT_EQ(to_seconds(audio_length(1)), 1.0 / 16'000);
  EXPECT_EQ(to_seconds(milliseconds{250}), 0.25);
}

}  // namespace
}  // namespace sotto
