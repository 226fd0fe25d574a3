#include "pipeline/captions/caption_track.hpp"

#include <deque>

namespace sotto::pipeline {
namespace {

struct Reader : Listener {
  void on_caption(const SharedCaption& caption) override { take(*caption, ""); }
  void on_backlog(const SharedCaption& caption) override { take(*caption, "missed "); }
  void on_state(SessionState) override {}

  void take(const Caption& caption, const std::string& how) {
    seen.push_back((caption.final ? how : "~") + whole_text(caption.segment));
    if (!caption.final) return;
    EXPECT_GE(caption.segment.seq, last) << "finals come in the order of their numbers";
    last = caption.segment.seq;
  }

  std::vector<std::string> seen;
  std::uint64_t last = 0;
};

Segment segment(std::uint64_t seq, std::uint32_t id, std::string text) {
  return {seq, SegmentId{id}, std::move(text), {}, {}, {}};
}

Caption said(std::uint64_t seq, std::uint32_t id, std::string text, bool final,
             std::size_t reuse_bytes = 0) {
  Caption source;
  source.reuse_bytes = reuse_bytes;
  source.segment = segment(seq, id, std::move(text));
  source.final = final;
  return source;
}

// Translations that the test answers.
class CaptionTrackTest : public ::testing::Test {
 protected:
  std::shared_ptr<Reader> join(std::vector<Segment> backlog = {}) {
    auto reader = std::make_shared<Reader>();
    track.add(reader, backlog);
    return reader;
  }
  void open(std::uint32_t id, std::string text) {
    track.show(said(0, id, std::move(text), false), true);
  }
  void settle(std::uint64_t seq, std::uint32_t id, std::string text) {
    track.settle(said(seq, id, std::move(text), true));
  }
  // Answers the one translation under way; what it was of.
  std::string answer() {
    EXPECT_EQ(asked.size(), 1u) << "one at a time";
    auto [text, done] = std::move(asked.front());
    asked.pop_front();
    done("es " + text);
    return text;
  }
  std::vector<std::string> answer_all() {
    std::vector<std::string> order;
    while (!asked.empty()) order.push_back(answer());
    return order;
  }

  std::deque<std::pair<std::string, std::function<void(Result<std::string>)>>> asked;
  std::vector<bool> catching_up;  // of what was sent
  std::string made;               // in parts
  CaptionTrack track{
      Language{"es"},
      [this](const std::string& text, SegmentId, auto done) { asked.emplace_back(text, done); },
      [this](const Caption&, const std::string&, bool late) { catching_up.push_back(late); },
      [this](const std::string& source, const std::string& text, bool) {
        made = source + " = " + text;
      }};
};

const std::vector<Segment> history = {segment(1, 1, "one"), segment(2, 2, "two"),
                                      segment(3, 3, "three"), segment(4, 4, "four")};

TEST_F(CaptionTrackTest, WhoComesLateDelaysWhatIsSaidNowByOneSegmentAtTheMost) {
  const auto first = join();
  const auto late = join(history);
  open(5, "fi");
  settle(5, 5, "five");
  settle(6, 6, "six");
  EXPECT_EQ(answer_all(), (std::vector<std::string>{"one", "five", "two", "six", "three", "four"}));
  EXPECT_EQ(first->seen, (std::vector<std::string>{"es five", "es six"}));
  EXPECT_EQ(late->seen,
            (std::vector<std::string>{"missed es one", "missed es two", "missed es three",
                                      "missed es four", "missed es five", "missed es six"}));
  EXPECT_EQ(catching_up, (std::vector<bool>{true, false, true, false, true, true}));
  EXPECT_TRUE(track.idle());
}

TEST_F(CaptionTrackTest, WhoCatchesUpSeesWhatIsBeingSaid) {
  const auto late = join(history);
  open(5, "fi");
  answer();
  answer();
  EXPECT_EQ(late->seen, (std::vector<std::string>{"missed es one", "~es fi"}));
}

TEST_F(CaptionTrackTest, WhatSeveralHaveMissedIsTranslatedOnce) {
  const auto one = join(history), other = join({history.begin() + 2, history.end()});
  EXPECT_EQ(answer_all(), (std::vector<std::string>{"one", "two", "three", "four"}));
  EXPECT_EQ(one->seen.size(), 4u);
  EXPECT_EQ(other->seen, (std::vector<std::string>{"missed es three", "missed es four"}));
  const auto third = join(history);
  EXPECT_TRUE(asked.empty()) << "all is known";
  EXPECT_EQ(third->seen, one->seen);
}

TEST_F(CaptionTrackTest, AMissedSegmentThatIsCorrectedMeanwhileIsSentOnceAsItReadsNow) {
  const auto late = join(history);
  settle(5, 3, "three and a half");
  EXPECT_EQ(answer_all(), (std::vector<std::string>{"one", "three and a half", "two", "four"}));
  EXPECT_EQ(late->seen.back(), "missed es three and a half");
  EXPECT_EQ(std::count(late->seen.begin(), late->seen.end(), "missed es three"), 0);
}

TEST_F(CaptionTrackTest, ACorrectionOfWhatIsKnownComesAfterWhatIsMissedBeforeIt) {
  const auto early = join();
  settle(1, 1, "one");
  settle(2, 2, "two");
  answer_all();
  // Segment 1 was corrected last: it has the highest number.
  const auto late = join({segment(9, 1, "one!"), segment(2, 2, "two"), segment(8, 3, "three")});
  answer_all();
  EXPECT_EQ(late->seen,
            (std::vector<std::string>{"missed es two", "missed es three", "missed es one!"}));
}

TEST_F(CaptionTrackTest, WhatIsBeingTranslatedOrWaitsWhenSomebodyJoinsComesOnce) {
  const auto first = join();
  settle(1, 1, "one");  // under way
  settle(2, 2, "two");  // waits
  const auto late = join({segment(1, 1, "one"), segment(2, 2, "two")});
  EXPECT_EQ(answer_all(), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(late->seen, (std::vector<std::string>{"es one", "es two"}));
  EXPECT_EQ(first->seen, late->seen);
}

TEST_F(CaptionTrackTest, WhoJoinsWhileAMissedSegmentIsTranslatedNeedsNoOther) {
  const auto one = join(history), other = join(history);
  EXPECT_EQ(answer_all().size(), history.size());
  EXPECT_EQ(one->seen.size(), history.size());
  EXPECT_EQ(other->seen, one->seen);
}

// Whoever returns says the highest number it has: what is below must have come.
TEST_F(CaptionTrackTest, WhatIsKnownWaitsForALowerNumberThatIsStillToBeSaid) {
  const auto first = join();
  settle(3, 3, "three");
  EXPECT_EQ(answer(), "three");
  first->last = 0;      // it is not about whoever was there before
  settle(2, 2, "two");  // under way
  const auto late = join({segment(2, 2, "two"), segment(3, 3, "three")});
  EXPECT_TRUE(late->seen.empty());
  answer_all();
  EXPECT_EQ(late->seen, (std::vector<std::string>{"missed es two", "missed es three"}));
}

TEST_F(CaptionTrackTest, WithTheLastListenerWhatIsMissedIsDropped) {
  const auto late = join(history);
  track.remove(late.get());
  answer();
  EXPECT_TRUE(asked.empty());
  EXPECT_TRUE(track.idle());
  EXPECT_TRUE(late->seen.empty());
}

TEST_F(CaptionTrackTest, OnlyNewWordsAreTranslatedWhereTheRestIsToStay) {
  const auto reader = join();
  open(1, "the house");
  EXPECT_EQ(answer(), "the house");
  track.show(said(0, 1, "the house is big", false, 9), true);
  EXPECT_EQ(answer(), "is big");
  track.settle(said(1, 1, "the house is big.", true, 17));
  EXPECT_TRUE(asked.empty()) << "its words are known";
  track.settle(said(2, 1, "The house is big.", true, 0));
  EXPECT_EQ(answer(), "The house is big.") << "whole, where nothing is to stay";
  EXPECT_EQ(reader->seen,
            (std::vector<std::string>{"~es the house", "~es the house es is big",
                                      "es the house es is big.", "es The house is big."}));
}

TEST_F(CaptionTrackTest, WhoKnowsNoPartsTranslatesTheWhole) {
  open(1, "the house");
  const auto reader = join();
  track.show(said(0, 1, "the house is big", false, 9), true);
  EXPECT_EQ(answer(), "the house is big");
}

TEST_F(CaptionTrackTest, APartThatWasPassedOverIsTranslatedWithTheNext) {
  const auto reader = join();
  open(1, "the house");
  track.show(said(0, 1, "the house is", false, 9), true);
  track.show(said(0, 1, "the house is big", false, 12), true);
  EXPECT_EQ(answer_all(), (std::vector<std::string>{"the house", "is big"}));
}

TEST_F(CaptionTrackTest, ATranslationInPartsIsToldOnceItHasSettled) {
  const auto reader = join();
  open(1, "the house");
  answer();
  track.settle(said(1, 1, "the house is big", true, 9));
  EXPECT_TRUE(made.empty());
  EXPECT_EQ(answer(), "is big");
  EXPECT_EQ(made, "the house is big = es the house es is big");
  ASSERT_TRUE(track.settled(SegmentId{1}));
  EXPECT_EQ(track.settled(SegmentId{1})->segment.text, "es the house es is big");
}

}  // namespace
}  // namespace sotto::pipeline
