// What happens when the program misbehaves, shown with shell scripts in espeak-ng's place. An
// ordinary one speaks the text as a recording that holds it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>

#include "providers/espeak/synthesiser.hpp"
#include "providers/espeak/test_support.hpp"
#include "tests/contract/synthesiser_answers.hpp"
#include "tests/support/file_content.hpp"

namespace sotto::providers::espeak {
namespace {

using namespace std::chrono_literals;
using contract::SpeechAnswers;
using ports::SpokenAudio;
using test::FakeProgram;
using testing::content_of;

const Language english("en");
const Language spanish("es");

std::unique_ptr<EspeakSynthesiser> make(const Settings& settings) {
  auto synthesiser = EspeakSynthesiser::create(settings);
  EXPECT_TRUE(synthesiser.has_value()) << synthesiser.error().message;
  return synthesiser ? std::move(*synthesiser) : nullptr;
}

Result<SpokenAudio> ask(EspeakSynthesiser& synthesiser, const std::string& text) {
  return contract::speak_one(synthesiser, english, text);
}

/// What the fake understood, or the error.
std::string heard(EspeakSynthesiser& synthesiser, const std::string& text) {
  const auto result = ask(synthesiser, text);
  return result ? FakeProgram::text_of(*result) : "error: " + result.error().message;
}

void expect_code(const Result<SpokenAudio>& result, ErrorCode code) {
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, code) << result.error().message;
}

TEST(EspeakFaults, TheTextComesByStdinAndIsNeverAnOption) {
  const FakeProgram fake;
  const auto synthesiser = make(fake.settings());
  EXPECT_EQ(heard(*synthesiser, "-v es --voices"), "-v es --voices");
  EXPECT_EQ(heard(*synthesiser, "one\n\x01+99S [[two]] <b>\u00e9</b>"),
            "one +99S ((two)) <b>\u00e9</b>");
}

TEST(EspeakFaults, TheProgramGetsItsVoiceAndHardlyAnyEnvironment) {
  const test::TemporaryDirectory place;
  const std::string seen = place.path().string();
  // The next program, which is started ahead, writes them too: a file is there whole or not at all.
  // On a busy machine the kernel may give nothing of a page that it has put away.
  const FakeProgram fake("echo \"$@\" >" + seen + "/arguments.$$; mv " + seen + "/arguments.$$ " +
                         seen + "/arguments; until [ -s " + seen +
                         "/environment ]; do cat /proc/$$/environ >" + seen +
                         "/environment; done; echo_speech");
  Settings settings = fake.settings();
  settings.words_per_minute = 200;
  EXPECT_EQ(heard(*make(settings), "One."), "One.");
  EXPECT_EQ(content_of(place.path() / "arguments"), "-v gmw/en -s 200 -b 1 --stdin --stdout\n");
  std::string environment = content_of(place.path() / "environment");
  std::replace(environment.begin(), environment.end(), '\0', '\n');
  EXPECT_THAT(environment, ::testing::MatchesRegex("PATH=[^\n]+\nLC_ALL=C.UTF-8\n"
                                                   "PULSE_SERVER=unix:/dev/null\n"
                                                   "PULSE_CLIENTCONFIG=/dev/null\n"));
}

TEST(EspeakFaults, OneFailureIsRetriedUnseen) {
  for (const char* const first :
       {"exit 1", "cat >/dev/null", "cat >/dev/null; exit 1", "cat >/dev/null; echo no speech",
        "echo_speech; exit 3", "echo_speech; kill -9 $$", "header; printf odd", "yes"}) {
    const test::TemporaryDirectory place;
    const FakeProgram fake(FakeProgram::first_time(place, first));
    const auto synthesiser = make(fake.settings());
    EXPECT_EQ(heard(*synthesiser, "One."), "One.") << first;
    EXPECT_EQ(heard(*synthesiser, "Two."), "Two.") << first;
  }
}

TEST(EspeakFaults, TwoFailuresAreUnavailable) {
  for (const char* const always : {"exit 0", "echo_speech; exit 3", "yes"}) {
    const FakeProgram fake(always);
    const auto synthesiser = make(fake.settings());
    expect_code(ask(*synthesiser, "One."), ErrorCode::unavailable);
    EXPECT_FALSE(synthesiser->process_group(english).has_value()) << always;
  }
}

TEST(EspeakFaults, AProgramTakenAwayIsUnavailable) {
  FakeProgram fake;
  const auto synthesiser = make(fake.settings());
  std::filesystem::remove(fake.settings().program);
  expect_code(ask(*synthesiser, "One."), ErrorCode::unavailable);
}

TEST(EspeakFaults, AHungProgramMissesTheDeadlineAndIsEnded) {
  for (const std::string hang : {"sleep 1000", "echo_speech; exec >&-; sleep 1000"}) {
    const test::TemporaryDirectory place;
    const std::string groups = (place.path() / "groups").string();
    const FakeProgram fake("echo $$ >>" + groups + "; trap '' TERM; " + hang);
    Settings settings = fake.settings();
    settings.deadline = 1500ms;
    const auto synthesiser = make(settings);
    expect_code(ask(*synthesiser, "One."), ErrorCode::deadline_exceeded);
    std::ifstream in(groups);
    std::size_t starts = 0;
    for (pid_t group = 0; in >> group; ++starts) {
      EXPECT_TRUE(test::eventually([&] { return !test::group_runs(group); }));
    }
    EXPECT_LE(starts, 1U);  // there was no time for another try
  }
}

TEST(EspeakFaults, SpeechThatIsTooLongIsCutOffAndNoFailure) {
  const FakeProgram fake;
  Settings settings = fake.settings();
  settings.longest_speech = 500ms;
  settings.failures_to_open = 1;
  const auto synthesiser = make(settings);
  expect_code(ask(*synthesiser, std::string(300, 'a')), ErrorCode::invalid_argument);
  EXPECT_EQ(heard(*synthesiser, "One."), "One.");

  const FakeProgram flood("header; exec cat /dev/zero");
  expect_code(ask(*make(flood.settings()), "One."), ErrorCode::invalid_argument);
}

TEST(EspeakFaults, TheBreakerAnswersAtOnceAndProbesLater) {
  const test::TemporaryDirectory place;
  const std::string starts = (place.path() / "starts").string();
  const std::string mended = (place.path() / "mended").string();
  const FakeProgram fake("echo on >>" + starts + "; if test -e " + mended +
                         "; then echo_speech; fi");
  Settings settings = fake.settings();
  settings.failures_to_open = 3;
  settings.open_for = 3s;
  const auto synthesiser = make(settings);
  expect_code(ask(*synthesiser, "One."), ErrorCode::unavailable);    // two starts
  expect_code(ask(*synthesiser, "Two."), ErrorCode::unavailable);    // one, and it opens
  expect_code(ask(*synthesiser, "Three."), ErrorCode::unavailable);  // none
  EXPECT_EQ(test::lines_of(starts), 3U);
  place.write("mended", "");
  EXPECT_TRUE(test::eventually([&] { return ask(*synthesiser, "Four.").has_value(); }));
  EXPECT_EQ(heard(*synthesiser, "Five."), "Five.");
}

TEST(EspeakFaults, DestructionIsQuickThoughTheProgramHangs) {
  const FakeProgram fake("trap '' TERM; sleep 1000; sleep 1000");
  auto synthesiser = make(fake.settings());
  SpeechAnswers answers;
  for (std::size_t i = 0; i < 10; ++i) {
    synthesiser->speak(i % 2 == 0 ? english : spanish, "One.", answers.completion(i));
  }
  pid_t group = 0;
  ASSERT_TRUE(test::eventually([&] {
    group = synthesiser->process_group(english).value_or(0);
    return group != 0;
  }));
  const auto began = std::chrono::steady_clock::now();
  synthesiser.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  ASSERT_EQ(answers.all().size(), 10U);
  for (const auto& answer : answers.all()) expect_code(answer.result, ErrorCode::unavailable);
  EXPECT_TRUE(test::eventually([&] { return !test::group_runs(group); }));
}

TEST(EspeakFaults, DestructionIsQuickThoughABackOffRuns) {
  const FakeProgram fake("exit 1");
  Settings settings = fake.settings();
  settings.first_back_off = settings.largest_back_off = 1min;
  auto synthesiser = make(settings);
  SpeechAnswers answers;
  synthesiser->speak(english, "One.", answers.completion(0));
  const auto began = std::chrono::steady_clock::now();
  synthesiser.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
  ASSERT_EQ(answers.all().size(), 1U);
  expect_code(answers.all().front().result, ErrorCode::unavailable);
}

TEST(EspeakFaults, ACompletionMayAskWhileAllIsEnding) {
  const FakeProgram fake("sleep 1000");
  auto synthesiser = make(fake.settings());
  SpeechAnswers answers;
  synthesiser->speak(english, "One.", [&, it = synthesiser.get()](const Result<SpokenAudio>&) {
    it->speak(english, "Two.", answers.completion(0));
    it->speak(spanish, "Tres.", answers.completion(1));
  });
  synthesiser.reset();
  ASSERT_EQ(answers.all().size(), 2U);
  for (const auto& answer : answers.all()) expect_code(answer.result, ErrorCode::unavailable);
}

TEST(EspeakFaults, LanguagesDoNotWaitForEachOther) {
  const test::TemporaryDirectory place;
  const std::string gate = (place.path() / "gate").string();
  ASSERT_EQ(::mkfifo(gate.c_str(), 0600), 0);
  const FakeProgram fake("test $2 = gmw/en || read line <" + gate + "; echo_speech");
  const auto synthesiser = make(fake.settings());
  SpeechAnswers answers;
  synthesiser->speak(spanish, "Uno.", answers.completion(0));
  EXPECT_EQ(heard(*synthesiser, "One."), "One.");
  EXPECT_TRUE(answers.all().empty());
  std::ofstream(gate) << "go on\n";
  ASSERT_TRUE(answers.wait_for(1));
  ASSERT_TRUE(answers.all().front().result.has_value());
  EXPECT_EQ(FakeProgram::text_of(*answers.all().front().result), "Uno.");
}

TEST(EspeakFaults, AnIdleProcessIsEndedAndComesBack) {
  const FakeProgram fake;
  Settings settings = fake.settings();
  settings.idle_stop = 20ms;
  const auto synthesiser = make(settings);
  EXPECT_EQ(heard(*synthesiser, "One."), "One.");
  EXPECT_TRUE(test::eventually([&] { return !synthesiser->process_group(english).has_value(); }));
  EXPECT_EQ(heard(*synthesiser, "Two."), "Two.");
}

TEST(EspeakFaults, AProcessThatAlwaysEndsWhenIdleIsNotStartedInACircle) {
  const test::TemporaryDirectory place;
  const std::string starts = (place.path() / "starts").string();
  // In English it works the first time and then ends at once; in Spanish it always works.
  const FakeProgram fake("test $2 = gmw/en && echo on >>" + starts +
                         "; test $2 = gmw/en -a $(wc -l <" + starts + ") -gt 1 || echo_speech");
  const auto synthesiser = make(fake.settings());
  EXPECT_EQ(heard(*synthesiser, "One."), "One.");
  EXPECT_TRUE(test::eventually([&] { return test::lines_of(starts) == 3U; }));
  for (int i = 0; i < 20; ++i) {  // time enough for many more
    EXPECT_TRUE(contract::speak_one(*synthesiser, spanish, "Uno.").has_value());
  }
  EXPECT_EQ(test::lines_of(starts), 3U);
  expect_code(ask(*synthesiser, "Two."), ErrorCode::unavailable);
}

}  // namespace
}  // namespace sotto::providers::espeak
