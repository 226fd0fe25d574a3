#include "pipeline/session/timeline.hpp"

#include <gtest/gtest.h>

namespace sotto::pipeline {
namespace {

Segment until(std::uint32_t id, int end) {
  Segment segment;
  segment.id = SegmentId{id};
  segment.end = at_ms(end);
  return segment;
}

TEST(Timeline, GoesOnWhereTheEarlierRunsEnded) {
  const Timeline timeline({until(1, 4'000), until(2, 9'500)});
  EXPECT_EQ(timeline.earlier(), milliseconds{9'500});
  EXPECT_EQ(timeline.placed(at_ms(500)), at_ms(10'000));
  engine::ShowCaption caption;
  caption.segment = SegmentId{1};
  caption.end = at_ms(500);
  EXPECT_EQ(timeline.placed(caption).id, SegmentId{3});
  EXPECT_EQ(timeline.placed(caption).end, at_ms(10'000));
}

TEST(Timeline, WhatWasLostPutsOffWhatFollows) {
  Timeline timeline({});
  timeline.shift(milliseconds{2'000}, 3 * 16'000);
  timeline.shift(milliseconds{4'000}, 16'000);
  timeline.shift(milliseconds{4'000}, 8'000);
  EXPECT_EQ(timeline.placed(at_ms(2'000)), at_ms(2'000)) << "it was said before";
  EXPECT_EQ(timeline.placed(at_ms(2'001)), at_ms(5'001));
  EXPECT_EQ(timeline.placed(at_ms(4'000)), at_ms(7'000));
  EXPECT_EQ(timeline.placed(at_ms(5'000)), at_ms(9'500));
}

TEST(Timeline, SilenceThatNobodyWasSilentForTakesNoTime) {
  Timeline timeline({});
  timeline.shift(milliseconds{3'000}, -16'000);  // from 2 s to 3 s
  EXPECT_EQ(timeline.placed(at_ms(1'900)), at_ms(1'900));
  EXPECT_EQ(timeline.placed(at_ms(2'700)), at_ms(2'000));
  EXPECT_EQ(timeline.placed(at_ms(3'000)), at_ms(2'000));
  EXPECT_EQ(timeline.placed(at_ms(3'500)), at_ms(2'500));
}

}  // namespace
}  // namespace sotto::pipeline
