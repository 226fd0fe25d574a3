// What happens when the pipeline misbehaves, shown with shell commands in Apertium's place. An
// ordinary one is `cat`: a language pair whose translations are the texts themselves.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>

#include "providers/apertium/test_support.hpp"
#include "providers/apertium/translator.hpp"
#include "supervision/child_process.hpp"
#include "tests/contract/translator_answers.hpp"

namespace sotto::providers::apertium {
namespace {

using namespace std::chrono_literals;
using contract::Answers;

const LanguagePair pair{Language("en"), Language("es")};

std::unique_ptr<ApertiumTranslator> make(const Settings& settings) {
  auto translator = ApertiumTranslator::create(settings);
  EXPECT_TRUE(translator.has_value()) << translator.error().message;
  return translator ? std::move(*translator) : nullptr;
}

Result<std::string> ask(ApertiumTranslator& translator, const std::string& text) {
  return contract::translate_one(translator, pair, text);
}

std::string answer_of(ApertiumTranslator& translator, const std::string& text) {
  const auto result = ask(translator, text);
  return result ? *result : "error: " + result.error().message;
}

void expect_code(const Result<std::string>& result, ErrorCode code) {
  ASSERT_FALSE(result.has_value()) << *result;
  EXPECT_EQ(result.error().code, code) << result.error().message;
}

TEST(ApertiumFaults, APipelineThatEndsAtOnceIsUnavailable) {
  const test::FakeEngine fake("true");
  const auto translator = make(fake.settings());
  expect_code(ask(*translator, "One."), ErrorCode::unavailable);
  EXPECT_FALSE(translator->process_group(pair).has_value());
}

TEST(ApertiumFaults, AMissingProgramInThePipelineIsUnavailable) {
  const test::FakeEngine fake("no-such-program -z | cat");
  expect_code(ask(*make(fake.settings()), "One."), ErrorCode::unavailable);
}

TEST(ApertiumFaults, AnEmptyModeIsUnavailable) {
  const test::FakeEngine fake("");
  expect_code(ask(*make(fake.settings()), "One."), ErrorCode::unavailable);
}

TEST(ApertiumFaults, AModeTakenAwayLaterIsUnavailable) {
  const test::FakeEngine fake("cat");
  const auto translator = make(fake.settings());
  std::filesystem::remove(fake.directory().path() / "eng-spa.mode");
  expect_code(ask(*translator, "One."), ErrorCode::unavailable);
}

TEST(ApertiumFaults, OneFailureIsRetriedUnseen) {
  for (const char* const first : {"exit 1", "read line", "yes", "sleep 1000", "printf 'x\\0'"}) {
    const test::TemporaryDirectory place;
    const test::FakeEngine fake(test::FakeEngine::first_time(place, first));
    Settings settings = fake.settings();
    settings.deadline = 3s;
    const auto translator = make(settings);
    EXPECT_EQ(answer_of(*translator, "One."), "One.") << first;
    EXPECT_EQ(answer_of(*translator, "Two."), "Two.") << first;
  }
}

TEST(ApertiumFaults, AHungPipelineMissesTheDeadlineAndIsEnded) {
  const test::TemporaryDirectory place;
  const std::string groups = (place.path() / "groups").string();
  // The shell that starts this script leads the group.
  const test::FakeEngine fake(
      "sh " + place.write("hang.sh", "echo $PPID >>" + groups + "; trap '' TERM; sleep 1000\n"));
  Settings settings = fake.settings();
  settings.deadline = 1500ms;
  const auto translator = make(settings);
  expect_code(ask(*translator, "One."), ErrorCode::deadline_exceeded);
  std::ifstream in(groups);
  std::size_t starts = 0;
  for (pid_t group = 0; in >> group; ++starts) {
    EXPECT_TRUE(test::eventually([&] { return !test::group_runs(group); }));
  }
  EXPECT_EQ(starts, 2U);  // the second try
}

TEST(ApertiumFaults, AFloodIsCutOff) {
  const test::FakeEngine fake("yes 'a b c d e f'");
  expect_code(ask(*make(fake.settings()), "One."), ErrorCode::unavailable);
}

TEST(ApertiumFaults, AnAnswerWithoutTheRequestsNumberIsNotBelieved) {
  const test::FakeEngine fake("sed -u -z 's/.[[].*//'");
  expect_code(ask(*make(fake.settings()), "One."), ErrorCode::unavailable);
}

TEST(ApertiumFaults, ASecondAnswerIsNeverTheNextRequests) {
  const test::FakeEngine fake("sed -u -z p");
  Settings settings = fake.settings();
  settings.failures_to_open = 1000;
  const auto translator = make(settings);
  for (int i = 0; i < 20; ++i) {
    const std::string text = "Text " + std::to_string(i) + ".";
    EXPECT_EQ(ask(*translator, text).value_or(text), text);
  }
}

TEST(ApertiumFaults, ALateAnswerIsNeverTheNextRequests) {
  // Keeps the first text back until the second has come, and then says both.
  const test::FakeEngine fake("sed -u -z 'N'");
  Settings settings = fake.settings();
  settings.deadline = 200ms;
  settings.failures_to_open = 1000;
  const auto translator = make(settings);
  for (int i = 0; i < 2; ++i) {
    expect_code(ask(*translator, "Text " + std::to_string(i) + "."), ErrorCode::deadline_exceeded);
  }
}

TEST(ApertiumFaults, TheBreakerAnswersAtOnceAndProbesLater) {
  const test::TemporaryDirectory place;
  const std::string starts = (place.path() / "starts").string();
  const test::FakeEngine fake("sh " +
                              place.write("broken.sh", "echo on >>" + starts + "\nif test -e " +
                                                           (place.path() / "mended").string() +
                                                           "; then exec cat; fi\n"));
  Settings settings = fake.settings();
  settings.failures_to_open = 3;
  settings.open_for = 3s;
  const auto translator = make(settings);
  expect_code(ask(*translator, "One."), ErrorCode::unavailable);    // two starts
  expect_code(ask(*translator, "Two."), ErrorCode::unavailable);    // one, and it opens
  expect_code(ask(*translator, "Three."), ErrorCode::unavailable);  // none
  EXPECT_EQ(supervision::test::lines_of(starts), 3U);
  place.write("mended", "");
  EXPECT_TRUE(test::eventually([&] { return ask(*translator, "Four.").has_value(); }));
  EXPECT_EQ(supervision::test::lines_of(starts), 4U);
}

TEST(ApertiumFaults, DestructionIsQuickThoughThePipelineHangs) {
  const test::FakeEngine fake("sh -c \"trap '' TERM; sleep 1000; sleep 1000\"");
  auto translator = make(fake.settings());
  Answers answers;
  for (std::size_t i = 0; i < 10; ++i) {
    translator->translate(pair, "One.", answers.completion(i));
  }
  pid_t group = 0;
  ASSERT_TRUE(test::eventually([&] {
    group = translator->process_group(pair).value_or(0);
    return group != 0;
  }));
  const auto began = std::chrono::steady_clock::now();
  translator.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
  ASSERT_EQ(answers.all().size(), 10U);
  for (const auto& answer : answers.all()) expect_code(answer.result, ErrorCode::unavailable);
  EXPECT_TRUE(test::eventually([&] { return !test::group_runs(group); }));
}

TEST(ApertiumFaults, DestructionIsQuickThoughABackOffRuns) {
  const test::FakeEngine fake("true");
  Settings settings = fake.settings();
  settings.first_back_off = settings.largest_back_off = 1min;
  auto translator = make(settings);
  Answers answers;
  translator->translate(pair, "One.", answers.completion(0));
  translator.reset();
  ASSERT_EQ(answers.all().size(), 1U);
  expect_code(answers.all().front().result, ErrorCode::unavailable);
}

TEST(ApertiumFaults, AnIdlePipelineIsEndedAndComesBack) {
  const test::FakeEngine fake("cat");
  Settings settings = fake.settings();
  settings.idle_stop = 20ms;
  const auto translator = make(settings);
  EXPECT_EQ(answer_of(*translator, "One."), "One.");
  EXPECT_TRUE(test::eventually([&] { return !translator->process_group(pair).has_value(); }));
  EXPECT_EQ(answer_of(*translator, "Two."), "Two.");
}

TEST(ApertiumFaults, TheGenerationOptionIsUnmarkedAndTheTaggersEmpty) {
  const test::TemporaryDirectory place;
  const std::string seen = (place.path() / "seen").string();
  const test::FakeEngine fake(
      "sh " + place.write("note.sh", "echo $# \"$@\" >" + seen + "; exec cat\n") + " $1 $2");
  EXPECT_TRUE(ask(*make(fake.settings()), "One.").has_value());
  std::string line;
  std::getline(std::ifstream(seen) >> std::ws, line);
  EXPECT_EQ(line, "1 -n");
}

/// Not a test: what the next one runs in a process of its own, to be killed.
TEST(ApertiumFaultsHelper, DISABLED_TranslatesAndWaitsToBeKilled) {
  const char* const modes = std::getenv("SOTTO_TEST_MODES");
  ASSERT_NE(modes, nullptr);
  Settings settings;
  settings.modes_directory = modes;
  settings.scratch = modes;
  settings.mode_program = std::string(modes) + "/print-mode";
  const auto translator = make(settings);
  Answers answers;
  translator->translate(pair, "One.", answers.completion(0));
  ASSERT_TRUE(test::eventually([&] { return translator->process_group(pair).has_value(); }));
  ASSERT_TRUE(
      test::eventually([&] { return ::access((std::string(modes) + "/on").c_str(), F_OK) == 0; }));
  std::ofstream(std::string(modes) + "/group.new") << *translator->process_group(pair) << "\n";
  std::filesystem::rename(std::string(modes) + "/group.new", std::string(modes) + "/group");
  std::string line;
  std::getline(std::cin, line);
}

TEST(ApertiumFaults, AKilledServerLeavesNoProcess) {
  test::FakeEngine fake("PLACEHOLDER");
  const std::string place = fake.directory().path().string();
  // A process that neither reads nor heeds anything: the end of its input alone would not end it.
  fake.directory().write("hang.sh", "trap '' TERM HUP; touch " + place + "/on; sleep 1000\n");
  fake.directory().write("eng-spa.mode", "sh " + place + "/hang.sh | cat\n");
  auto server = supervision::ChildProcess::start(
      {{std::filesystem::read_symlink("/proc/self/exe").string(),
        "--gtest_filter=ApertiumFaultsHelper.*", "--gtest_also_run_disabled_tests"},
       {"SOTTO_TEST_MODES=" + place, "PATH=/usr/bin:/bin"},
       SIGKILL,
       std::nullopt});
  ASSERT_TRUE(server.has_value());
  ASSERT_TRUE(test::eventually([&] { return std::filesystem::exists(place + "/group"); }));
  pid_t group = 0;
  std::ifstream(place + "/group") >> group;
  ASSERT_GT(group, 0);
  EXPECT_TRUE(test::group_runs(group));
  ASSERT_EQ(::kill(server->group(), SIGKILL), 0);
  EXPECT_TRUE(test::eventually([&] { return !test::group_runs(group); }));
}

}  // namespace
}  // namespace sotto::providers::apertium
