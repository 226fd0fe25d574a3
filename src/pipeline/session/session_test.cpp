#include "pipeline/session/session.hpp"

#include <filesystem>

#include "audio/recording.hpp"
#include "tests/support/session_fixture.hpp"

namespace sotto::pipeline {
namespace {

using testing::final_result;
using testing::partial;
using testing::SessionTest;

TEST_F(SessionTest, TranslatesNothingWhenNobodyListens) {
  say(final_result("good morning."));
  EXPECT_TRUE(translator.asked.empty());
  EXPECT_EQ(figures().segments, 1u);
}

TEST_F(SessionTest, TranslatesOncePerLanguageHoweverManyListen) {
  const auto a = listen("es"), b = listen("es"), c = listen("ca");
  say(final_result("good morning."));
  EXPECT_EQ(translator.asked, (std::vector<std::string>{"ca:good morning.", "es:good morning."}));
  answer();
  answer();
  EXPECT_EQ(a->lines, std::vector<std::string>{"es good morning."});
  EXPECT_EQ(b->lines, a->lines);
  EXPECT_EQ(c->lines, std::vector<std::string>{"ca good morning."});
}

TEST_F(SessionTest, ATranslatorIsToldTheLastThreeSegmentsBefore) {
  translator.at_once = true;
  const auto reader = listen("es");
  milliseconds::rep start = 0;
  for (const char* text : {"one.", "two.", "three.", "four.", "five."})
    say(final_result(text, {.id = text, .start = at_ms(start += 2000)}));
  using Texts = std::vector<std::string>;
  EXPECT_EQ(translator.contexts, (std::vector<Texts>{{},
                                                     {"one."},
                                                     {"one.", "two."},
                                                     {"one.", "two.", "three."},
                                                     {"two.", "three.", "four."}}));
}

TEST_F(SessionTest, OneLanguageDoesNotHoldUpAnother) {
  const auto catalan = listen("ca"), spanish = listen("es");
  say(final_result("one."));
  translator.requests.pop_front();  // Catalan never answers
  answer();
  EXPECT_EQ(spanish->lines, std::vector<std::string>{"es one."});
  EXPECT_TRUE(catalan->lines.empty());
}

TEST_F(SessionTest, TheLagIsTheMostOfTheLastSeconds) {
  const std::vector<std::int16_t> second(16'000);
  const auto push = [&](std::optional<milliseconds> recognised) {
    recogniser.progress = recognised;
    ASSERT_EQ(session->push_audio(second), ports::Pushed::taken);
    poll();
  };
  push({});
  EXPECT_EQ(session->status().lag.count(), 0);
  push(milliseconds{1300});
  EXPECT_EQ(session->status().lag.count(), 700);
  push({});
  EXPECT_EQ(session->status().lag.count(), 700) << "a moment ago";
  for (int i = 3; i < 13; ++i) push({});
  EXPECT_EQ(session->status().lag.count(), 0) << "ten seconds ago";
  for (int i = 0; i < 4; ++i) push(milliseconds{13'000});
  EXPECT_EQ(session->status().lag.count(), 4000) << "it is stuck";
}

TEST_F(SessionTest, TheSourceLanguageIsNotTranslated) {
  const auto reader = listen("en");
  say(final_result("good morning."));
  EXPECT_EQ(reader->lines, std::vector<std::string>{"good morning."});
  EXPECT_TRUE(translator.asked.empty());
}

TEST_F(SessionTest, TheSameTextIsTranslatedOnce) {
  const auto reader = listen("es");
  say(final_result("thank you."));
  answer();
  say(final_result("thank you.", {.id = "r2", .start = at_ms(5000)}));
  EXPECT_EQ(reader->lines, (std::vector<std::string>{"es thank you.", "es thank you."}));
  EXPECT_EQ(translator.asked.size(), 1u);
  EXPECT_EQ(figures().cache_hits, 1u);
}

TEST_F(SessionTest, AnOpenSegmentsTranslationsCoalesceFinalsDoNot) {
  const auto reader = listen("es");
  at(1000);
  say(partial("a b c d"));
  at(3000);
  say(partial("a b c d e"));
  at(5000);
  say(partial("a b c d e f g"));
  EXPECT_EQ(translator.asked, std::vector<std::string>{"es:a b c d"}) << "one at a time";
  answer();
  EXPECT_EQ(reader->lines.back(), "~a b c d e| f g (source)") << "it stands in, and says more";
  EXPECT_EQ(translator.asked.back(), "es:e f g") << "only the newest waits, and what is new in it";
  say(final_result("a b c d e f g h."));
  say(final_result("next.", {.id = "r2", .start = at_ms(9000)}));
  answer();
  answer();
  answer();
  EXPECT_EQ(reader->lines.back(), "es next.");
  EXPECT_EQ(reader->lines[reader->lines.size() - 2], "es a b c d es e f g es h.");
}

TEST_F(SessionTest, TranslatedWordsSettleWhenTwoRevisionsAgree) {
  const auto reader = listen("es");
  at(1000);
  say(partial("a b c d"));
  answer();
  at(3500);
  say(partial("a b c d e"));
  answer();
  EXPECT_EQ(reader->lines, (std::vector<std::string>{"~|es a b c d", "~es a b c d| es e"}));
}

TEST_F(SessionTest, AFailedTranslationShowsTheSourceMarked) {
  const auto reader = listen("es");
  say(final_result("good morning."));
  translator.refuse();
  poll();
  EXPECT_EQ(reader->lines, std::vector<std::string>{"good morning. (source)"});
  EXPECT_EQ(figures().translation_failures, 1u);
}

TEST_F(SessionTest, AFailedTranslationIsCorrectedInItsLanguageAlone) {
  const auto spanish = listen("es"), catalan = listen("ca");
  say(final_result("good morning."));
  answer();             // Catalan
  translator.refuse();  // Spanish
  poll();
  at(5'000);
  answer();
  EXPECT_EQ(spanish->lines,
            (std::vector<std::string>{"good morning. (source)", "es good morning."}));
  EXPECT_EQ(spanish->seqs, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(catalan->lines, std::vector<std::string>{"ca good morning."});
  EXPECT_EQ(listen("es", 1)->lines, std::vector<std::string>{"es good morning."});
  EXPECT_EQ(translator.asked.size(), 3u);
  recogniser.end({});
  poll();
  EXPECT_EQ(session->state(), pipeline::SessionState::ended);
}

TEST_F(SessionTest, ATranslatorThatHangsHasTheSourceShownWithinFiveSeconds) {
  const auto reader = listen("es");
  say(final_result("good morning."));
  at(4'999);
  EXPECT_EQ(reader->lines, std::vector<std::string>{"good morning. (source)"});
  answer();
  EXPECT_EQ(reader->lines.back(), "es good morning.");
}

TEST_F(SessionTest, AListenerThatReturnsGetsWhatItMissedAndNothingTwice) {
  auto reader = listen("es");
  say(final_result("one."));
  answer();
  session->unsubscribe(reader);
  poll();
  say(final_result("two.", {.id = "r2", .start = at_ms(2000)}));
  say(final_result("three.", {.id = "r3", .start = at_ms(4000)}));
  EXPECT_EQ(translator.asked.size(), 1u) << "nobody listened";
  const auto again = listen("es", reader->seqs.back());
  answer();
  answer();
  EXPECT_EQ(again->lines, (std::vector<std::string>{"es two.", "es three."}));
  const auto late = listen("es");
  EXPECT_EQ(late->lines, (std::vector<std::string>{"es one.", "es two.", "es three."}));
  EXPECT_EQ(translator.asked.size(), 3u);
}

TEST_F(SessionTest, RefusesWhatItCannotServe) {
  listen("de");
  ASSERT_FALSE(last_answer);
  EXPECT_EQ(last_answer.error().message,
            "language \"de\" is not available; this talk has: ca, en, es");
  const auto a = listen("es"), b = listen("es"), c = listen("es");
  listen("ca");
  ASSERT_FALSE(last_answer);
  EXPECT_EQ(last_answer.error().code, ErrorCode::resource_exhausted);
}

TEST_F(SessionTest, EndsAfterItsLastTranslation) {
  const auto reader = listen("es");
  const std::vector<std::int16_t> audio(1600);
  EXPECT_EQ(session->push_audio(audio), ports::Pushed::taken);
  poll();
  say(partial("a b c d"));
  session->finish();
  EXPECT_TRUE(recogniser.finish_asked);
  recogniser.end();
  poll();
  EXPECT_EQ(session->state(), SessionState::live);
  while (!translator.requests.empty()) answer();
  EXPECT_EQ(session->state(), SessionState::ended);
  EXPECT_EQ(reader->lines.back(), "es a b c d");
  EXPECT_EQ(reader->states, (std::vector<std::string>{"waiting", "live", "ended"}));
}

TEST_F(SessionTest, AKillLosesAndRepeatsNothing) {
  const auto reader = listen("en");
  say(partial("one. two three"));
  session->set_mode(engine::Mode::final_only);
  poll();
  say(final_result("one. two three four."));
  EXPECT_EQ(reader->lines.back(), "two three four.");
  EXPECT_EQ(reader->lines.front(), "one.");
}

TEST_F(SessionTest, SaysWhenTheRecogniserIsTooFarBehind) {
  recogniser.full = true;
  EXPECT_EQ(session->push_audio(std::vector<std::int16_t>(1600)), ports::Pushed::full);
}

TEST_F(SessionTest, TakesNoAudioOnceItIsFinished) {
  session->finish();
  EXPECT_EQ(session->push_audio(std::vector<std::int16_t>(1600)), ports::Pushed::over);
}

TEST_F(SessionTest, TakesNoAudioOnceTheRecogniserHasFailed) {
  recogniser.end(fail(ErrorCode::unavailable, "down"));
  EXPECT_EQ(session->push_audio(std::vector<std::int16_t>(1600)), ports::Pushed::over);
}

TEST_F(SessionTest, ASilentRecogniserMeansFinalsOnlyUntilItSpeaksAgain) {
  std::vector<std::int16_t> speech;
  const auto folder = std::filesystem::path("/usr/share/pocketsphinx/test/data/librivox");
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".wav" && speech.size() < 16'000 * 14) {
      const auto more = audio::read_recording(entry.path());
      ASSERT_TRUE(more) << more.error().message;
      speech.insert(speech.end(), more->begin(), more->end());
    }
  ASSERT_GE(speech.size(), 16'000u * 14);
  for (std::size_t chunk = 0; chunk < 140; ++chunk) {
    if (chunk == 90) {
      EXPECT_EQ(figures().fallbacks, 0u) << "nine seconds are not enough";
    }
    at(static_cast<milliseconds::rep>(chunk + 1) * 100);
    (void)session->push_audio(std::span(speech).subspan(chunk * 1600, 1600));
    poll();
  }
  EXPECT_EQ(figures().fallbacks, 1u);
  const auto reader = listen("en");
  say(partial("we are back. and"));
  EXPECT_FALSE(reader->lines.empty()) << "partial results are used again";
}

}  // namespace
}  // namespace sotto::pipeline
