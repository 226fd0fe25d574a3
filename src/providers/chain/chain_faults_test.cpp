#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/bell.hpp"
#include "tests/support/played_translators.hpp"

namespace sotto::providers::chain {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Settings two_failures() {
  Settings settings;
  settings.deadline = seconds{4};
  settings.failures_to_pass_over = 2;
  settings.passed_over_for = seconds{10};
  return settings;
}

TEST(ChainFaults, ALinkThatFailsHandsTheTextToTheNext) {
  for (const ErrorCode code :
       {ErrorCode::unavailable, ErrorCode::deadline_exceeded, ErrorCode::resource_exhausted,
        ErrorCode::permission_denied, ErrorCode::not_found, ErrorCode::internal}) {
    PlayedChain played;
    played.ask("one");
    played.first->refuse(code);
    EXPECT_THAT(played.answers, IsEmpty());
    played.second->answer("uno");
    EXPECT_THAT(played.answers, ElementsAre("uno"));
  }
}

TEST(ChainFaults, ALinkThatHangsIsGivenUpAfterItsShareAndItsLateAnswerIgnored) {
  PlayedChain played(two_failures());
  played.ask("one");
  played.time->pass(milliseconds{1'999});
  EXPECT_THAT(played.second->asked, IsEmpty());
  played.time->pass(milliseconds{1});
  EXPECT_THAT(played.second->asked, ElementsAre("one"));
  played.first->answer("late");
  EXPECT_THAT(played.answers, IsEmpty());
  played.second->answer("uno");
  EXPECT_THAT(played.answers, ElementsAre("uno"));
  EXPECT_THAT(played.told, ElementsAre("First deadline_exceeded", "Second translated"));
}

TEST(ChainFaults, WhereAllHangTheAnswerComesWithinTheDeadline) {
  PlayedChain played(two_failures());
  played.ask("one");
  played.time->pass(milliseconds{3'999});
  EXPECT_THAT(played.answers, IsEmpty());
  played.time->pass(milliseconds{1});
  EXPECT_THAT(played.answers, ElementsAre("deadline_exceeded"));
  played.second->answer("late");
  EXPECT_EQ(played.answers.size(), 1u);
}

TEST(ChainFaults, TheLastLinkHasAllTheTimeThatIsLeft) {
  PlayedChain played(two_failures());
  played.ask("one");
  played.first->refuse();
  played.time->pass(milliseconds{3'999});
  EXPECT_THAT(played.answers, IsEmpty());
  played.second->answer("uno");
  EXPECT_THAT(played.answers, ElementsAre("uno"));
}

TEST(ChainFaults, ALinksOwnDeadlineMayBeShorterThanItsShare) {
  auto time = std::make_shared<PlayedTime>();
  auto first = std::make_shared<Play>(), second = std::make_shared<Play>();
  std::vector<Link> links;
  links.push_back({"First", std::make_unique<PlayedTranslator>("First", first), seconds{1}});
  links.push_back({"Second", std::make_unique<PlayedTranslator>("Second", second)});
  const auto chain = ChainTranslator::create(std::move(links), two_failures(), {},
                                             std::make_unique<PlayedDeadlines>(time))
                         .value();
  chain->translate(to_spanish, "one", [](const Result<std::string>&) {});
  time->pass(seconds{1});
  EXPECT_THAT(second->asked, ElementsAre("one"));
}

TEST(ChainFaults, AnswersKeepTheirOrderWhoeverAnswers) {
  PlayedChain played;
  for (const char* text : {"one", "two", "three"}) played.ask(text);
  played.ask("u", to_catalan);
  played.first->refuse();         // "one" goes on
  played.first->answer("dos");    // and "two" waits for it
  played.first->answer("ca", 1);  // another pair waits for nobody
  EXPECT_THAT(played.answers, ElementsAre("ca"));
  played.second->answer("uno");
  EXPECT_THAT(played.answers, ElementsAre("ca", "uno", "dos"));
  played.first->answer("tres");
  EXPECT_THAT(played.answers, ElementsAre("ca", "uno", "dos", "tres"));
}

TEST(ChainFaults, ALinkThatKeepsFailingIsPassedOverAtOnceForItsPair) {
  PlayedChain played(two_failures());
  played.second->answers_at_once = true;
  for (const char* text : {"one", "two"}) {
    played.ask(text);
    played.first->refuse();
  }
  played.told.clear();
  played.ask("three");
  EXPECT_THAT(played.first->asked, ElementsAre("one", "two"));
  EXPECT_EQ(played.answers.back(), "Second: three");
  EXPECT_THAT(played.told, ElementsAre("First passed_over", "Second translated"));
  played.ask("u", to_catalan);
  EXPECT_EQ(played.first->asked.back(), "u");
}

TEST(ChainFaults, ItIsProbedWithACopyAndReturns) {
  PlayedChain played(two_failures());
  played.second->answers_at_once = true;
  for (const char* text : {"one", "two"}) {
    played.ask(text);
    played.first->refuse();
  }
  EXPECT_EQ(played.told.at(3), "First passed over: it is down");
  played.time->pass(seconds{10});
  played.told.clear();
  played.ask("three");  // probes, and waits for nothing
  EXPECT_EQ(played.answers.back(), "Second: three");
  played.ask("four");  // one probe at a time
  EXPECT_THAT(played.first->asked, ElementsAre("one", "two", "three"));
  played.first->answer("tres");
  EXPECT_EQ(played.answers.size(), 4u);
  EXPECT_THAT(played.told, ElementsAre("Second translated", "First passed_over",
                                       "Second translated", "First translated", "First returned"));
  played.ask("five");
  played.first->answer("cinco");
  EXPECT_EQ(played.answers.back(), "cinco");
}

TEST(ChainFaults, AProbeThatHangsKeepsItPassedOver) {
  PlayedChain played(two_failures());
  played.second->answers_at_once = true;
  for (const char* text : {"one", "two"}) {
    played.ask(text);
    played.first->refuse();
  }
  played.time->pass(seconds{10});
  played.ask("three");
  played.time->pass(seconds{4});
  played.first->answer("late");
  played.ask("four");
  EXPECT_THAT(played.first->asked, ElementsAre("one", "two", "three"));
  played.time->pass(seconds{10});
  played.ask("five");
  EXPECT_EQ(played.first->asked.back(), "five");
}

TEST(ChainFaults, WhereAllArePassedOverTheAnswerComesAtOnce) {
  PlayedChain played(two_failures());
  played.first->fails_at_once = played.second->fails_at_once = ErrorCode::unavailable;
  for (const char* text : {"one", "two", "three"}) played.ask(text);
  EXPECT_THAT(played.answers, ElementsAre("unavailable", "unavailable", "unavailable"));
  EXPECT_THAT(played.first->asked, ElementsAre("one", "two"));
  EXPECT_THAT(played.second->asked, ElementsAre("one", "two"));
}

TEST(ChainFaults, WhereAllAreDueForAProbeTheFirstThatIsBackAnswers) {
  PlayedChain played(two_failures());
  played.first->fails_at_once = played.second->fails_at_once = ErrorCode::unavailable;
  for (const char* text : {"one", "two"}) played.ask(text);
  played.first->fails_at_once = played.second->fails_at_once = std::nullopt;
  played.time->pass(seconds{10});
  played.ask("three");
  played.second->answer("tres");
  EXPECT_EQ(played.answers.back(), "tres");
  played.first->answer("late");
  EXPECT_EQ(played.answers.size(), 3u);
  played.ask("four");
  EXPECT_EQ(played.first->asked.back(), "four") << "its late answer was well in time for a probe";
}

TEST(ChainFaults, WhatIsNotUtf8IsAFailure) {
  PlayedChain played;
  played.ask("one");
  played.first->answer("caf\xe9");
  played.second->answer("\xff");
  EXPECT_THAT(played.answers, ElementsAre("unavailable"));
}

TEST(ChainFaults, AnEmptyAnswerGoesToTheNextAndCountsWhereNobodyHasAnother) {
  PlayedChain played;
  played.ask("one");
  played.first->answer(" ");
  played.second->answer("uno");
  played.ask("two");
  played.first->answer("");
  played.second->refuse();
  played.ask(" ");
  played.first->answer("");
  EXPECT_THAT(played.answers, ElementsAre("uno", "", ""));
}

TEST(ChainFaults, ATextThatNobodyTakesSaysNothingOfTheLinks) {
  PlayedChain played(two_failures());
  played.first->fails_at_once = played.second->fails_at_once = ErrorCode::invalid_argument;
  for (const char* text : {"one", "two", "three"}) played.ask(text);
  EXPECT_THAT(played.answers,
              ElementsAre("invalid_argument", "invalid_argument", "invalid_argument"));
  EXPECT_EQ(played.first->asked.size(), 3u);
}

TEST(ChainFaults, AFullLineRefuses) {
  Settings settings;
  settings.max_queued = 2;
  PlayedChain played(settings);
  for (const char* text : {"one", "two", "three"}) played.ask(text);
  EXPECT_THAT(played.answers, ElementsAre("resource_exhausted"));
  played.first->answer("uno");
  played.ask("four");
  EXPECT_EQ(played.answers.size(), 2u);
}

TEST(ChainFaults, DestructionAnswersWhatIsOpenInOrderAndAsksNobody) {
  PlayedChain played;
  for (const char* text : {"one", "two", "three"}) played.ask(text);
  played.first->refuse();       // "one" is at the second
  played.first->answer("dos");  // "two" waits for it
  played.second->answers_at_end = false;
  played.chain.reset();
  EXPECT_THAT(played.answers, ElementsAre("unavailable", "dos", "unavailable"));
  EXPECT_THAT(played.second->asked, ElementsAre("one"));
  played.second->answer("too late for anybody");
  EXPECT_EQ(played.answers.size(), 3u);
}

// Answers on threads of its own, each time with another outcome.
class Threaded : public ports::Translator {
 public:
  ~Threaded() override {
    for (std::thread& thread : threads_) thread.join();
  }
  std::vector<LanguagePair> pairs() const override { return {to_spanish}; }
  void translate(const LanguagePair&, std::string text, Completion done) override {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([text, done = std::move(done), turn = threads_.size()] {
      if (turn % 3 == 0) return done(fail(ErrorCode::unavailable, "it is down"));
      done(text);
    });
  }

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;  // guarded by mutex_
};

TEST(ChainFaults, ManyThreadsGetTheirAnswersInOrderAlsoAtItsEnd) {
  constexpr int callers = 4, each = 40;
  std::vector<Link> links;
  for (const char* name : {"One", "Two", "Three"})
    links.push_back({name, std::make_unique<Threaded>()});
  Settings settings;
  settings.max_queued = callers * each;
  settings.failures_to_pass_over = 1'000;
  auto chain = ChainTranslator::create(std::move(links), settings).value();
  std::mutex mutex;
  std::vector<std::vector<int>> answered(callers);
  std::vector<std::thread> threads;
  for (int caller = 0; caller < callers; ++caller)
    threads.emplace_back([&, caller] {
      for (int i = 0; i < each; ++i)
        chain->translate(to_spanish, std::to_string(i), [&, caller, i](const Result<std::string>&) {
          const std::lock_guard lock(mutex);
          answered[static_cast<std::size_t>(caller)].push_back(i);
        });
    });
  for (std::thread& thread : threads) thread.join();
  chain.reset();
  for (const auto& of_caller : answered) {
    EXPECT_EQ(of_caller.size(), static_cast<std::size_t>(each));
    EXPECT_TRUE(std::is_sorted(of_caller.begin(), of_caller.end()));
  }
}

}  // namespace
}  // namespace sotto::providers::chain
