#include "providers/embedded/audio_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::providers::embedded {
namespace {

using ports::Pushed;
using ::testing::ElementsAre;
using Samples = std::vector<std::int16_t>;

TEST(AudioQueue, GivesPiecesInOrderAndThenWhatIsLeft) {
  AudioQueue audio(2, 10);
  EXPECT_EQ(audio.push(Samples{1}), Pushed::taken);
  EXPECT_FALSE(audio.is_due());
  EXPECT_EQ(audio.push(Samples{2, 3}), Pushed::taken);
  EXPECT_TRUE(audio.is_due());
  EXPECT_TRUE(audio.has_piece());
  EXPECT_THAT(audio.next(), ElementsAre(1, 2));
  EXPECT_FALSE(audio.has_piece());
  EXPECT_THAT(audio.next(), ElementsAre(3));
  EXPECT_THAT(audio.next(), ElementsAre());
}

TEST(AudioQueue, TakesAllOfAPushOrNothing) {
  AudioQueue audio(1, 3);
  EXPECT_EQ(audio.push(Samples{1, 2}), Pushed::taken);
  EXPECT_EQ(audio.push(Samples{3, 4}), Pushed::full);
  EXPECT_EQ(audio.push(Samples{5}), Pushed::taken);
  EXPECT_THAT(audio.next(), ElementsAre(1));
  EXPECT_THAT(audio.next(), ElementsAre(2));
  EXPECT_THAT(audio.next(), ElementsAre(5));
}

TEST(AudioQueue, FinishedItGivesTheRestAndIsAtItsEnd) {
  AudioQueue audio(2, 10);
  EXPECT_EQ(audio.push(Samples{1}), Pushed::taken);
  EXPECT_TRUE(audio.finish());
  EXPECT_FALSE(audio.finish());
  EXPECT_EQ(audio.push(Samples{2}), Pushed::over);
  EXPECT_TRUE(audio.is_due());
  EXPECT_FALSE(audio.is_at_end());
  EXPECT_THAT(audio.next(), ElementsAre(1));
  EXPECT_TRUE(audio.is_at_end());
}

TEST(AudioQueue, ClosedItHasNothingAndTakesNothing) {
  AudioQueue audio(1, 10);
  EXPECT_EQ(audio.push(Samples{1}), Pushed::taken);
  audio.close();
  EXPECT_TRUE(audio.is_closed());
  EXPECT_FALSE(audio.is_due());
  EXPECT_FALSE(audio.finish());
  EXPECT_EQ(audio.push(Samples{2}), Pushed::over);
  EXPECT_THAT(audio.next(), ElementsAre());
}

TEST(AudioQueue, KnowsHowMuchItHasGiven) {
  AudioQueue audio(1600, 16'000);
  EXPECT_EQ(audio.push(Samples(1616)), Pushed::taken);
  EXPECT_EQ(audio.given(), milliseconds{0});
  (void)audio.next();
  EXPECT_EQ(audio.given(), milliseconds{100});
  (void)audio.next();
  EXPECT_EQ(audio.given(), milliseconds{101});
}

}  // namespace
}  // namespace sotto::providers::embedded
