// A translator that hangs while somebody talks, and the source text that stands in meanwhile.
#include "pipeline/captions/stand_in.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "pipeline/captions/caption_track.hpp"

namespace sotto::pipeline {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Reader : Listener {
  void on_caption(const SharedCaption& caption) override {
    seen.push_back((caption->final ? "" : "~") + whole_text(caption->segment) +
                   (caption->translated ? "" : " (source)"));
    newest = *caption;
  }
  void on_state(SessionState) override {}
  std::vector<std::string> take() { return std::exchange(seen, {}); }

  std::vector<std::string> seen;
  Caption newest;
};

// A translator that the test plays, and whatever would settle again does.
struct Hall {
  explicit Hall(std::string name) : language(std::move(name)) { track.add(reader, {}); }

  void open(std::uint32_t id, const std::string& text, bool worth_translating = true) {
    Caption source;
    source.segment = {seq, SegmentId{id}, text, " perhaps", {}, {}};
    track.show(source, worth_translating);
  }
  void settle(std::uint32_t id, const std::string& text) {
    Caption source;
    source.segment = {++seq, SegmentId{id}, text, {}, {}, {}};
    source.final = true;
    track.settle(source);
  }
  void answer() {
    auto [text, done] = take();
    done(language.str() + " " + text);
  }
  void answer_all() {
    while (!asked.empty()) answer();
    while (!again.empty()) {
      Caption source = std::move(again.front());
      again.pop_front();
      source.segment.seq = ++seq;
      track.settle(source);
    }
  }
  void refuse() { take().second(fail(ErrorCode::unavailable, "it is down")); }
  std::pair<std::string, std::function<void(Result<std::string>)>> take() {
    EXPECT_EQ(asked.size(), 1u) << "one at a time";
    auto one = std::move(asked.front());
    asked.pop_front();
    return one;
  }
  // Its alarm rings as often as it asks for, and asks for no time that is past.
  void pass(milliseconds time) {
    const SessionTime to = now + time;
    for (auto at = track.next_tick(); at && *at <= to; at = track.next_tick()) {
      now = std::max(now, *at);
      track.tick(now);
      const auto next = track.next_tick();
      ASSERT_TRUE(!next || *next > now) << "an alarm without an end";
    }
    now = to;
  }

  const Language language;
  SessionTime now = at_ms(1'000);
  std::uint64_t seq = 0;
  std::size_t counted = 0;
  std::deque<Caption> again;
  std::deque<std::pair<std::string, std::function<void(Result<std::string>)>>> asked;
  std::shared_ptr<Reader> reader = std::make_shared<Reader>();
  CaptionTrack track{
      language,
      [this](const std::string& text, SegmentId, auto done) { asked.emplace_back(text, done); },
      [this](const Caption&, const std::string&, bool) { ++counted; },
      {},
      CaptionTrack::Repair{[this] { return now; },
                           [this](const Caption& source) { again.push_back(source); }}};
};

TEST(StandIn, OfATranslatorThatHangsFromTheStartTheSourceIsSeenInThreeSeconds) {
  Hall hall("es");
  hall.open(1, "good");
  hall.pass(StandIn::patience - milliseconds{1});
  EXPECT_THAT(hall.reader->take(), IsEmpty());
  hall.open(1, "good morning");
  hall.pass(milliseconds{1});
  EXPECT_THAT(hall.reader->take(), ElementsAre("~good morning perhaps (source)"));
  EXPECT_EQ(hall.reader->newest.segment.provisional, " perhaps");
  EXPECT_EQ(hall.reader->newest.source, "good morning perhaps");
  EXPECT_EQ(hall.reader->newest.language, Language{"es"});
  hall.open(1, "good morning all", false);
  EXPECT_THAT(hall.reader->take(), ElementsAre("~good morning all perhaps (source)"))
      << "each word as it comes";
  EXPECT_EQ(hall.counted, 0u) << "that is no translation's latency";
}

TEST(StandIn, TheNextSegmentIsShownAtOnceAndAllAreCorrectedInOrder) {
  Hall hall("es");
  hall.open(1, "one");
  hall.pass(StandIn::patience);
  hall.settle(1, "one.");
  hall.open(2, "two");
  EXPECT_THAT(hall.reader->take(), ElementsAre("~one perhaps (source)", "~two perhaps (source)"));
  hall.pass(CaptionTrack::patience);
  EXPECT_THAT(hall.reader->take(), ElementsAre("one. (source)"));
  hall.settle(2, "two.");
  hall.pass(seconds{20});
  EXPECT_THAT(hall.reader->take(), ElementsAre("two. (source)"));
  hall.answer_all();
  EXPECT_THAT(hall.reader->take(), ElementsAre("es one.", "es two."));
  EXPECT_TRUE(hall.track.idle());
  EXPECT_EQ(hall.track.next_tick(), std::nullopt);
}

TEST(StandIn, ATranslationThatIsOldDoesNotReplaceWhatWasSaidSince) {
  Hall hall("es");
  hall.open(1, "one");
  hall.pass(seconds{30});
  hall.open(1, "one two");
  hall.reader->take();
  hall.answer();  // "one", after 30 s
  EXPECT_THAT(hall.reader->take(), IsEmpty());
  hall.answer();
  EXPECT_THAT(hall.reader->take(), ElementsAre("~es one two perhaps"));
  hall.open(1, "one two three");
  EXPECT_THAT(hall.reader->take(), IsEmpty()) << "it is translated again";
  hall.answer();
  EXPECT_THAT(hall.reader->take(), ElementsAre("~es one two three perhaps"));
}

TEST(StandIn, ALateTranslationOfWhatIsStillSaidIsShown) {
  Hall hall("es");
  hall.open(1, "one");
  hall.pass(seconds{30});
  hall.answer();
  EXPECT_THAT(hall.reader->take(), ElementsAre("~one perhaps (source)", "~es one perhaps"));
}

TEST(StandIn, WhatIsTranslatedAlreadyIsNotPutBackUntilMoreIsSaid) {
  Hall hall("es");
  hall.open(1, "one");
  hall.answer();
  hall.pass(seconds{60});
  hall.open(1, "one or", false);  // not worth it yet
  hall.pass(seconds{60});
  EXPECT_THAT(hall.reader->take(), ElementsAre("~es one perhaps"));
  hall.open(1, "one or two");
  hall.pass(StandIn::patience);
  EXPECT_THAT(hall.reader->take(), ElementsAre("~one or two perhaps (source)"))
      << "it hangs in mid-sentence";
}

TEST(StandIn, WhatAnswersErrorsAtOnceIsGivenUpAfterAsLong) {
  Hall hall("es");
  hall.open(1, "one");
  hall.refuse();
  hall.pass(seconds{1});
  hall.open(1, "one two");
  hall.refuse();
  EXPECT_THAT(hall.reader->take(), IsEmpty()) << "it may be over";
  hall.pass(seconds{2});
  EXPECT_THAT(hall.reader->take(), ElementsAre("~one two perhaps (source)"));
  hall.open(1, "one two three");
  EXPECT_THAT(hall.reader->take(), ElementsAre("~one two three perhaps (source)"));
  hall.refuse();
  hall.open(1, "one two three four");
  hall.answer();
  EXPECT_EQ(hall.reader->take().back(), "~es one two three four perhaps");
}

TEST(StandIn, AnErrorLongAgoSaysNothing) {
  Hall hall("es");
  hall.settle(1, "one");
  hall.refuse();
  hall.pass(seconds{4});
  hall.reader->take();
  hall.track.remove(hall.reader.get());  // so that nothing is tried again
  hall.track.add(hall.reader, {});
  hall.pass(seconds{60});
  hall.open(2, "two");
  EXPECT_THAT(hall.reader->take(), IsEmpty());
  hall.answer();
  EXPECT_THAT(hall.reader->take(), ElementsAre("~es two perhaps"));
}

TEST(StandIn, OneLanguageHangsAndTheOtherDoesNot) {
  Hall spanish("es"), catalan("ca");
  for (const std::string text : {"one", "one two", "one two three"}) {
    spanish.open(1, text);
    catalan.open(1, text);
    catalan.answer();
    spanish.pass(seconds{2});
    catalan.pass(seconds{2});
  }
  EXPECT_THAT(catalan.reader->take(),
              ElementsAre("~ca one perhaps", "~ca one two perhaps", "~ca one two three perhaps"));
  EXPECT_THAT(spanish.reader->take(),
              ElementsAre("~one two perhaps (source)", "~one two three perhaps (source)"));
}

TEST(StandIn, WhoJoinsWhileItHangsIsNotKeptFromWhatIsSaidNow) {
  Hall hall("es");
  hall.open(3, "three");
  const auto late = std::make_shared<Reader>();
  hall.seq = 2;
  hall.track.add(late,
                 {{1, SegmentId{1}, "one", {}, {}, {}}, {2, SegmentId{2}, "two", {}, {}, {}}});
  hall.pass(CaptionTrack::patience);
  EXPECT_THAT(late->take(), ElementsAre("~three perhaps (source)", "one (source)", "two (source)"));
  const auto later = std::make_shared<Reader>();
  hall.track.add(later, {{1, SegmentId{1}, "one", {}, {}, {}}});
  EXPECT_THAT(later->take(), ElementsAre("one (source)"));
  hall.settle(3, "three.");
  hall.pass(CaptionTrack::patience);
  EXPECT_THAT(late->take(), ElementsAre("three. (source)"));
  hall.answer_all();
  EXPECT_THAT(late->take(), ElementsAre("es one", "es two", "es three."));
}

TEST(StandIn, WhatIsMissedIsTranslatedHoweverLongAllOfItTakes) {
  Hall hall("es");
  const auto late = std::make_shared<Reader>();
  hall.seq = 2;
  hall.track.add(late,
                 {{1, SegmentId{1}, "one", {}, {}, {}}, {2, SegmentId{2}, "two", {}, {}, {}}});
  hall.pass(seconds{4});
  hall.answer();
  hall.pass(seconds{4});
  hall.answer();
  EXPECT_THAT(late->take(), ElementsAre("es one", "es two"));
}

}  // namespace
}  // namespace sotto::pipeline
