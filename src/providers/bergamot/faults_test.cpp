// What happens when the worker misbehaves, shown with shell scripts in its place. An ordinary one
// is `cat`: it answers each request with the very same line, so its translations are the texts.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>

#include "providers/bergamot/test_support.hpp"
#include "providers/bergamot/translator.hpp"
#include "supervision/child_process.hpp"
#include "tests/contract/translator_answers.hpp"

namespace sotto::providers::bergamot {
namespace {

using namespace std::chrono_literals;
using contract::Answers;
using test::FakeEngine;

const LanguagePair pair{Language("en"), Language("es")};
constexpr const char* hang = "exec sleep 1000";

std::unique_ptr<BergamotTranslator> make(const Settings& settings) {
  auto translator = BergamotTranslator::create(settings);
  EXPECT_TRUE(translator.has_value()) << translator.error().message;
  return translator ? std::move(*translator) : nullptr;
}

Result<std::string> ask(BergamotTranslator& translator, const std::string& text) {
  return contract::translate_one(translator, pair, text);
}

std::string answer_of(BergamotTranslator& translator, const std::string& text) {
  const auto result = ask(translator, text);
  return result ? *result : "error: " + result.error().message;
}

void expect_code(const Result<std::string>& result, ErrorCode code) {
  ASSERT_FALSE(result.has_value()) << *result;
  EXPECT_EQ(result.error().code, code) << result.error().message;
}

/// A worker that answers its first request with `answer`, as printf writes it, and hangs.
std::string saying(const std::string& answer) {
  return std::string(FakeEngine::ready) + "read -r line; printf '" + answer + "'; " + hang;
}

/// Which start of a stand-in this is: `if first; then ...`, `if second; then ...`.
std::string counting_starts(const test::TemporaryDirectory& place) {
  const std::string at = place.path().string();
  return "first() { mkdir " + at + "/1 2>/dev/null; }\nsecond() { mkdir " + at +
         "/2 2>/dev/null; }\n";
}

TEST(BergamotFaults, AWorkerThatEndsAtOnceIsUnavailable) {
  const FakeEngine fake("exit 1");
  const auto translator = make(fake.settings());
  expect_code(ask(*translator, "One."), ErrorCode::unavailable);
  EXPECT_FALSE(translator->process_group(pair).has_value());
}

TEST(BergamotFaults, AWorkerTakenAwayLaterIsUnavailable) {
  const FakeEngine fake(FakeEngine::echo());
  const auto translator = make(fake.settings());
  std::filesystem::remove(fake.directory().path() / "worker.sh");
  expect_code(ask(*translator, "One."), ErrorCode::unavailable);
}

TEST(BergamotFaults, OneFailureIsRetriedUnseen) {
  for (const std::string first :
       {"exit 1", "read -r line", "yes", hang, R"(printf 'x\n')", R"(printf '{"id":1}\n')",
        R"(printf '{"id":2,"text":"Two."}\n')", R"(printf '{"id":1,"text":"\377"}\n')",
        R"(printf '{"id":1,"text":7}\n')", R"(printf '[]\n')", R"(printf '{"ready":true}\n')"}) {
    const test::TemporaryDirectory place;
    const FakeEngine fake(FakeEngine::first_time(place, first));
    Settings settings = fake.settings();
    settings.deadline = 3s;
    const auto translator = make(settings);
    EXPECT_EQ(answer_of(*translator, "One."), "One.") << first;
    EXPECT_EQ(answer_of(*translator, "Two."), "Two.") << first;
  }
}

TEST(BergamotFaults, NonsenseInsteadOfAnAnswerIsUnavailable) {
  for (const std::string answer :
       {R"({"id":7,"text":"One."}\n)", R"({"id":1,"text":"\377\376"}\n)", R"(One.\n)", R"(\n)",
        R"({"id":1,"text":"One."}\n{"id":2,"text":"Two."}\n)", R"({"id":1,"text":"\\ud800"}\n)"}) {
    const FakeEngine fake(saying(answer));
    expect_code(ask(*make(fake.settings()), "One."), ErrorCode::unavailable);
  }
}

TEST(BergamotFaults, NonsenseInsteadOfReadinessIsUnavailable) {
  for (const char* const said : {"echo hello", "echo '{\"id\":1,\"text\":\"One.\"}'", "yes"}) {
    const FakeEngine fake(std::string(said) + "\nexec cat");
    expect_code(ask(*make(fake.settings()), "One."), ErrorCode::unavailable);
  }
}

TEST(BergamotFaults, AFloodIsCutOff) {
  const FakeEngine fake(std::string(FakeEngine::ready) + "read -r line; yes | tr -d '\\n'");
  expect_code(ask(*make(fake.settings()), "One."), ErrorCode::unavailable);
}

TEST(BergamotFaults, AnAnswerThatIsNoTranslationIsDroppedAndTheWorkerKept) {
  const std::string repeated = "es es es es es es es es es es";
  for (const std::string& answer :
       {std::string(), std::string(" "), std::string(900, 'x'), repeated}) {
    const FakeEngine fake(std::string(FakeEngine::ready) +
                          "read -r line; printf '{\"id\":1,\"text\":\"" + answer +
                          "\"}\\n'; exec cat");
    const auto translator = make(fake.settings());
    expect_code(ask(*translator, "One."), ErrorCode::unavailable);
    const auto group = translator->process_group(pair);
    EXPECT_TRUE(group.has_value());
    EXPECT_EQ(answer_of(*translator, "Two."), "Two.");
    EXPECT_EQ(translator->process_group(pair), group);
  }
}

TEST(BergamotFaults, ASlowWorkersLateAnswerIsNeverTheNextRequests) {
  // Keeps the first text back until the second has come, and then says both.
  const FakeEngine fake(std::string(FakeEngine::ready) + "exec sed -u N");
  Settings settings = fake.settings();
  settings.deadline = 200ms;
  settings.failures_to_open = 1000;
  const auto translator = make(settings);
  for (int i = 0; i < 2; ++i) {
    const auto result = ask(*translator, "Text " + std::to_string(i) + ".");
    EXPECT_FALSE(result.has_value());
  }
}

TEST(BergamotFaults, ASecondAnswerIsNeverTheNextRequests) {
  const FakeEngine fake(std::string(FakeEngine::ready) + "exec sed -u p");
  Settings settings = fake.settings();
  settings.failures_to_open = 1000;
  const auto translator = make(settings);
  for (int i = 0; i < 20; ++i) {
    const std::string text = "Text " + std::to_string(i) + ".";
    EXPECT_EQ(ask(*translator, text).value_or(text), text);
  }
}

TEST(BergamotFaults, AHungWorkerHoldsNoTextLongerThanTheBoundAndTheNextIsTranslated) {
  const test::TemporaryDirectory place;
  const FakeEngine fake(counting_starts(place) + FakeEngine::ready + "if first || second; then " +
                        hang + "; fi\nexec cat");
  Settings settings = fake.settings();
  settings.deadline = 1s;
  settings.answer_within = 2300ms;
  settings.failures_to_open = 1000;
  const auto translator = make(settings);
  Answers answers;
  constexpr std::size_t count = 10;
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < count; ++i) {
    translator->translate(pair, "One.", answers.completion(i));
  }
  ASSERT_TRUE(answers.wait_for(count));
  // Two attempts each would take 20 s.
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(answers.all()[i].request, i);
    expect_code(answers.all()[i].result, ErrorCode::deadline_exceeded);
  }
  EXPECT_EQ(answer_of(*translator, "Two."), "Two.");
}

TEST(BergamotFaults, KilledInMidSentenceItAnswersAllInOrder) {
  const test::TemporaryDirectory place;
  const std::string on = (place.path() / "on").string();
  const FakeEngine fake(counting_starts(place) + FakeEngine::ready +
                        "if first; then read -r line; touch " + on + "; " + hang +
                        "; fi\nexec cat");
  const auto translator = make(fake.settings());
  Answers answers;
  constexpr std::size_t count = 20;
  const auto text = [](std::size_t i) { return "Text " + std::to_string(i) + "."; };
  for (std::size_t i = 0; i < count; ++i)
    translator->translate(pair, text(i), answers.completion(i));
  ASSERT_TRUE(test::eventually([&] { return std::filesystem::exists(on); }));
  ASSERT_EQ(::kill(-translator->process_group(pair).value(), SIGKILL), 0);
  ASSERT_TRUE(answers.wait_for(count));
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(answers.all()[i].request, i);
    EXPECT_EQ(answers.all()[i].result, text(i));
  }
}

TEST(BergamotFaults, AModelThatLoadsForLongHoldsNoTextUp) {
  const test::TemporaryDirectory place;
  const std::string gate = (place.path() / "gate").string();
  ASSERT_EQ(::mkfifo(gate.c_str(), 0600), 0);
  const FakeEngine fake("read -r line <" + gate + "\n" + FakeEngine::echo());
  Settings settings = fake.settings();
  settings.deadline = 200ms;
  settings.failures_to_open = 1;
  const auto translator = make(settings);
  for (int i = 0; i < 3; ++i) expect_code(ask(*translator, "One."), ErrorCode::unavailable);
  const auto group = translator->process_group(pair);
  ASSERT_TRUE(group.has_value());
  std::ofstream(gate) << "open\n";
  EXPECT_TRUE(test::eventually([&] { return ask(*translator, "Two.").has_value(); }));
  EXPECT_EQ(translator->process_group(pair), group);
}

TEST(BergamotFaults, AModelThatNeverLoadsIsGivenUp) {
  const FakeEngine fake(hang);
  Settings settings = fake.settings();
  settings.deadline = 50ms;
  settings.load_deadline = 300ms;
  const auto translator = make(settings);
  expect_code(ask(*translator, "One."), ErrorCode::unavailable);
  const auto group = translator->process_group(pair);
  ASSERT_TRUE(group.has_value());
  EXPECT_TRUE(test::eventually([&] { return !test::group_runs(*group); }));
}

TEST(BergamotFaults, TheBreakerAnswersAtOnceAndProbesLater) {
  const test::TemporaryDirectory place;
  const std::string starts = (place.path() / "starts").string();
  const FakeEngine fake("echo on >>" + starts + "\nif test -e " +
                        (place.path() / "mended").string() + "; then " + FakeEngine::echo() +
                        "; fi\n");
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

TEST(BergamotFaults, ABackOffLongerThanTheDeadlineIsAnsweredAtOnce) {
  const FakeEngine fake("exit 1");
  Settings settings = fake.settings();
  settings.deadline = 1s;
  settings.first_back_off = settings.largest_back_off = 1min;
  const auto translator = make(settings);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) expect_code(ask(*translator, "One."), ErrorCode::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

TEST(BergamotFaults, DestructionIsQuickThoughTheWorkerHangs) {
  const FakeEngine fake("trap '' TERM\n" + std::string(FakeEngine::ready) +
                        "sleep 1000; sleep 1000");
  auto translator = make(fake.settings());
  Answers answers;
  for (std::size_t i = 0; i < 10; ++i) translator->translate(pair, "One.", answers.completion(i));
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

TEST(BergamotFaults, AnIdleWorkerIsEndedAndComesBack) {
  const FakeEngine fake(FakeEngine::echo());
  Settings settings = fake.settings();
  settings.idle_stop = 20ms;
  const auto translator = make(settings);
  EXPECT_EQ(answer_of(*translator, "One."), "One.");
  EXPECT_TRUE(test::eventually([&] { return !translator->process_group(pair).has_value(); }));
  EXPECT_EQ(answer_of(*translator, "Two."), "Two.");
}

/// Not a test: what the next one runs in a process of its own, to be killed.
TEST(BergamotFaultsHelper, DISABLED_TranslatesAndWaitsToBeKilled) {
  const char* const place = std::getenv("SOTTO_TEST_PLACE");
  ASSERT_NE(place, nullptr);
  Settings settings = test::patient_settings();
  settings.node = std::string(place) + "/node";
  settings.worker = std::string(place) + "/worker.sh";
  settings.model_folders = {place};
  settings.scratch = place;
  const auto translator = make(settings);
  Answers answers;
  translator->translate(pair, "One.", answers.completion(0));
  ASSERT_TRUE(test::eventually([&] {
    return translator->process_group(pair) && std::filesystem::exists(std::string(place) + "/on");
  }));
  std::ofstream(std::string(place) + "/group.new") << *translator->process_group(pair) << "\n";
  std::filesystem::rename(std::string(place) + "/group.new", std::string(place) + "/group");
  std::string line;
  std::getline(std::cin, line);
}

TEST(BergamotFaults, AKilledServerLeavesNoProcess) {
  const FakeEngine fake("PLACEHOLDER");
  const std::string place = fake.directory().path().string();
  // It neither reads nor heeds anything: the end of its input alone would not end it.
  fake.directory().write("worker.sh",
                         "trap '' TERM HUP; touch " + place + "/on; exec sleep 1000\n");
  auto server = supervision::ChildProcess::start(
      {{std::filesystem::read_symlink("/proc/self/exe").string(),
        "--gtest_filter=BergamotFaultsHelper.*", "--gtest_also_run_disabled_tests"},
       {"SOTTO_TEST_PLACE=" + place, "PATH=/usr/bin:/bin"},
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
}  // namespace sotto::providers::bergamot
