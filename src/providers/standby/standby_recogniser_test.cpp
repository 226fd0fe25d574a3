#include "providers/standby/standby_recogniser.hpp"

#include "providers/standby/kept_sound.hpp"
#include "tests/contract/recogniser_contract.hpp"
#include "tests/support/encoded_speech.hpp"
#include "tests/support/played_standby.hpp"

namespace sotto::contract {

using sotto::testing::encoded_recogniser;
using sotto::testing::failing_calls;

RecogniserSubject standby_subject(std::size_t first_fails_at) {
  using providers::standby::StandbyRecogniser;
  sotto::testing::EncodedSpeech speech;
  speech.quiet(milliseconds{500}).words(0, 4).quiet(milliseconds{700}).words(10, 12);
  return {.recogniser = std::make_unique<StandbyRecogniser>(
              encoded_recogniser(failing_calls(first_fails_at, SIZE_MAX)), encoded_recogniser()),
          .language = Language{"en"},
          .speech = speech.samples,
          .failing =
              std::make_unique<StandbyRecogniser>(encoded_recogniser(failing_calls(1, SIZE_MAX)),
                                                  encoded_recogniser(failing_calls(1, SIZE_MAX)))};
}

INSTANTIATE_TEST_SUITE_P(Standby, RecogniserContract,
                         ::testing::Values([] { return standby_subject(SIZE_MAX); },
                                           [] { return standby_subject(1); }),
                         [](const auto& test) {
                           return test.index == 0 ? "NotNeeded" : "FromTheFirstCallOn";
                         });

}  // namespace sotto::contract

namespace sotto::providers::standby {
namespace {

TEST_F(StandbyTest, TakesOverWhereTheFirstDoesNotOpen) {
  first_->refuses = ErrorCode::unavailable;
  const auto stream = open();
  ASSERT_TRUE(stream);
  EXPECT_EQ(takeovers_, std::vector<std::string>{"it does not open"});
  EXPECT_EQ(stream->push(sound(0, 300)), ports::Pushed::taken);
  EXPECT_EQ(second_->taken, sound(0, 300));
}

TEST_F(StandbyTest, DoesNotWhereTheFirstHasNoRoomOrNotTheLanguage) {
  for (const ErrorCode code : {ErrorCode::resource_exhausted, ErrorCode::not_found}) {
    first_->refuses = code;
    const auto stream = standby_->open(english, recording_.sink());
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().code, code);
  }
  first_->refuses = ErrorCode::unavailable;
  second_->refuses = ErrorCode::resource_exhausted;
  const auto neither = standby_->open(english, recording_.sink());
  ASSERT_FALSE(neither);
  EXPECT_EQ(neither.error().code, ErrorCode::unavailable) << "the first's";
  EXPECT_TRUE(takeovers_.empty());
  EXPECT_EQ(recording_.calls(), 0u);
}

TEST_F(StandbyTest, TheSecondHearsWhatHasNoFinal) {
  const auto stream = open();
  EXPECT_EQ(stream->push(sound(0, 3000)), ports::Pushed::taken);
  first_->say("one", 100, 1400, false, 1200);
  EXPECT_EQ(stream->push(sound(3000, 3500)), ports::Pushed::taken);
  first_->fail_stream();
  EXPECT_EQ(second_->taken, sound(1200, 3500));
  EXPECT_EQ(stream->push(sound(3500, 3600)), ports::Pushed::taken);
  second_->say("two", 300, 900, true, 800);
  second_->say("two", 300, 900, false, 800);
  const auto events = recording_.events();
  ASSERT_EQ(events.size(), 2u) << "finals alone";
  EXPECT_EQ(events[1][0].id, "standby-two");
  EXPECT_EQ(events[1][0].start, at_ms(1500));
  EXPECT_EQ(events[1][0].end, at_ms(2100));
  EXPECT_EQ(events[1][0].items[0].end, at_ms(2000));
  EXPECT_EQ(stream->recognised(), milliseconds{3600});
  EXPECT_EQ(takeovers_, std::vector<std::string>{"it broke"});
  EXPECT_TRUE(recording_.ends().empty());
}

TEST_F(StandbyTest, AnOpenResultIsHeardFromItsBeginning) {
  const auto stream = open();
  EXPECT_EQ(stream->push(sound(0, 5000)), ports::Pushed::taken);
  // The final of a split reaches further than its words; what was cut off has begun before.
  first_->say("one", 100, 3000, true, 2900);
  first_->say("one", 100, 3000, false, 2500);
  first_->say("two", 2600, 4000, true, 3900);
  first_->reach(4900);
  first_->fail_stream();
  EXPECT_EQ(second_->taken, sound(2600, 5000));
}

TEST_F(StandbyTest, OfQuietALittleIsKept) {
  const auto stream = open();
  EXPECT_EQ(stream->push(sound(0, 20'000)), ports::Pushed::taken);
  first_->reach(19'000);
  first_->fail_stream();
  ASSERT_FALSE(second_->taken.empty());
  EXPECT_GE(second_->taken.front(), 15'000);
  EXPECT_LE(second_->taken.front(), 18'500);
  EXPECT_EQ(second_->taken.back(), 19'999);
}

TEST_F(StandbyTest, BetweenTheTwoThereIsNoRoom) {
  const auto stream = open();
  EXPECT_EQ(stream->push(sound(0, 500)), ports::Pushed::taken);
  first_->over = true;  // it has failed, and has not said so yet
  EXPECT_EQ(stream->push(sound(500, 600)), ports::Pushed::full);
  first_->fail_stream();
  EXPECT_EQ(stream->push(sound(500, 600)), ports::Pushed::taken);
  EXPECT_EQ(second_->taken, sound(0, 600));
}

TEST_F(StandbyTest, TheSecondIsFedAsItHasRoom) {
  const auto stream = open();
  EXPECT_EQ(stream->push(sound(0, 1000)), ports::Pushed::taken);
  second_->room = 400 * 16;
  first_->fail_stream();
  EXPECT_EQ(second_->taken, sound(0, 400));
  EXPECT_EQ(stream->push(sound(1000, 1100)), ports::Pushed::full);
  stream->finish();
  EXPECT_EQ(second_->finished, 0) << "before it has heard all";
  second_->room = SIZE_MAX;
  second_->reach(400);
  EXPECT_EQ(second_->taken, sound(0, 1000));
  EXPECT_EQ(second_->finished, 1);
  EXPECT_EQ(stream->push(sound(1000, 1100)), ports::Pushed::over);
  second_->sink.on_end({});
  ASSERT_EQ(recording_.ends().size(), 1u);
  EXPECT_TRUE(recording_.ends()[0]);
}

TEST_F(StandbyTest, FinishMayComeBeforeDuringAndAfter) {
  const auto stream = open();
  EXPECT_EQ(stream->push(sound(0, 1000)), ports::Pushed::taken);
  stream->finish();
  EXPECT_EQ(first_->finished, 1);
  first_->fail_stream();
  EXPECT_EQ(second_->taken, sound(0, 1000));
  EXPECT_EQ(second_->finished, 1);
  stream->finish();
  second_->sink.on_end({});
  stream->finish();
  ASSERT_EQ(recording_.ends().size(), 1u);
  EXPECT_TRUE(recording_.ends()[0]);
}

TEST_F(StandbyTest, EndsWithTheFirstsReasonWhereTheSecondDoesNotOpen) {
  const auto stream = open();
  second_->refuses = ErrorCode::unavailable;
  first_->fail_stream();
  ASSERT_EQ(recording_.ends().size(), 1u);
  EXPECT_EQ(recording_.ends()[0].error().message, "it broke");
  EXPECT_EQ(stream->push(sound(0, 100)), ports::Pushed::over);
  stream->finish();
  EXPECT_TRUE(takeovers_.empty());
}

TEST_F(StandbyTest, EndsWithTheSecondsReasonWhereThatFailsToo) {
  const auto stream = open();
  EXPECT_EQ(stream->push(sound(0, 1000)), ports::Pushed::taken);
  second_->room = 400 * 16;
  first_->fail_stream();
  second_->over = true;
  second_->sink.on_end(fail(ErrorCode::unavailable, "it broke as well"));
  ASSERT_EQ(recording_.ends().size(), 1u);
  EXPECT_EQ(recording_.ends()[0].error().message, "it broke as well");
  EXPECT_EQ(stream->push(sound(0, 100)), ports::Pushed::over) << "though sound still waits";
}

TEST_F(StandbyTest, ClosesWhatItOpened) {
  for (const bool fails : {false, true}) {
    auto stream = open();
    if (fails) first_->fail_stream();
    stream.reset();
  }
  EXPECT_EQ(first_->opened, 2);
  EXPECT_EQ(first_->closed, 2);
  EXPECT_EQ(second_->closed, 1);
}

// A talk that the second has taken over at 20 s, all of which it hears.
class ReturnTest : public StandbyTest {
 protected:
  ReturnTest() : stream_(open()) {
    push(0, 20'000);
    first_->say("one", 100, 19'000, false, 18'000);
    first_->fail_stream();
  }

  void push(int from, int to) {
    for (int at = from; at < to; at += 1000)
      EXPECT_EQ(stream_->push(sound(at, std::min(at + 1000, to))), ports::Pushed::taken) << at;
  }

  // The second's final in the talk of which its sound begins at `begins`.
  void second_says(const char* id, int start, int end, int begins = 18'000) {
    second_->say(id, start - begins, end - begins, false, end - begins);
  }

  std::unique_ptr<ports::RecogniserStream> stream_;
};

TEST_F(ReturnTest, ComesWithTheFirstFinalAfterThePause) {
  push(20'000, 36'000);
  second_says("a", 18'100, 34'999);
  EXPECT_EQ(first_->opened, 1) << "the pause ends at 35 s";
  second_->say("b", 17'000, 17'900, true, 17'800);
  EXPECT_EQ(first_->opened, 1) << "within an utterance";
  second_says("b", 35'000, 35'900);
  EXPECT_EQ(first_->opened, 2);
  EXPECT_EQ(first_->taken, sound(35'900, 36'000));
  EXPECT_EQ(second_->finished, 1);
  EXPECT_EQ(returns_, 1);
  push(36'000, 38'000);
  EXPECT_EQ(first_->taken, sound(35'900, 38'000));
  EXPECT_EQ(recording_.events().size(), 3u);

  second_says("c", 36'000, 37'000);  // is listened to no more
  second_->reach(20'000);
  second_->sink.on_end({});
  EXPECT_EQ(recording_.events().size(), 3u);
  EXPECT_TRUE(recording_.ends().empty());

  first_->say("one", 200, 900, true, 800);
  first_->say("one", 200, 1000, false, 950);
  const auto events = recording_.events();
  ASSERT_EQ(events.size(), 5u);
  EXPECT_TRUE(events[3][0].is_partial);
  EXPECT_EQ(events[3][0].id, "again-1-one");
  EXPECT_EQ(events[4][0].id, "again-1-one");
  EXPECT_EQ(events[4][0].start, at_ms(36'100));
  EXPECT_EQ(events[4][0].end, at_ms(36'900));
  EXPECT_EQ(events[4][0].items[0].end, at_ms(36'850));
  first_->reach(1'200);
  EXPECT_EQ(recording_.progress().back(), milliseconds{37'100});
  EXPECT_EQ(stream_->recognised(), milliseconds{38'000});
  stream_->finish();
  EXPECT_EQ(first_->finished, 1);
  first_->sink.on_end({});
  ASSERT_EQ(recording_.ends().size(), 1u);
  EXPECT_TRUE(recording_.ends()[0]);
}

TEST_F(ReturnTest, WhatIsOpenIsSaidFirst) {
  push(20'000, 38'000);
  second_->say("b", 18'000, 19'000, true, 19'000);
  second_says("a", 35'000, 36'000);
  EXPECT_EQ(first_->opened, 1);
  second_says("b", 36'000, 37'000);
  EXPECT_EQ(first_->opened, 2);
}

TEST_F(ReturnTest, EachFurtherFailureDoublesThePauseUpToTheLongest) {
  int now = 20'000, begins = 18'000;
  std::vector<int> pauses;
  for (int failure = 1; failure <= 7; ++failure) {
    const int failed = now;
    for (const int returned = returns_; returns_ == returned; now += 1000) {
      ASSERT_LT(now, 2'000'000);
      push(now, now + 1000);
      const std::string id = std::to_string(now);
      second_says(id.c_str(), now + 100, now + 1000, begins);
    }
    pauses.push_back((now - failed) / 1000);
    begins = now;  // all has been said
    first_->fail_stream();
  }
  EXPECT_EQ(pauses, (std::vector<int>{15, 30, 60, 120, 240, 240, 240}));
  EXPECT_EQ(takeovers_.size(), 8u);
  EXPECT_LE(first_->opened - first_->closed, 1) << "streams that were left pile up";
  EXPECT_LE(second_->opened - second_->closed, 2);
  std::set<std::string> ids;
  for (const auto& event : recording_.events()) EXPECT_TRUE(ids.emplace(event[0].id).second);
}

TEST_F(ReturnTest, WhatEndsAtOnceOrDoesNotOpenIsTriedAgainLater) {
  push(20'000, 70'000);
  for (const bool opens : {false, true}) {
    opens ? first_->ends_at_once = ErrorCode::internal : first_->refuses = ErrorCode::unavailable;
    const int at = opens ? 50'500 : 35'500;
    second_says(opens ? "c" : "a", at - 500, at);
    first_->ends_at_once = first_->refuses = std::nullopt;
    EXPECT_EQ(returns_, 0);
    EXPECT_EQ(second_->finished, 0);
    EXPECT_TRUE(recording_.ends().empty());
    second_says(opens ? "d" : "b", at + 1000, at + 14'000);  // not yet
    EXPECT_EQ(returns_, 0);
  }
  second_says("e", 65'000, 65'500);
  EXPECT_EQ(returns_, 1);
  EXPECT_EQ(first_->taken, sound(65'500, 70'000));
  EXPECT_EQ(takeovers_.size(), 1u);
}

TEST_F(ReturnTest, DuringTheChangeThereIsNoRoomAndFinishMayCome) {
  push(20'000, 40'000);
  first_->on_open = [&] {
    EXPECT_EQ(stream_->push(sound(40'000, 40'100)), ports::Pushed::full);
    EXPECT_EQ(stream_->recognised(), milliseconds{40'000});
    stream_->finish();
    EXPECT_EQ(stream_->push(sound(40'000, 40'100)), ports::Pushed::over);
  };
  second_says("a", 35'000, 36'000);
  EXPECT_EQ(first_->taken, sound(36'000, 40'000));
  EXPECT_EQ(first_->finished, 1);
  second_->sink.on_end({});
  EXPECT_TRUE(recording_.ends().empty());
  first_->sink.on_end({});
  ASSERT_EQ(recording_.ends().size(), 1u);
  EXPECT_TRUE(recording_.ends()[0]);
}

TEST_F(ReturnTest, FinishDuringAChangeThatFailsFinishesTheSecond) {
  push(20'000, 40'000);
  first_->refuses = ErrorCode::resource_exhausted;
  first_->on_open = [&] { stream_->finish(); };
  second_says("a", 35'000, 36'000);
  EXPECT_EQ(second_->finished, 1);
  second_says("b", 36'000, 37'000);
  second_->sink.on_end({});
  EXPECT_EQ(recording_.events().size(), 3u);
  ASSERT_EQ(recording_.ends().size(), 1u);
  EXPECT_TRUE(recording_.ends()[0]);
}

TEST_F(ReturnTest, AfterFinishTheSecondGoesOnToTheEnd) {
  push(20'000, 40'000);
  stream_->finish();
  second_says("a", 35'000, 36'000);
  EXPECT_EQ(first_->opened, 1);
  EXPECT_EQ(second_->finished, 1);
}

TEST_F(ReturnTest, TheFirstIsFedAsItHasRoom) {
  push(20'000, 40'000);
  first_->room = 400 * 16;
  second_says("a", 35'000, 36'000);
  EXPECT_EQ(first_->taken, sound(36'000, 36'400));
  EXPECT_EQ(stream_->push(sound(40'000, 40'100)), ports::Pushed::full);
  first_->fail_stream();
  EXPECT_EQ(second_->taken, sound(36'000, 40'000)) << "what waited is heard by the second";
}

TEST(KeptSound, IsBoundedAndKnowsWhereItBegins) {
  KeptSound kept;
  const std::vector<std::int16_t> odd(1'000'003, 7);
  kept.append(odd);
  kept.append(odd);
  EXPECT_EQ(kept.begins(), milliseconds{(2 * 1'000'003 - 90'000 * 16 + 15) / 16});
  EXPECT_EQ(kept.all().size(),
            2 * 1'000'003 - static_cast<std::size_t>(milliseconds{125'001 - 90'000}.count()) * 16);
  kept.append(std::vector<std::int16_t>(160, 1));
  kept.forget_before(milliseconds{-5});
  kept.forget_before(milliseconds{1'000'000});
  EXPECT_TRUE(kept.all().empty());
}

}  // namespace
}  // namespace sotto::providers::standby
