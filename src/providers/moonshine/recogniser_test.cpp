#include "providers/moonshine/recogniser.hpp"

#include "tests/contract/recogniser_contract.hpp"
#include "tests/support/encoded_speech.hpp"
#include "tests/support/fake_onnx_runtime.hpp"
#include "tests/support/installed_models.hpp"
#include "tests/support/librivox.hpp"
#include "tests/support/word_errors.hpp"

namespace sotto::contract {

RecogniserSubject encoded_subject() {
  sotto::testing::EncodedSpeech speech;
  speech.quiet(milliseconds{500}).words(0, 4).quiet(milliseconds{700}).words(10, 12);
  return {
      .recogniser = sotto::testing::encoded_recogniser(),
      .language = Language{"en"},
      .speech = speech.samples,
      .failing = sotto::testing::encoded_recogniser(sotto::testing::failing_calls(1, SIZE_MAX))};
}

// With the tiny model, since the contract is about streams; where it is installed.
RecogniserSubject installed_subject() {
  namespace moonshine = providers::moonshine;
  const auto files = sotto::testing::installed_recogniser("tiny");
  if (!files) return {{}, Language{"en"}, {}, {}, files.error().message};
  const auto with_deadline = [&](milliseconds deadline) {
    auto models = moonshine::load_models(*files);
    return moonshine::MoonshineRecogniser::create(std::move(models.value()),
                                                  {.call_deadline = deadline})
        .value();
  };
  return {.recogniser = with_deadline(milliseconds{60'000}),
          .language = Language{"en"},
          .speech = sotto::testing::librivox_sentence(1),
          .failing = with_deadline(milliseconds{0})};
}

INSTANTIATE_TEST_SUITE_P(Moonshine, RecogniserContract,
                         ::testing::Values(&encoded_subject, &installed_subject),
                         [](const auto& test) { return test.index == 0 ? "Encoded" : "Tiny"; });

}  // namespace sotto::contract

namespace sotto::providers::moonshine {
namespace {

using contract::RecordingSink;
using testing::encoded_recogniser;
using testing::encoded_text;
using testing::EncodedModel;
using testing::EncodedSpeech;
using testing::failing_calls;

const Language english{"en"};

EncodedSpeech talk() {
  EncodedSpeech speech;
  return speech.quiet(milliseconds{700})
      .words(0, 6)
      .quiet(milliseconds{800})
      .words(10, 12)
      .quiet(milliseconds{900});
}

const std::string talk_text = encoded_text(0, 6) + " " + encoded_text(10, 12);

// Hears it all in step, so that each talk has the same calls, and tells how it ended.
Result<> hear(ports::Recogniser& recogniser, const EncodedSpeech& speech,
              RecordingSink& recording) {
  auto stream = recogniser.open(english, recording.sink());
  if (!stream) return tl::unexpected(stream.error());
  contract::push_in_step(**stream, speech.samples, recording);
  (*stream)->finish();
  recording.wait_for_end();
  return recording.ends().at(0);
}

TEST(Moonshine, RefusesSettingsOutOfRange) {
  const auto field_of = [](const std::function<void(Settings&)>& change) {
    Settings settings;
    change(settings);
    const auto made = MoonshineRecogniser::create(testing::encoded_models(), settings);
    if (made) return std::string("none");
    EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
    return made.error().field;
  };
  EXPECT_EQ(field_of([](Settings&) {}), "none");
  EXPECT_EQ(field_of([](Settings& s) { s.threads = 0; }), "threads");
  EXPECT_EQ(field_of([](Settings& s) { s.threads = 65; }), "threads");
  EXPECT_EQ(field_of([](Settings& s) { s.max_streams = 0; }), "max_streams");
  EXPECT_EQ(field_of([](Settings& s) { s.max_queued = milliseconds{999}; }), "max_queued");
  EXPECT_EQ(field_of([](Settings& s) { s.transcriber.step = milliseconds{99}; }), "step");
  EXPECT_EQ(field_of([](Settings& s) { s.transcriber.step = milliseconds{2001}; }), "step");
  EXPECT_EQ(field_of([](Settings& s) { s.transcriber.cutter.cap = milliseconds{15'001}; }), "cap");
  EXPECT_EQ(field_of([](Settings& s) { s.transcriber.cutter.cap = milliseconds{-1}; }), "cap");
  EXPECT_EQ(field_of([](Settings& s) { s.transcriber.cutter.patience = milliseconds{1'000}; }),
            "patience");
  EXPECT_EQ(field_of([](Settings& s) { s.transcriber.cutter.patience = milliseconds{11'000}; }),
            "patience");
  EXPECT_EQ(field_of([](Settings& s) { s.transcriber.cutter.look_back = milliseconds{1'001}; }),
            "look_back");
}

TEST(Moonshine, LimitsItsStreams) {
  const auto recogniser = encoded_recogniser({}, {.max_streams = 1});
  RecordingSink recording;
  auto first = recogniser->open(english, recording.sink());
  ASSERT_TRUE(first);
  const auto second = recogniser->open(english, recording.sink());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::resource_exhausted);
  (*first)->finish();
  recording.wait_for_end();
  EXPECT_TRUE(recogniser->open(english, recording.sink())) << "one that has ended counts no more";
}

TEST(Moonshine, EachWordCarriesItsProbability) {
  RecordingSink recording;
  ASSERT_TRUE(hear(*encoded_recogniser(), talk(), recording));
  for (const transcript::Event& event : recording.events())
    for (const transcript::Item& item : event[0].items) {
      const bool is_word = item.kind == transcript::ItemKind::pronunciation;
      EXPECT_EQ(item.confidence, is_word ? std::optional(0.95f) : std::nullopt) << item.content;
    }
}

TEST(Moonshine, ACallThatFailsIsMadeOnceMore) {
  const auto counting = [](std::size_t& calls) {
    return [&calls](std::size_t call, std::span<const float>, const Request&) {
      calls = std::max(calls, call);
      return std::optional<Result<Answer>>();
    };
  };
  std::size_t calls = 0;
  RecordingSink whole;
  ASSERT_TRUE(hear(*encoded_recogniser(counting(calls)), talk(), whole));
  ASSERT_GE(calls, 8u);
  for (std::size_t n = 1; n <= calls; ++n) {
    RecordingSink once, twice;
    const auto fine = hear(*encoded_recogniser(failing_calls(n, n)), talk(), once);
    ASSERT_TRUE(fine) << n << ": " << fine.error().message;
    EXPECT_EQ(testing::spoken_words(contract::final_text(once.events())),
              testing::spoken_words(talk_text))
        << n;
    const auto failed = hear(*encoded_recogniser(failing_calls(n, n + 1)), talk(), twice);
    ASSERT_FALSE(failed) << n;
    EXPECT_EQ(failed.error().message, "call " + std::to_string(n + 1) + " fails");
    EXPECT_EQ(twice.calls_out_of_order(), 0);
  }
}

// Over a runtime whose runs are waited for until they are told to end.
class LateCalls : public ::testing::Test {
 protected:
  static EncodedModel::Script late_at(std::size_t first, std::size_t last) {
    return [=](std::size_t call, std::span<const float>,
               const Request& request) -> std::optional<Result<Answer>> {
      if (call < first || call > last) return std::nullopt;
      auto* const run = reinterpret_cast<testing::FakeRun*>(
          const_cast<onnx::RunOptions*>(request.cancellation->get()));
      EXPECT_TRUE(run->wait_until_terminated());
      return Result<Answer>(fail(ErrorCode::deadline_exceeded, "too late"));
    };
  }

  static std::unique_ptr<MoonshineRecogniser> recogniser(EncodedModel::Script script) {
    Models models = testing::encoded_models(std::move(script));
    models.runtime = onnx::Runtime::load(FAKE_ONNX_RUNTIME).value();
    return MoonshineRecogniser::create(std::move(models), {.call_deadline = milliseconds{20}})
        .value();
  }
};

TEST_F(LateCalls, AreEndedAndMadeOnceMore) {
  for (const std::size_t n : {1u, 3u, 6u}) {
    RecordingSink recording;
    const auto heard = hear(*recogniser(late_at(n, n)), talk(), recording);
    ASSERT_TRUE(heard) << heard.error().message;
    EXPECT_EQ(testing::spoken_words(contract::final_text(recording.events())),
              testing::spoken_words(talk_text));
  }
}

TEST_F(LateCalls, TwiceEndTheTalk) {
  RecordingSink recording;
  const auto heard = hear(*recogniser(late_at(3, 4)), talk(), recording);
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code, ErrorCode::deadline_exceeded);
}

TEST_F(LateCalls, DoNotKeepATalkFromBeingEnded) {
  const auto late = recogniser(late_at(1, SIZE_MAX));
  RecordingSink recording;
  auto stream = late->open(english, recording.sink());
  ASSERT_TRUE(stream);
  EXPECT_EQ((*stream)->push(talk().samples), ports::Pushed::taken);
  stream->reset();
  const std::size_t calls = recording.calls();
  EXPECT_EQ(recording.calls(), calls);
}

TEST(Moonshine, MayEndAtAnyMoment) {
  const auto recogniser = encoded_recogniser();
  const EncodedSpeech speech = talk();
  for (std::size_t pieces = 0; pieces * 1600 < speech.samples.size(); ++pieces) {
    RecordingSink recording;
    const auto stream = recogniser->open(english, recording.sink());
    ASSERT_TRUE(stream);
    contract::push_all(**stream, std::span(speech.samples).first(pieces * 1600), recording);
  }
}

}  // namespace
}  // namespace sotto::providers::moonshine
