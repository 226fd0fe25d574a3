#include "providers/espeak/synthesiser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <stdexcept>

#include "providers/espeak/test_support.hpp"
#include "supervision/child_process.hpp"
#include "tests/contract/synthesiser_contract.hpp"

namespace sotto::contract {

using providers::espeak::EspeakSynthesiser;
using providers::espeak::test::FakeProgram;

constexpr std::size_t queue_bound = 16;

/// espeak-ng itself, or null where it is not installed.
std::unique_ptr<EspeakSynthesiser> make_installed(const providers::espeak::Settings& settings) {
  if (!supervision::find_program(settings.program, supervision::search_path())) return nullptr;
  auto synthesiser = EspeakSynthesiser::create(settings);
  if (!synthesiser) throw std::runtime_error(synthesiser.error().message);
  return std::move(*synthesiser);
}

std::unique_ptr<ports::Synthesiser> make_bounded() {
  auto settings = providers::espeak::test::patient_settings();
  settings.max_queued = queue_bound;
  return make_installed(settings);
}

std::unique_ptr<ports::Synthesiser> make_echo() {
  static const FakeProgram fake;
  auto settings = fake.settings();
  settings.max_queued = queue_bound;
  return EspeakSynthesiser::create(settings).value();
}

const std::string english_sentence = "The house is red and the garden is green.";

INSTANTIATE_TEST_SUITE_P(
    Espeak, SynthesiserContract,
    ::testing::Values(SynthesiserCase{"English", make_bounded, Language("en"), english_sentence,
                                      milliseconds{1'700}, milliseconds{3'200}, queue_bound},
                      SynthesiserCase{"Spanish", make_bounded, Language("es"),
                                      "La casa es roja y el jard\u00edn es verde.",
                                      milliseconds{1'700}, milliseconds{3'200}, queue_bound},
                      SynthesiserCase{"Catalan", make_bounded, Language("ca"),
                                      "La casa \u00e9s vermella i el jard\u00ed \u00e9s verd.",
                                      milliseconds{1'700}, milliseconds{3'200}, queue_bound},
                      SynthesiserCase{"Echo", make_echo, Language("en"), english_sentence,
                                      milliseconds{180}, milliseconds{200}, queue_bound}),
    synthesiser_case_name);

}  // namespace sotto::contract

namespace sotto::providers::espeak {
namespace {

using contract::duration_of;
using contract::SpeechAnswers;

const Language english("en");
const Language spanish("es");
const Language catalan("ca");

class Espeak : public ::testing::Test {
 protected:
  void SetUp() override { start(test::patient_settings()); }

  void start(const Settings& settings) {
    synthesiser_ = contract::make_installed(settings);
    if (!synthesiser_) GTEST_SKIP() << "espeak-ng is not installed";
  }

  /// How long it takes to say; zero for an error.
  milliseconds length(const std::string& text, const Language& language = english) {
    const auto result = contract::speak_one(*synthesiser_, language, text);
    EXPECT_TRUE(result.has_value()) << result.error().message;
    return result ? duration_of(*result) : milliseconds{0};
  }

  /// The group of the process that waits for the next text, once there is one other than `last`.
  pid_t next_group(const Language& language, pid_t last = 0) {
    pid_t group = 0;
    EXPECT_TRUE(test::eventually([&] {
      group = synthesiser_->process_group(language).value_or(0);
      return group != 0 && group != last;
    }));
    return group;
  }

  std::unique_ptr<EspeakSynthesiser> synthesiser_;
};

TEST_F(Espeak, SpeaksManyLanguages) {
  const auto languages = synthesiser_->languages();
  for (const char* const code : {"ca", "de", "en", "es", "fr", "it", "pt", "zh"}) {
    EXPECT_THAT(languages, ::testing::Contains(Language(code)));
  }
}

TEST_F(Espeak, PhonemeNamesAndTagsAreReadOut) {
  const milliseconds hello = length("hello");
  EXPECT_GT(length("[[h@l'oU]]"), hello * 3 / 2);
  EXPECT_GT(length("[\u00ad[h@l'oU]]"), hello * 3 / 2);
  EXPECT_GT(length("<b>hello</b>"), hello * 3 / 2);
  EXPECT_GT(length("hello &lt; &#65;"), hello * 3 / 2);
  EXPECT_EQ(length("hello \x01"), hello);
}

TEST_F(Espeak, SpeaksAtTheRateThatIsSet) {
  const milliseconds usual = length(contract::english_sentence);
  Settings fast = test::patient_settings();
  fast.words_per_minute = 350;
  start(fast);
  EXPECT_LT(length(contract::english_sentence), usual * 3 / 4);
}

TEST_F(Espeak, TwoLanguagesAtOnceAreEachInOrder) {
  SpeechAnswers answers;
  constexpr std::size_t count = 20;
  for (std::size_t i = 0; i < count; ++i) {
    const Language& language = i % 2 == 0 ? english : spanish;
    synthesiser_->speak(language, i < count / 2 ? "one" : "one two three four five",
                        answers.completion(i));
  }
  ASSERT_TRUE(answers.wait_for(count));
  std::array<std::size_t, 2> next{0, 1};
  for (const auto& answer : answers.all()) {
    EXPECT_EQ(answer.request, next[answer.request % 2]);
    next[answer.request % 2] += 2;
    ASSERT_TRUE(answer.result.has_value()) << answer.result.error().message;
    EXPECT_EQ(duration_of(*answer.result) > std::chrono::milliseconds{1'000},
              answer.request >= count / 2);
  }
}

TEST_F(Espeak, TheProcessThatWaitsSpeaksTheNextText) {
  length("one");
  const pid_t first = next_group(english);
  length("two");
  const pid_t second = next_group(english, first);
  EXPECT_FALSE(test::group_runs(first));
  EXPECT_TRUE(test::group_runs(second));
  EXPECT_FALSE(synthesiser_->process_group(spanish).has_value());
}

TEST_F(Espeak, KilledBetweenRequestsItIsReplaced) {
  length("one");
  const pid_t before = next_group(english);
  ASSERT_EQ(::kill(-before, SIGKILL), 0);
  const pid_t after = next_group(english, before);
  EXPECT_TRUE(test::group_runs(after));
  EXPECT_GT(length("two"), milliseconds{0});
}

TEST_F(Espeak, KilledDuringRequestsItAnswersThemAll) {
  SpeechAnswers answers;
  constexpr std::size_t count = 40;
  for (std::size_t i = 0; i < count; ++i) {
    synthesiser_->speak(english, contract::english_sentence, answers.completion(i));
  }
  const pid_t group = next_group(english);
  ::kill(-group, SIGKILL);
  ASSERT_TRUE(answers.wait_for(count));
  for (const auto& answer : answers.all()) {
    ASSERT_TRUE(answer.result.has_value()) << answer.result.error().message;
    EXPECT_GT(duration_of(*answer.result), milliseconds{1'700});
  }
}

TEST_F(Espeak, LeavesNoProcessBehind) {
  length("one");
  length("u", catalan);
  const pid_t english_group = next_group(english);
  const pid_t catalan_group = next_group(catalan);
  synthesiser_.reset();
  for (const pid_t group : {english_group, catalan_group}) {
    EXPECT_NE(::kill(-group, 0), 0);  // no zombie either
  }
}

TEST(EspeakCreate, SaysWhatIsMissing) {
  Settings no_program;
  no_program.program = "no-such-program";
  const auto missing = EspeakSynthesiser::create(no_program);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_NE(missing.error().message.find("install the Debian package espeak-ng"),
            std::string::npos);

  Settings no_voices = test::patient_settings();
  no_voices.program = "true";
  const auto silent = EspeakSynthesiser::create(no_voices);
  ASSERT_FALSE(silent.has_value());
  EXPECT_EQ(silent.error().code, ErrorCode::not_found);
}

TEST(EspeakCreate, DoesNotWaitForAHungProgram) {
  const test::TemporaryDirectory place;
  Settings settings;
  settings.program = place.write("hang", "#!/bin/sh\nexec sleep 1000\n");
  ::chmod(settings.program.c_str(), 0700);
  settings.voices_deadline = milliseconds{50};
  const auto synthesiser = EspeakSynthesiser::create(settings);
  ASSERT_FALSE(synthesiser.has_value());
  EXPECT_EQ(synthesiser.error().code, ErrorCode::deadline_exceeded);
}

TEST(EspeakCreate, NamesASettingOutOfRange) {
  const auto expect_refused = [](const std::string& field, auto change) {
    Settings settings;
    change(settings);
    const auto synthesiser = EspeakSynthesiser::create(settings);
    ASSERT_FALSE(synthesiser.has_value()) << field;
    EXPECT_EQ(synthesiser.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(synthesiser.error().field, field);
  };
  const milliseconds none{0};
  expect_refused("words_per_minute", [](Settings& s) { s.words_per_minute = 79; });
  expect_refused("words_per_minute", [](Settings& s) { s.words_per_minute = 451; });
  expect_refused("voices_deadline", [&](Settings& s) { s.voices_deadline = none; });
  expect_refused("deadline", [&](Settings& s) { s.deadline = none; });
  expect_refused("max_queued", [](Settings& s) { s.max_queued = 0; });
  expect_refused("longest_speech", [&](Settings& s) { s.longest_speech = none; });
  expect_refused("longest_speech", [](Settings& s) { s.longest_speech = std::chrono::hours{1}; });
  expect_refused("first_back_off", [&](Settings& s) { s.first_back_off = none; });
  expect_refused("largest_back_off", [](Settings& s) { s.largest_back_off = milliseconds{1}; });
  expect_refused("failures_to_open", [](Settings& s) { s.failures_to_open = 0; });
  expect_refused("open_for", [&](Settings& s) { s.open_for = none; });
  expect_refused("idle_stop", [&](Settings& s) { s.idle_stop = none; });
}

}  // namespace
}  // namespace sotto::providers::espeak
