// What happens when a voice's process misbehaves, shown with shell scripts in its place, and when
// another synthesiser speaks instead.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <memory>

#include "providers/sherpa/synthesiser.hpp"
#include "providers/sherpa/test_support.hpp"
#include "supervision/child_process.hpp"
#include "tests/contract/synthesiser_answers.hpp"

namespace sotto::providers::sherpa {
namespace {

using namespace std::chrono_literals;
using contract::SpeechAnswers;
using ports::SpokenAudio;
using test::FakeProcess;

const Language english("en");
const Language spanish("es");

/// Answers at once, at a rate by which it is known.
class Other : public ports::Synthesiser {
 public:
  static constexpr int rate = 8'000;

  std::vector<Language> languages() const override { return {english, spanish}; }
  std::string voice(const Language& language) const override {
    return language == english || language == spanish ? "other" : "";
  }
  void speak(const Language&, std::string, Completion done) override {
    done(SpokenAudio{rate, std::vector<std::int16_t>(800, 5)});
  }
};

class SherpaFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!supervision::find_program("espeak-ng", supervision::search_path()))
      GTEST_SKIP() << "espeak-ng is not installed";
  }

  static std::unique_ptr<SherpaSynthesiser> make(const Settings& settings) {
    auto synthesiser = SherpaSynthesiser::create(settings);
    EXPECT_TRUE(synthesiser) << synthesiser.error().message;
    return synthesiser ? std::move(*synthesiser) : nullptr;
  }

  static Settings with_other(const FakeProcess& fake) {
    Settings settings = fake.settings();
    settings.otherwise = std::make_shared<Other>();
    return settings;
  }

  /// Who spoke: `voice`, `other`, or the error.
  static std::string ask(SherpaSynthesiser& synthesiser, const Language& language = english) {
    const auto speech = contract::speak_one(synthesiser, language, "One.");
    if (!speech) return std::string(to_string(speech.error().code));
    return speech->sample_rate == Other::rate ? "other" : "voice";
  }
};

TEST_F(SherpaFaults, AVoiceSpeaksItsLanguageAndTheOtherTheRest) {
  const FakeProcess fake;
  const auto alone = make(fake.settings());
  EXPECT_EQ(ask(*alone), "voice");
  EXPECT_EQ(ask(*alone, spanish), "not_found");
  EXPECT_EQ(alone->voice(english), "Piper test");
  EXPECT_EQ(alone->voice(spanish), "");

  const auto both = make(with_other(fake));
  EXPECT_THAT(both->languages(), ::testing::ElementsAre(english, spanish));
  EXPECT_EQ(ask(*both), "voice");
  EXPECT_EQ(ask(*both, spanish), "other");
  EXPECT_EQ(both->voice(english), "Piper test");
  EXPECT_EQ(both->voice(spanish), "other");
}

TEST_F(SherpaFaults, WhateverIsNoSpeechIsSpokenByTheOtherAndTheVoiceComesBack) {
  for (const char* const fault : {"exit 1", "kill -9 $$", "speech 100; echo garbage",
                                  "echo garbage", "speech 4410 | head -c 100; exit", "speech 4411",
                                  "printf 'SvS\\0\\377\\377\\377\\377'", "ready", "failed"}) {
    const test::TemporaryDirectory place;
    const std::string marker = (place.path() / "done").string();
    const FakeProcess fake("ready; while request; do if mkdir " + marker + " 2>/dev/null; then " +
                           fault + "; else speech 8820; fi; done");
    const auto synthesiser = make(with_other(fake));
    const std::string first = ask(*synthesiser);
    EXPECT_EQ(first, fault == std::string("speech 100; echo garbage") ? "voice" : "other") << fault;
    EXPECT_TRUE(test::eventually([&] { return ask(*synthesiser) == "voice"; })) << fault;
  }
}

TEST_F(SherpaFaults, WithoutAnOtherItIsAnError) {
  const FakeProcess fake("ready; request; exit 3");
  EXPECT_EQ(ask(*make(fake.settings())), "unavailable");
}

TEST_F(SherpaFaults, AVoiceThatIsStillLoadedIsWaitedForInTheBackground) {
  const test::TemporaryDirectory place;
  const std::string gate = (place.path() / "gate").string();
  const std::string first = (place.path() / "first").string();
  // The first process, which create() tries out, is quick.
  const FakeProcess fake("mkdir " + first + " 2>/dev/null || until [ -e " + gate +
                         " ]; do sleep 0.01; done; ready; while request; do speech 8820; done");
  Settings settings = with_other(fake);
  settings.deadline = 100ms;
  settings.failures_to_open = 1'000;
  const auto synthesiser = make(settings);
  EXPECT_EQ(ask(*synthesiser), "other");
  const auto group = synthesiser->process_group(english);
  EXPECT_EQ(ask(*synthesiser), "other");
  EXPECT_EQ(synthesiser->process_group(english), group);
  place.write("gate", "");
  EXPECT_TRUE(test::eventually([&] { return ask(*synthesiser) == "voice"; }));
}

TEST_F(SherpaFaults, AHungVoiceMissesTheDeadlineAndIsEnded) {
  const FakeProcess fake("ready; trap '' TERM; sleep 1000");
  Settings settings = with_other(fake);
  settings.deadline = 500ms;
  settings.first_back_off = settings.largest_back_off = 1min;
  const auto synthesiser = make(settings);
  EXPECT_EQ(ask(*synthesiser), "other");
  EXPECT_FALSE(synthesiser->process_group(english).has_value());
}

TEST_F(SherpaFaults, ALateVoiceIsReplacedForAWhile) {
  const FakeProcess fake("ready; while request; do speech 44100; done");  // 1 s of speech
  Settings settings = with_other(fake);
  settings.largest_real_time_factor = 1e-9;
  settings.failures_to_open = 2;
  settings.open_for = 1min;
  const auto synthesiser = make(settings);
  EXPECT_EQ(ask(*synthesiser), "voice");
  EXPECT_EQ(synthesiser->voice(english), "Piper test");
  EXPECT_EQ(ask(*synthesiser), "voice");
  EXPECT_EQ(ask(*synthesiser), "other");
  EXPECT_EQ(synthesiser->voice(english), "other for Piper test");
}

TEST_F(SherpaFaults, AfterAWhileTheVoiceIsTriedAgain) {
  const test::TemporaryDirectory place;
  const std::string mended = (place.path() / "mended").string();
  const FakeProcess fake("ready; while request; do [ -e " + mended +
                         " ] || exit; speech 8820; done");
  Settings settings = with_other(fake);
  settings.failures_to_open = 1;
  settings.open_for = 20ms;
  const auto synthesiser = make(settings);
  EXPECT_EQ(ask(*synthesiser), "other");
  EXPECT_EQ(synthesiser->voice(english), "other for Piper test");
  place.write("mended", "");
  EXPECT_TRUE(test::eventually([&] { return ask(*synthesiser) == "voice"; }));
  EXPECT_EQ(synthesiser->voice(english), "Piper test");
}

TEST_F(SherpaFaults, WhoeverSpeaksTheOrderIsKept) {
  const test::TemporaryDirectory place;
  const std::string count = (place.path() / "count").string();
  const FakeProcess fake("ready; while request; do echo >>" + count + "; [ $(wc -l <" + count +
                         ") = 3 ] && exit; speech 8820; done");
  const auto synthesiser = make(with_other(fake));
  SpeechAnswers answers;
  for (std::size_t i = 0; i < 10; ++i) synthesiser->speak(english, "One.", answers.completion(i));
  ASSERT_TRUE(answers.wait_for(10));
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(answers.all()[i].request, i);
    EXPECT_TRUE(answers.all()[i].result);
  }
}

TEST_F(SherpaFaults, ATextThatWaitedTooLongIsSpokenByTheOther) {
  const test::TemporaryDirectory place;
  const std::string gate = (place.path() / "gate").string();
  const FakeProcess fake("ready; while request; do until [ -e " + gate +
                         " ]; do sleep 0.01; done; speech 8820; done");
  Settings settings = with_other(fake);
  settings.longest_wait = 1ms;
  const auto synthesiser = make(settings);
  SpeechAnswers answers;
  for (std::size_t i = 0; i < 3; ++i) synthesiser->speak(english, "One.", answers.completion(i));
  ASSERT_TRUE(test::eventually([&] { return synthesiser->process_group(english).has_value(); }));
  std::this_thread::yield();
  place.write("gate", "");
  ASSERT_TRUE(answers.wait_for(3));
  EXPECT_EQ(answers.all()[2].result->sample_rate, Other::rate);
}

TEST_F(SherpaFaults, ATextThatIsTooLongIsRefusedOrSpokenByTheOther) {
  const FakeProcess fake;
  Settings settings = fake.settings();
  settings.longest_speech = 1s;
  settings.failures_to_open = 1;
  const std::string text = "Many words, and many more of them, which take long to say.";
  const auto alone = make(settings);
  EXPECT_EQ(contract::speak_one(*alone, english, text).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(ask(*alone), "voice");
  settings.otherwise = std::make_shared<Other>();
  EXPECT_EQ(contract::speak_one(*make(settings), english, text)->sample_rate, Other::rate);
}

TEST_F(SherpaFaults, KilledBetweenTextsItIsStartedAgain) {
  const FakeProcess fake;
  const auto synthesiser = make(fake.settings());
  EXPECT_EQ(ask(*synthesiser), "voice");
  ASSERT_EQ(::kill(-synthesiser->process_group(english).value(), SIGKILL), 0);
  EXPECT_TRUE(test::eventually([&] { return ask(*synthesiser) == "voice"; }));
}

TEST_F(SherpaFaults, AnIdleProcessIsEndedAndComesBack) {
  const FakeProcess fake;
  Settings settings = fake.settings();
  settings.idle_stop = 20ms;
  const auto synthesiser = make(settings);
  EXPECT_EQ(ask(*synthesiser), "voice");
  EXPECT_TRUE(test::eventually([&] { return !synthesiser->process_group(english).has_value(); }));
  EXPECT_EQ(ask(*synthesiser), "voice");
}

TEST_F(SherpaFaults, DestructionIsQuickThoughTheVoiceHangs) {
  const FakeProcess fake("ready; trap '' TERM; sleep 1000");
  auto synthesiser = make(with_other(fake));
  SpeechAnswers answers;
  for (std::size_t i = 0; i < 10; ++i) synthesiser->speak(english, "One.", answers.completion(i));
  pid_t group = 0;
  ASSERT_TRUE(test::eventually([&] {
    group = synthesiser->process_group(english).value_or(0);
    return group != 0;
  }));
  const auto began = std::chrono::steady_clock::now();
  synthesiser.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  ASSERT_EQ(answers.all().size(), 10U);
  for (const auto& answer : answers.all())
    EXPECT_EQ(answer.result.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(test::eventually([&] { return !test::group_runs(group); }));
}

}  // namespace
}  // namespace sotto::providers::sherpa
