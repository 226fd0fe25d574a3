#include "providers/standby/standby_recogniser.hpp"

#include "providers/standby/kept_sound.hpp"
#include "tests/contract/recogniser_contract.hpp"
#include "tests/support/encoded_speech.hpp"
#include "tests/support/word_errors.hpp"

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

using contract::RecordingSink;
using testing::encoded_recogniser;
using testing::encoded_text;
using testing::EncodedSpeech;
using testing::failing_calls;

const Language english{"en"};

// A recogniser that the test plays: it takes sound, and says what it is told to.
class Played : public ports::Recogniser {
 public:
  std::vector<Language> languages() const override { return {english}; }
  std::optional<transcript::StabilityCalibration> calibration(const Language&) const override {
    return std::nullopt;
  }
  Result<std::unique_ptr<ports::RecogniserStream>> open(const Language&,
                                                        ports::RecogniserSink to) override {
    if (refuses) return fail(*refuses, "it does not open");
    sink = std::move(to);
    ++opened;
    return std::make_unique<Stream>(*this);
  }

  void say(const char* id, int start, int end, bool is_partial, int last_word_end) {
    transcript::Event event;
    event.begin_result({.id = id,
                        .channel = {},
                        .transcript = id,
                        .start = at_ms(start),
                        .end = at_ms(end),
                        .is_partial = is_partial});
    event.add_item({.content = id, .start = at_ms(start), .end = at_ms(last_word_end)});
    sink.on_event(std::move(event));
  }
  void reach(int place) { sink.on_progress(milliseconds{place}); }
  void fail_stream() {
    over = true;
    sink.on_end(fail(ErrorCode::internal, "it broke"));
  }

  std::optional<ErrorCode> refuses;
  ports::RecogniserSink sink;
  int opened = 0, closed = 0, finished = 0;
  bool over = false;
  std::size_t room = SIZE_MAX;
  std::vector<std::int16_t> taken;

 private:
  struct Stream : ports::RecogniserStream {
    explicit Stream(Played& from) : owner(&from) {}
    ~Stream() override { ++owner->closed; }
    ports::Pushed push(std::span<const std::int16_t> samples) override {
      if (owner->over || owner->finished > 0) return ports::Pushed::over;
      if (owner->taken.size() + samples.size() > owner->room) return ports::Pushed::full;
      owner->taken.insert(owner->taken.end(), samples.begin(), samples.end());
      return ports::Pushed::taken;
    }
    milliseconds recognised() const override { return contract::length_of(owner->taken.size()); }
    void finish() override { ++owner->finished; }
    Played* owner;
  };
};

class StandbyTest : public ::testing::Test {
 protected:
  StandbyTest() {
    auto first = std::make_unique<Played>(), second = std::make_unique<Played>();
    first_ = first.get();
    second_ = second.get();
    standby_ = std::make_unique<StandbyRecogniser>(
        std::move(first), std::move(second),
        [this](const Error& reason) { takeovers_.push_back(reason.message); });
  }

  std::unique_ptr<ports::RecogniserStream> open() {
    auto stream = standby_->open(english, recording_.sink());
    EXPECT_TRUE(stream) << stream.error().message;
    return stream ? std::move(*stream) : nullptr;
  }

  // Sound in which each sample says its place in ms.
  static std::vector<std::int16_t> sound(int from, int to) {
    std::vector<std::int16_t> samples;
    for (int ms = from; ms < to; ++ms)
      samples.insert(samples.end(), 16, static_cast<std::int16_t>(ms));
    return samples;
  }

  Played* first_ = nullptr;
  Played* second_ = nullptr;
  std::vector<std::string> takeovers_;
  RecordingSink recording_;
  std::unique_ptr<StandbyRecogniser> standby_;
};

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

TEST(KeptSound, IsBoundedAndKnowsWhereItBegins) {
  KeptSound kept;
  const std::vector<std::int16_t> odd(1'000'003, 7);
  kept.append(odd);
  kept.append(odd);
  EXPECT_EQ(kept.begins(), milliseconds{(2 * 1'000'003 - 90'000 * 16 + 15) / 16});
  EXPECT_EQ(kept.take().size(),
            2 * 1'000'003 - static_cast<std::size_t>(milliseconds{125'001 - 90'000}.count()) * 16);
  kept.append(std::vector<std::int16_t>(160, 1));
  kept.forget_before(milliseconds{-5});
  kept.forget_before(milliseconds{1'000'000});
  EXPECT_TRUE(kept.take().empty());
}

// With engines that hear: faults at each call of a talk.
class Takeover : public ::testing::Test {
 protected:
  static EncodedSpeech talk() {
    EncodedSpeech speech;
    return speech.quiet(milliseconds{700})
        .words(0, 4)
        .quiet(milliseconds{800})
        .words(10, 39)  // is split
        .quiet(milliseconds{900})
        .words(40, 43)
        .quiet(milliseconds{900});
  }
  static std::string text() {
    return encoded_text(0, 4) + " " + encoded_text(10, 39) + " " + encoded_text(40, 43);
  }

  static std::unique_ptr<StandbyRecogniser> standby(testing::EncodedModel::Script script) {
    return std::make_unique<StandbyRecogniser>(encoded_recogniser(std::move(script)),
                                               encoded_recogniser());
  }

  static void expect_all_said_once(std::size_t fault, const RecordingSink& recording) {
    ASSERT_EQ(recording.ends().size(), 1u);
    EXPECT_TRUE(recording.ends()[0]);
    EXPECT_EQ(recording.calls_out_of_order(), 0);
    EXPECT_EQ(testing::spoken_words(contract::final_text(recording.events())),
              testing::spoken_words(text()))
        << "after a fault at call " << fault;
    SessionTime end{};
    for (const transcript::Event& event : recording.events()) {
      if (event[0].is_partial) continue;
      EXPECT_LE(event[0].start, event[0].end);
      EXPECT_LE(event[0].end.time_since_epoch(), contract::length_of(talk().samples.size()));
      EXPECT_GE(event[0].end, end);
      end = event[0].end;
    }
  }
};

TEST_F(Takeover, AtAnyCallLosesNoWordAndSaysNoneTwice) {
  std::size_t calls = 0;
  const auto counting = [&](std::size_t call, std::span<const float>, const moonshine::Request&) {
    calls = std::max(calls, call);
    return std::optional<Result<moonshine::Answer>>();
  };
  const EncodedSpeech speech = talk();
  const auto hear = [&](testing::EncodedModel::Script script, bool in_step,
                        RecordingSink& recording) {
    const auto recogniser = standby(std::move(script));
    const auto stream = recogniser->open(english, recording.sink());
    ASSERT_TRUE(stream);
    in_step ? contract::push_in_step(**stream, speech.samples, recording)
            : contract::push_all(**stream, speech.samples, recording);
    (*stream)->finish();
    recording.wait_for_end();
  };
  RecordingSink whole;
  hear(counting, true, whole);
  expect_all_said_once(0, whole);
  ASSERT_GE(calls, 30u);
  for (std::size_t n = 1; n <= calls; ++n) {
    RecordingSink once, broken, behind;
    hear(failing_calls(n, n), true, once);
    expect_all_said_once(n, once);
    hear(failing_calls(n, SIZE_MAX), true, broken);
    expect_all_said_once(n, broken);
    hear(failing_calls(n, SIZE_MAX), false, behind);
    expect_all_said_once(n, behind);
    if (HasFailure()) return;
  }
}

TEST_F(Takeover, MayBeDestroyedAtAnyMoment) {
  const EncodedSpeech speech = talk();
  for (std::size_t pieces = 0; pieces < 40; ++pieces) {
    const auto recogniser = standby(failing_calls(1 + pieces % 7, SIZE_MAX));
    RecordingSink recording;
    const auto stream = recogniser->open(english, recording.sink());
    ASSERT_TRUE(stream);
    contract::push_all(**stream, std::span(speech.samples).first(pieces * 1600), recording);
    if (pieces % 2 == 1) (*stream)->finish();
  }
}

}  // namespace
}  // namespace sotto::providers::standby
