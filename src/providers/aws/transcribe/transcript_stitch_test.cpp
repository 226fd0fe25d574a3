#include "providers/aws/transcribe/transcript_stitch.hpp"

namespace sotto::providers::aws {
namespace {

using transcript::Event;

Event result(const std::string& id, int start, int end, bool is_partial,
             const std::string& word = "word") {
  Event event;
  event.begin_result({id, {}, word, at_ms(start), at_ms(end), is_partial});
  event.add_item({.content = word, .start = at_ms(start), .end = at_ms(end)});
  return event;
}

class Stitch : public ::testing::Test {
 protected:
  void connect(int base, int sent = 60'000) {
    stitch_.begin_connection(at_ms(base));
    stitch_.sent(milliseconds{sent});
  }
  TranscriptStitch stitch_;
};

TEST_F(Stitch, TimesOfALaterConnectionBecomeTheTalks) {
  connect(0);
  EXPECT_EQ(stitch_.take(result("a", 1'000, 4'000, false))[0].end, at_ms(4'000));
  EXPECT_EQ(stitch_.acknowledged(), at_ms(4'000));
  connect(4'000);
  const Event later = stitch_.take(result("b", 500, 1'500, true));
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].start, at_ms(4'500));
  EXPECT_EQ(later[0].end, at_ms(5'500));
  EXPECT_EQ(later[0].items[0].start, at_ms(4'500));
}

TEST_F(Stitch, WhatWasSaidBeforeIsDropped) {
  connect(0);
  stitch_.take(result("a", 0, 4'000, false));
  stitch_.take(result("b", 4'000, 9'000, true));
  connect(2'000);
  EXPECT_TRUE(stitch_.take(result("x", 0, 2'000, false)).empty());      // the final again
  EXPECT_TRUE(stitch_.take(result("y", 2'000, 5'000, true)).empty());   // not as far as before
  EXPECT_EQ(stitch_.take(result("y", 2'000, 7'000, true)).size(), 1u);  // just as far
}

TEST_F(Stitch, AnOpenHypothesisKeepsItsIdAndStart) {
  connect(0);
  stitch_.take(result("a", 1'000, 3'000, true));
  connect(0);
  const Event again = stitch_.take(result("x", 1'100, 3'500, true));
  EXPECT_EQ(again[0].id, "a");
  EXPECT_EQ(again[0].start, at_ms(1'000));
  const Event final = stitch_.take(result("x", 1'100, 4'000, false));
  EXPECT_EQ(final[0].id, "a");
  EXPECT_FALSE(stitch_.is_open());
  EXPECT_EQ(stitch_.take(result("y", 5'000, 6'000, true))[0].id, "y/2");
}

TEST_F(Stitch, WhatIsSaidLaterIsNotTheOpenHypothesis) {
  connect(0);
  stitch_.take(result("a", 1'000, 3'000, true));
  connect(0);
  const Event other = stitch_.take(result("x", 20'000, 21'000, true));
  EXPECT_EQ(other[0].id, "x/2");
  EXPECT_EQ(other[0].start, at_ms(20'000));
}

TEST_F(Stitch, SilenceThatWasAddedTakesNoTime) {
  connect(0, 10'000);
  stitch_.sent_silence(milliseconds{100});
  stitch_.sent_silence(milliseconds{100});
  stitch_.sent(milliseconds{1'000});
  stitch_.sent_silence(milliseconds{100});
  stitch_.sent(milliseconds{1'000});
  EXPECT_EQ(stitch_.sent_to(), at_ms(12'000));
  const Event across = stitch_.take(result("a", 10'150, 12'300, true));
  EXPECT_EQ(across[0].start, at_ms(10'000));
  EXPECT_EQ(across[0].end, at_ms(12'000));
}

TEST_F(Stitch, NothingReachesBeyondWhatWasSent) {
  connect(0, 1'000);
  EXPECT_EQ(stitch_.take(result("a", 0, 5'000, true))[0].end, at_ms(1'000));
}

}  // namespace
}  // namespace sotto::providers::aws
