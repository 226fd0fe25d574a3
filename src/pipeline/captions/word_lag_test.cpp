#include "pipeline/captions/word_lag.hpp"

#include "tests/support/session_fixture.hpp"

namespace sotto::pipeline {
namespace {

using testing::final_result;
using testing::partial;
using testing::stable_partial;

std::vector<milliseconds> ms(std::initializer_list<milliseconds::rep> values) {
  return {values.begin(), values.end()};
}

TEST(WordLag, TakesTheFirstCaptionThatReachesAWord) {
  WordLag lag;
  lag.sent(at_ms(700), false, at_ms(1000));  // the first two words, at 300 and 600
  lag.sent(at_ms(950), false, at_ms(1500));  // the third, at 900
  lag.sent(at_ms(700), true, at_ms(1600));
  for (const auto end : {300, 600, 900, 1200}) lag.expect(at_ms(end), at_ms(end - 150));
  EXPECT_EQ(lag.take_shown(), ms({700, 400, 600}));
  EXPECT_EQ(lag.take_settled(), ms({1300, 1000}));
  lag.sent(at_ms(1200), true, at_ms(2000));
  EXPECT_EQ(lag.take_shown(), ms({800}));
  EXPECT_EQ(lag.take_settled(), ms({1100, 800}));
}

TEST(WordLag, WaitsForNothingThatNobodyFollows) {
  WordLag lag;
  lag.expect(at_ms(300), at_ms(150));
  lag.forget();
  lag.sent(at_ms(300), true, at_ms(9000));
  EXPECT_TRUE(lag.take_shown().empty());
  EXPECT_TRUE(lag.take_settled().empty());
}

TEST(WordLag, WhatIsTooLongAgoIsNotGuessedAt) {
  WordLag lag;
  for (int i = 1; i <= 1000; ++i) lag.sent(at_ms(i * 100), false, at_ms(i * 100 + 50));
  lag.expect(at_ms(100), at_ms(90));
  lag.expect(at_ms(100'000), at_ms(99'950));
  EXPECT_EQ(lag.take_shown(), ms({50}));
}

class WordLagOfASession : public testing::SessionTest {
 protected:
  void answer_all() {
    while (!translator.requests.empty()) answer();
  }
  // Four words until 1200, shown from `shown` on and final at 4000.
  void say_sentence(milliseconds::rep shown) {
    at(shown);
    say(stable_partial("one two three four"));
    answer_all();
    at(4000);
    say(final_result("one two three four."));
    answer_all();
  }
};

TEST_F(WordLagOfASession, IsWhatPartialResultsWin) {
  const auto reader = listen("es");
  say_sentence(2000);
  EXPECT_EQ(figures().word_lag.count(), 4u);
  EXPECT_NEAR(figures().word_lag.mean(), 2000 - 750, 5);
  EXPECT_GT(figures().settled_lag.mean(), 2000 - 750);
}

TEST_F(WordLagOfASession, CountsOfEachLanguageWhatItsListenersWaitedFor) {
  const auto spanish = listen("es");
  at(1000);
  const auto catalan = listen("ca");  // the fourth word alone is captured after that
  say_sentence(2000);
  EXPECT_EQ(figures().word_lag.count(), 4u + 1);
}

TEST_F(WordLagOfASession, OfTheSourceWhereNobodyFollowsATranslation) {
  const auto reader = listen("en");
  say_sentence(1500);
  EXPECT_EQ(figures().word_lag.count(), 4u);
  EXPECT_NEAR(figures().word_lag.mean(), 1500 - 750, 5);
}

TEST_F(WordLagOfASession, AWordThatWasTakenBackCountsOnce) {
  const auto reader = listen("es");
  at(1000);
  say(partial("one two tree"));
  answer_all();
  say_sentence(2000);
  EXPECT_EQ(figures().word_lag.count(), 4u);
}

TEST_F(WordLagOfASession, ComingBackStartsAnew) {
  const auto reader = listen("es");
  session->unsubscribe(reader);
  poll();
  say_sentence(2000);
  const auto back = listen("es", 0);
  answer_all();
  EXPECT_EQ(figures().word_lag.count(), 0u);
  EXPECT_EQ(figures().segment_latency.count(), 0u);
}

}  // namespace
}  // namespace sotto::pipeline
