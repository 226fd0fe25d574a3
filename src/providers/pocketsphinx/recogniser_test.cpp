#include "providers/pocketsphinx/recogniser.hpp"

#include <filesystem>
#include <fstream>

#include "base/sample_clock.hpp"
#include "tests/contract/recogniser_contract.hpp"
#include "tests/support/librivox.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/word_errors.hpp"

namespace sotto::contract {

// All files are there, one of them cut off.
std::filesystem::path damaged_model() {
  static const sotto::testing::TemporaryFolder folder;
  static const std::filesystem::path model = [] {
    const auto copied = folder.path() / "model";
    const std::filesystem::path whole = providers::pocketsphinx::Settings{}.model;
    std::filesystem::create_directories(copied / "en-us/en-us");
    for (const char* part : {"en-us", "en-us/en-us"})
      for (const auto& file : std::filesystem::directory_iterator(whole / part))
        if (file.is_regular_file())
          std::filesystem::create_symlink(file, copied / part / file.path().filename());
    const auto damaged = copied / "en-us/en-us/mdef";
    std::filesystem::remove(damaged);
    std::ofstream(damaged) << "BMDF";
    return copied;
  }();
  return model;
}

RecogniserSubject pocketsphinx_subject() {
  using providers::pocketsphinx::PocketSphinxRecogniser;
  return {.recogniser = PocketSphinxRecogniser::create({}).value(),
          .language = Language{"en"},
          .speech = sotto::testing::librivox_sentence(1),
          .failing = PocketSphinxRecogniser::create({.model = damaged_model()}).value()};
}

INSTANTIATE_TEST_SUITE_P(PocketSphinx, RecogniserContract, ::testing::Values(&pocketsphinx_subject),
                         [](const auto&) { return "EnUs"; });

}  // namespace sotto::contract

namespace sotto::providers::pocketsphinx {
namespace {

using contract::RecordingSink;
using testing::librivox_sentence;
using testing::librivox_talk;
using testing::librivox_talk_text;
using testing::librivox_text;
using testing::word_error_rate;
using Samples = std::vector<std::int16_t>;

const Language english{"en"};

std::unique_ptr<PocketSphinxRecogniser> recogniser(Settings settings = {}) {
  return PocketSphinxRecogniser::create(std::move(settings)).value();
}

// Hears all of `audio` and returns when everything was said.
void hear(PocketSphinxRecogniser& recogniser, const Samples& audio, RecordingSink& recording) {
  auto stream = recogniser.open(english, recording.sink());
  ASSERT_TRUE(stream) << stream.error().message;
  contract::push_all(**stream, audio, recording);
  (*stream)->finish();
  recording.wait_for_end();
  ASSERT_EQ(recording.ends().size(), 1u);
  ASSERT_TRUE(recording.ends()[0]) << recording.ends()[0].error().message;
}

TEST(PocketSphinx, SaysWhatToInstallWithoutAModel) {
  const auto made = PocketSphinxRecogniser::create({.model = "/nowhere"});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::not_found);
  EXPECT_THAT(made.error().message, ::testing::HasSubstr("pocketsphinx-en-us"));
}

TEST(PocketSphinx, RefusesSettingsOutOfRange) {
  const auto field_of = [](const Settings& settings) {
    const auto made = PocketSphinxRecogniser::create(settings);
    return made ? "none" : made.error().field;
  };
  Settings settings;
  settings.threads = 0;
  EXPECT_EQ(field_of(settings), "threads");
  settings = {};
  settings.max_streams = 0;
  EXPECT_EQ(field_of(settings), "max_streams");
  settings = {};
  settings.max_queued = milliseconds{199};
  EXPECT_EQ(field_of(settings), "max_queued");
  settings = {};
  settings.transcriber.chunk = milliseconds{10};
  EXPECT_EQ(field_of(settings), "chunk");
  settings = {};
  settings.transcriber.endpoints.cap = milliseconds{15'001};
  EXPECT_EQ(field_of(settings), "cap");
}

TEST(PocketSphinx, UnderstandsATalk) {
  auto heard_by = recogniser();
  RecordingSink recording;
  const Samples talk = librivox_talk();
  hear(*heard_by, talk, recording);
  contract::expect_well_formed(recording.events(), length_of(talk.size()));
  const std::string text = contract::final_text(recording.events());
  EXPECT_LT(word_error_rate(librivox_talk_text(), text), 0.32) << text;
}

TEST(PocketSphinx, HearsTheSameWhoeverSpokeBefore) {
  auto heard_by = recogniser({.threads = 1, .max_streams = 1});
  const Samples sentence = librivox_sentence(1);
  std::vector<std::string> texts;
  for (const std::size_t before : {2u, 3u}) {
    RecordingSink other;
    hear(*heard_by, librivox_sentence(before), other);
    RecordingSink recording;
    hear(*heard_by, sentence, recording);
    texts.push_back(contract::final_text(recording.events()));
  }
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_LT(word_error_rate(librivox_text(1), texts[0]), 0.5) << texts[0];
}

TEST(PocketSphinx, HearsNothingInSilence) {
  auto heard_by = recogniser();
  RecordingSink recording;
  hear(*heard_by, Samples(30 * 16'000, 0), recording);
  EXPECT_TRUE(recording.events().empty());
  EXPECT_EQ(recording.progress().back(), milliseconds{30'000});
}

// Each partial result is compared with how much audio had been taken when it was said.
TEST(PocketSphinx, PartialsKeepWithin150MillisecondsOfTheAudio) {
  auto heard_by = recogniser();
  RecordingSink recording;
  milliseconds taken{100};
  milliseconds worst{0};
  auto sink = recording.sink();
  sink.on_event = [&](const transcript::Event& event) {
    const bool adapted = taken > milliseconds{3000};
    if (event[0].is_partial && adapted && event[0].end > event[0].start + milliseconds{1000}) {
      worst = std::max(worst, taken - event[0].end.time_since_epoch());
    }
  };
  sink.on_progress = [&, pass_on = sink.on_progress](milliseconds done) {
    taken += milliseconds{100};
    pass_on(done);
  };
  auto stream = heard_by->open(english, sink);
  ASSERT_TRUE(stream);
  contract::push_all(**stream, librivox_sentence(0), recording);
  (*stream)->finish();
  recording.wait_for_end();
  EXPECT_GT(worst, milliseconds{0});
  EXPECT_LE(worst, milliseconds{150});
}

TEST(PocketSphinx, CutsContinuousTalkAtTheCapAndKeepsPartialsFlowing) {
  Settings settings;
  settings.transcriber.endpoints.cap = milliseconds{5000};
  auto heard_by = recogniser(settings);
  RecordingSink recording;
  const Samples talk = librivox_talk();
  hear(*heard_by, talk, recording);
  const auto events = recording.events();
  contract::expect_well_formed(events, length_of(talk.size()));
  SessionTime last = events.front()[0].end;
  std::size_t finals = 0;
  for (const auto& event : events) {
    EXPECT_LE(event[0].end - event[0].start, milliseconds{5000});
    EXPECT_LE(event[0].end - last, milliseconds{1500}) << "before " << event[0].transcript;
    last = event[0].end;
    if (!event[0].is_partial) ++finals;
  }
  EXPECT_GE(finals, 5u);
  const std::string text = contract::final_text(events);
  EXPECT_LT(word_error_rate(librivox_talk_text(), text), 0.45) << text;
}

TEST(PocketSphinx, LimitsItsStreams) {
  auto heard_by = recogniser({.max_streams = 2});
  RecordingSink recording;
  auto first = heard_by->open(english, recording.sink());
  auto second = heard_by->open(english, recording.sink());
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  const auto third = heard_by->open(english, recording.sink());
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::resource_exhausted);
  second->reset();
  EXPECT_TRUE(heard_by->open(english, recording.sink()));
}

TEST(PocketSphinx, AStreamThatHasEndedMakesRoomThoughItIsKept) {
  auto heard_by = recogniser({.max_streams = 1});
  RecordingSink recording;
  auto ended = heard_by->open(english, recording.sink());
  ASSERT_TRUE(ended);
  (*ended)->finish();
  recording.wait_for_end();
  EXPECT_TRUE(heard_by->open(english, recording.sink()));
}

TEST(PocketSphinx, ASecondTalkIsNotHeldUpByALongQueue) {
  auto heard_by = recogniser({.threads = 1});
  RecordingSink behind;
  auto busy = heard_by->open(english, behind.sink());
  ASSERT_TRUE(busy);
  contract::push_all(**busy, librivox_talk(), behind);
  RecordingSink recording;
  hear(*heard_by, librivox_sentence(1), recording);
  EXPECT_TRUE(behind.ends().empty());
  EXPECT_LT((*busy)->recognised(), milliseconds{20'000});
}

}  // namespace
}  // namespace sotto::providers::pocketsphinx
