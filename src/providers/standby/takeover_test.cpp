#include <set>

#include "base/sample_clock.hpp"
#include "providers/standby/standby_recogniser.hpp"
#include "tests/contract/recording_sink.hpp"
#include "tests/support/encoded_speech.hpp"
#include "tests/support/word_errors.hpp"

namespace sotto::providers::standby {
namespace {

using contract::RecordingSink;
using testing::encoded_recogniser;
using testing::encoded_text;
using testing::EncodedSpeech;
using testing::failing_calls;

const Language english{"en"};

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
      EXPECT_LE(event[0].end.time_since_epoch(), length_of(talk().samples.size()));
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

// Back and forth: the first fails now and then, and is tried again at the next final or a little
// later.
class BackAndForth : public ::testing::Test {
 protected:
  struct Counts {
    std::size_t takeovers = 0, returns = 0, calls = 0;
  };

  static constexpr std::size_t utterances = 7;

  static EncodedSpeech talk() {
    EncodedSpeech speech;
    speech.quiet(milliseconds{500});
    for (std::size_t i = 0; i < utterances; ++i)
      speech.words(10 * i, last_word(i)).quiet(milliseconds{i % 2 == 0 ? 700 : 1100});
    return speech.words(120, 149).quiet(milliseconds{900});  // is split
  }
  static std::string text() {
    std::string all;
    for (std::size_t i = 0; i < utterances; ++i) all += encoded_text(10 * i, last_word(i)) + " ";
    return all + encoded_text(120, 149);
  }
  static std::size_t last_word(std::size_t utterance) { return 10 * utterance + 2 + utterance % 4; }

  // Of every `period` calls two after each other fail, the second of which is the `at`-th: so does
  // the stream, which makes each call twice at most.
  static testing::EncodedModel::Script failing_now_and_then(std::size_t period, std::size_t at,
                                                            Counts& counts) {
    return [=, &counts](std::size_t call, std::span<const float>,
                        const moonshine::Request&) -> std::optional<Result<moonshine::Answer>> {
      counts.calls = call;
      if ((call + period - at) % period != 0 && (call + 1 + period - at) % period != 0)
        return std::nullopt;
      return Result<moonshine::Answer>(fail(ErrorCode::internal, "it fails"));
    };
  }

  static std::unique_ptr<StandbyRecogniser> standby(std::size_t period, std::size_t at,
                                                    Recovery recovery, Counts& counts) {
    return std::make_unique<StandbyRecogniser>(
        encoded_recogniser(failing_now_and_then(period, at, counts)), encoded_recogniser(),
        Notices{[&](const Error&) { ++counts.takeovers; }, [&] { ++counts.returns; }}, recovery);
  }

  static void expect_all_said_once(const RecordingSink& recording, milliseconds audio) {
    ASSERT_EQ(recording.ends().size(), 1u);
    EXPECT_TRUE(recording.ends()[0]);
    EXPECT_EQ(recording.calls_out_of_order(), 0);
    EXPECT_EQ(testing::spoken_words(contract::final_text(recording.events())),
              testing::spoken_words(text()));
    std::set<std::string> ended;
    SessionTime said_to{};
    for (const transcript::Event& event : recording.events()) {
      const transcript::RecognitionResult result = event[0];
      EXPECT_FALSE(ended.contains(std::string(result.id))) << result.id << " goes on";
      EXPECT_LE(result.start, result.end);
      EXPECT_LE(result.end.time_since_epoch(), audio);
      if (result.is_partial) continue;
      ended.emplace(result.id);
      EXPECT_GE(result.end, said_to);
      said_to = result.end;
    }
    const auto progress = recording.progress();
    EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
    EXPECT_EQ(progress.back(), audio);
  }
};

TEST_F(BackAndForth, EachWordIsSaidOnceOverAnyNumberOfChanges) {
  const EncodedSpeech speech = talk();
  Counts most;
  for (const Recovery recovery : {Recovery{milliseconds{0}, milliseconds{0}},
                                  Recovery{milliseconds{1'500}, milliseconds{3'000}}}) {
    for (const std::size_t period : {2u, 3u, 7u, 16u}) {
      for (std::size_t at = 1; at <= period; ++at) {
        SCOPED_TRACE("call " + std::to_string(at) + " of each " + std::to_string(period));
        for (const bool in_step : {true, false}) {
          Counts counts;
          RecordingSink recording;
          {
            const auto recogniser = standby(period, at, recovery, counts);
            const auto stream = recogniser->open(english, recording.sink());
            ASSERT_TRUE(stream);
            in_step ? contract::push_in_step(**stream, speech.samples, recording)
                    : contract::push_all(**stream, speech.samples, recording);
            (*stream)->finish();
            recording.wait_for_end();
          }
          expect_all_said_once(recording, length_of(speech.samples.size()));
          if (HasFailure()) return;
          most.takeovers = std::max(most.takeovers, counts.takeovers);
          most.returns = std::max(most.returns, counts.returns);
        }
      }
    }
  }
  EXPECT_GE(most.takeovers, 5u);
  EXPECT_GE(most.returns, 5u);
}

TEST_F(BackAndForth, MayBeDestroyedAtAnyMoment) {
  const EncodedSpeech speech = talk();
  for (std::size_t pieces = 0; pieces < 240; pieces += 5) {
    Counts counts;
    const auto recogniser =
        standby(2 + pieces % 4, 1, Recovery{milliseconds{0}, milliseconds{0}}, counts);
    RecordingSink recording;
    const auto stream = recogniser->open(english, recording.sink());
    ASSERT_TRUE(stream);
    contract::push_all(**stream, std::span(speech.samples).first(pieces * 1600), recording);
    if (pieces % 3 == 1) (*stream)->finish();
  }
}

}  // namespace
}  // namespace sotto::providers::standby
