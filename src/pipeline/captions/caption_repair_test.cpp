// Source text that was shown in place of a translation, and its correction.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "pipeline/captions/caption_track.hpp"

namespace sotto::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Reader : Listener {
  void on_caption(const SharedCaption& caption) override {
    seen.push_back(std::to_string(caption->segment.seq) + " " + whole_text(caption->segment) +
                   (caption->translated ? "" : " (source)"));
    if (!caption->final) return;
    EXPECT_GE(caption->segment.seq, last) << "finals come in the order of their numbers";
    last = caption->segment.seq;
  }
  void on_state(SessionState) override {}

  std::vector<std::string> seen;
  std::uint64_t last = 0;
};

// A track, the translator and the session's numbers, played by the test.
class CaptionRepairTest : public ::testing::Test {
 protected:
  void SetUp() override { track.add(reader, {}); }

  void settle(std::uint32_t id, const std::string& text) {
    Caption source;
    source.segment = {++seq, SegmentId{id}, text, {}, {}, {}};
    source.final = true;
    log[id] = source.segment;
    track.settle(source);
  }
  void open(std::uint32_t id, const std::string& text) {
    Caption source;
    source.segment = {seq, SegmentId{id}, text, {}, {}, {}};
    track.show(source, true);
  }
  void answer() { take()("es " + last_asked); }
  void refuse() { take()(fail(ErrorCode::unavailable, "it is down")); }
  // What was to settle again does.
  void post() {
    while (!again.empty()) {
      Caption source = std::move(again.front());
      again.pop_front();
      EXPECT_TRUE(source.again);
      source.segment.seq = ++seq;
      track.settle(source);
    }
  }
  void pass(milliseconds time) {
    now += time;
    if (const auto at = track.next_tick(); at && *at <= now) track.tick(now);
  }
  std::function<void(Result<std::string>)> take() {
    EXPECT_EQ(asked.size(), 1u) << "one at a time";
    auto [text, done] = std::move(asked.front());
    asked.pop_front();
    last_asked = text;
    return done;
  }
  std::vector<std::string> seen() { return std::exchange(reader->seen, {}); }

  SessionTime now = at_ms(1'000);
  std::uint64_t seq = 0;
  std::map<std::uint32_t, Segment> log;
  std::deque<Caption> again;
  std::deque<std::pair<std::string, std::function<void(Result<std::string>)>>> asked;
  std::string last_asked;
  std::vector<bool> catching_up;
  std::shared_ptr<Reader> reader = std::make_shared<Reader>();
  CaptionTrack track{
      Language{"es"},
      [this](const std::string& text, SegmentId, auto done) { asked.emplace_back(text, done); },
      [this](const Caption&, const std::string&, bool late) { catching_up.push_back(late); },
      {},
      CaptionTrack::Repair{[this] { return now; },
                           [this](const Caption& source) { again.push_back(source); }}};
};

TEST_F(CaptionRepairTest, AFailedCaptionIsCorrectedOnceWhenTheTranslatorAnswersAgain) {
  settle(1, "one");
  refuse();
  EXPECT_THAT(seen(), ElementsAre("1 one (source)"));
  settle(2, "two");
  answer();
  answer();  // "one" again
  post();
  EXPECT_THAT(seen(), ElementsAre("2 es two", "3 es one"));
  EXPECT_EQ(catching_up, (std::vector<bool>{false, false, true})) << "a correction is no latency";
  EXPECT_THAT(asked, IsEmpty());
  settle(3, "three");
  answer();
  post();
  EXPECT_THAT(seen(), ElementsAre("4 es three"));
  EXPECT_TRUE(track.idle());
  EXPECT_EQ(track.next_tick(), std::nullopt);
}

TEST_F(CaptionRepairTest, WhereNobodySpeaksItIsTriedAgainLessAndLessOften) {
  settle(1, "one");
  refuse();
  seen();
  EXPECT_EQ(track.next_tick(), now + std::chrono::seconds{5});
  pass(milliseconds{4'999});
  EXPECT_THAT(asked, IsEmpty());
  pass(milliseconds{1});
  refuse();
  EXPECT_THAT(seen(), IsEmpty()) << "what is shown is not shown twice";
  EXPECT_EQ(track.next_tick(), now + std::chrono::seconds{10});
  for (int i = 0; i < 5; ++i) {
    now = *track.next_tick();
    track.tick(now);
    refuse();
  }
  EXPECT_EQ(track.next_tick(), now + std::chrono::seconds{60});
  pass(std::chrono::seconds{60});
  answer();
  post();
  EXPECT_THAT(seen(), ElementsAre("2 es one"));
  EXPECT_EQ(track.next_tick(), std::nullopt);
}

TEST_F(CaptionRepairTest, WhatAloneCannotBeTranslatedHoldsUpNoOtherAndCostsLessAndLess) {
  settle(1, "refused");
  refuse();
  settle(2, "two");
  refuse();
  seen();
  settle(3, "three");
  answer();
  refuse();  // "refused" again
  settle(4, "four");
  answer();
  EXPECT_EQ(asked.size(), 1u);
  answer();
  EXPECT_EQ(last_asked, "two") << "not the one that has just been refused";
  post();
  EXPECT_THAT(seen(), ElementsAre("3 es three", "4 es four", "5 es two"));
  std::size_t tries = 0;
  for (std::uint32_t id = 5; id < 125; ++id) {  // two minutes
    pass(milliseconds{1'000});
    if (!asked.empty()) ++tries, refuse();
    settle(id, "word " + std::to_string(id));
    answer();
    if (!asked.empty()) ++tries, refuse();
  }
  EXPECT_GE(tries, 2u);
  EXPECT_LE(tries, 6u);
}

TEST_F(CaptionRepairTest, ACorrectionIsShownThoughItsTranslationFailedAsItReadBefore) {
  settle(1, "one");
  settle(1, "won");  // while "one" is translated
  refuse();
  answer();
  EXPECT_EQ(last_asked, "won");
  post();
  EXPECT_THAT(seen(), ElementsAre("1 one (source)", "2 es won"));
  EXPECT_TRUE(track.idle());
  EXPECT_EQ(track.next_tick(), std::nullopt);
}

TEST_F(CaptionRepairTest, WhatFailsAsItSettlesAgainIsTriedLater) {
  settle(1, "one");
  Caption source;  // another language has its translation
  source.segment = {++seq, SegmentId{1}, "one", {}, {}, {}};
  source.final = source.again = true;
  refuse();
  track.remove(reader.get());
  track.add(reader, {});  // what it has is asked for no more
  track.settle(source);
  refuse();
  pass(std::chrono::seconds{5});
  answer();
  post();
  EXPECT_THAT(seen(), ElementsAre("1 one (source)", "3 es one"));
}

TEST_F(CaptionRepairTest, WhatWaitsAloneIsTriedWhenItsTimeComes) {
  settle(1, "one");
  refuse();
  settle(2, "two");
  answer();
  refuse();  // "one" again
  settle(3, "three");
  answer();
  EXPECT_THAT(asked, IsEmpty());
  pass(std::chrono::seconds{5});
  answer();
  EXPECT_EQ(last_asked, "one");
}

TEST_F(CaptionRepairTest, WhereTheTranslatorHangsTheSourceIsShownInTimeAndInOrder) {
  settle(1, "one");
  pass(milliseconds{1'000});
  settle(2, "two");
  pass(milliseconds{3'499});
  EXPECT_THAT(seen(), IsEmpty());
  pass(milliseconds{1});
  EXPECT_THAT(seen(), ElementsAre("1 one (source)", "2 two (source)"))
      << "it hangs as long for both";
  answer();  // late, and right
  EXPECT_THAT(seen(), IsEmpty());
  answer();  // "two"
  post();
  EXPECT_THAT(seen(), ElementsAre("3 es one", "4 es two"));
}

TEST_F(CaptionRepairTest, AnOpenSegmentsTranslationThatHangsHoldsUpNoSettledOne) {
  open(1, "o");
  settle(1, "one");
  pass(CaptionTrack::patience);
  EXPECT_THAT(seen(), ElementsAre("1 one (source)"));
  refuse();
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(CaptionRepairTest, ALateFailureChangesNothing) {
  settle(1, "one");
  pass(CaptionTrack::patience);
  seen();
  refuse();
  EXPECT_THAT(seen(), IsEmpty());
  EXPECT_EQ(track.next_tick(), now + std::chrono::seconds{10});
}

TEST_F(CaptionRepairTest, WhatIsCorrectedMeanwhileIsNotPutBack) {
  settle(1, "one");
  pass(CaptionTrack::patience);
  settle(1, "won");  // while "one" is still with the translator
  answer();
  EXPECT_THAT(again, IsEmpty());
  answer();
  post();
  EXPECT_THAT(seen(), ElementsAre("1 one (source)", "2 es won"));
}

TEST_F(CaptionRepairTest, WhatIsCorrectedBeforeItSettlesAgainStaysCorrected) {
  settle(1, "one");
  refuse();
  pass(std::chrono::seconds{5});
  answer();
  settle(1, "won");  // got its number before
  answer();
  post();
  EXPECT_THAT(seen(), ElementsAre("1 one (source)", "2 es won"));
  EXPECT_TRUE(track.idle());
}

TEST_F(CaptionRepairTest, WhatWaitsForARepairHoldsUpWhatIsSaidByOneTranslationAtTheMost) {
  for (std::uint32_t id = 1; id <= 3; ++id) {
    settle(id, "old " + std::to_string(id));
    refuse();
  }
  settle(4, "new 4");
  answer();
  std::vector<std::string> order;
  settle(5, "new 5");
  settle(6, "new 6");
  while (!asked.empty()) {
    answer();
    order.push_back(last_asked);
  }
  EXPECT_THAT(order, ElementsAre("old 1", "new 5", "old 2", "new 6", "old 3"));
}

TEST_F(CaptionRepairTest, WhoJoinsGetsTheSourceAndItsCorrection) {
  settle(1, "one");
  refuse();
  track.remove(reader.get());
  EXPECT_EQ(track.next_tick(), std::nullopt) << "nobody wants it";
  const auto late = std::make_shared<Reader>();
  track.add(late, {log[1]});
  EXPECT_THAT(late->seen, ElementsAre("1 one (source)"));
  pass(std::chrono::seconds{5});
  answer();
  post();
  EXPECT_THAT(late->seen, ElementsAre("1 one (source)", "2 es one"));
}

TEST_F(CaptionRepairTest, WhoJoinsWhileTheTranslatorHangsIsSentWhatWasShown) {
  settle(1, "one");
  pass(CaptionTrack::patience);
  const auto late = std::make_shared<Reader>();
  track.add(late, {log[1]});
  EXPECT_THAT(late->seen, ElementsAre("1 one (source)"));
  answer();
  post();
  EXPECT_EQ(late->seen.back(), "2 es one");
}

TEST_F(CaptionRepairTest, WhatAnotherLanguageRepairsIsSentHereOnlyWhereItWasShownUntranslated) {
  settle(1, "one");
  answer();
  settle(2, "two");
  refuse();
  seen();
  for (const std::uint32_t id : {1u, 2u}) {  // repaired in Catalan
    Caption source;
    source.segment = log[id];
    source.segment.seq = ++seq;
    source.final = source.again = true;
    track.settle(source);
  }
  refuse();  // "two", still
  EXPECT_THAT(seen(), IsEmpty());
  pass(std::chrono::seconds{10});
  answer();
  post();
  EXPECT_THAT(seen(), ElementsAre("5 es two"));
}

TEST_F(CaptionRepairTest, OnlyTheLastOnesAreTriedAgain) {
  for (std::uint32_t id = 1; id <= Untranslated::most + 10; ++id) {
    settle(id, std::to_string(id));
    refuse();
  }
  seen();
  pass(std::chrono::seconds{60});
  while (!asked.empty()) answer();
  post();
  const auto corrected = seen();
  ASSERT_EQ(corrected.size(), Untranslated::most);
  EXPECT_EQ(corrected.front(), std::to_string(Untranslated::most + 11) + " es 11");
}

}  // namespace
}  // namespace sotto::pipeline
