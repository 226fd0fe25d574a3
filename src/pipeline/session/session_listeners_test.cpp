// A session's listeners: speech, languages that are switched, what is kept and what goes on after
// a restart.
#include "pipeline/session/session.hpp"
#include "tests/support/memory_session_store.hpp"
#include "tests/support/session_fixture.hpp"

namespace sotto::pipeline {
namespace {

using testing::final_result;
using testing::partial;

struct Hearer : SpeechListener {
  void on_speech(const SharedSpeech& speech) override {
    said.push_back(speech->language.str() + ":" + speech->text +
                   (speech->samples.empty() ? " (silent)" : ""));
  }
  void on_state(SessionState state) override { states.push_back(std::string(to_string(state))); }
  std::vector<std::string> said, states;
};

class SessionListenersTest : public testing::SessionTest {
 protected:
  void adjust(SessionConfig& config, SessionParts& parts) override {
    parts.synthesiser = &synthesiser;
    parts.store = &store;
    ports::StoredSession stored;
    stored.id = config.id;
    stored.language = config.language;
    ASSERT_TRUE(store.begin(stored));
  }

  std::shared_ptr<Hearer> hear(const char* language) {
    auto hearer = std::make_shared<Hearer>();
    session->subscribe(Language{language}, hearer, [&](Result<> result) { last_answer = result; });
    poll();
    return hearer;
  }
  void switch_to(const std::shared_ptr<testing::Reader>& reader, const char* language,
                 std::optional<std::uint64_t> since) {
    session->subscribe(Language{language}, since, reader,
                       [&](Result<> result) { last_answer = result; });
    poll();
  }
  void say_final(const std::string& text, int number) {
    say(final_result(text, {.id = "r" + std::to_string(number), .start = at_ms(number * 20'000)}));
  }

  testing::FakeSynthesiser synthesiser;
  testing::MemorySessionStore store;
};

TEST_F(SessionListenersTest, SpeechIsSynthesisedOnceForAllWhoHearIt) {
  const auto a = hear("es"), b = hear("es");
  say_final("good morning.", 1);
  answer();
  EXPECT_EQ(a->said, std::vector<std::string>{"es:es good morning."});
  EXPECT_EQ(b->said, a->said);
  EXPECT_EQ(synthesiser.asked.size(), 1u);
  EXPECT_EQ(translator.asked.size(), 1u);
}

TEST_F(SessionListenersTest, NothingIsSaidWhileNobodyHears) {
  say_final("good morning.", 1);
  EXPECT_TRUE(synthesiser.asked.empty());
  const auto hearer = hear("en");
  EXPECT_TRUE(hearer->said.empty()) << "speech begins where one joins";
  say_final("here we are.", 2);
  EXPECT_EQ(hearer->said, std::vector<std::string>{"en:here we are."});
  session->unsubscribe(hearer);
  poll();
  say_final("nobody hears this.", 3);
  EXPECT_EQ(synthesiser.asked.size(), 1u);
}

TEST_F(SessionListenersTest, SpeechStaysInOrderBehindASlowVoice) {
  synthesiser.at_once = false;
  const auto hearer = hear("en");
  say_final("one.", 1);
  say_final("two.", 2);
  say_final("three.", 3);
  EXPECT_EQ(synthesiser.requests.size(), 1u) << "one after the other";
  for (int i = 0; i < 3; ++i) {
    synthesiser.answer();
    poll();
  }
  EXPECT_EQ(hearer->said, (std::vector<std::string>{"en:one.", "en:two.", "en:three."}));
}

TEST_F(SessionListenersTest, WhatCannotBeSaidIsSilentAndHoldsNothingUp) {
  synthesiser.at_once = false;
  const auto english = hear("en"), spanish = hear("es");
  say_final("one.", 1);
  translator.refuse();
  synthesiser.refuse();
  poll();
  EXPECT_EQ(english->said, std::vector<std::string>{"en:one. (silent)"});
  EXPECT_EQ(spanish->said, std::vector<std::string>{"es:one. (silent)"});
  synthesiser.at_once = true;
  say_final("two.", 2);
  EXPECT_EQ(english->said.back(), "en:two.");
}

TEST_F(SessionListenersTest, ALanguageWithoutAVoiceCannotBeHeard) {
  const auto hearer = hear("ca");
  EXPECT_EQ(last_answer.error().field, "lang");
  EXPECT_NE(last_answer.error().message.find("en, es"), std::string::npos);
}

TEST_F(SessionListenersTest, WhatIsReadAndHeardIsTranslatedOnce) {
  const auto reader = listen("es");
  const auto hearer = hear("es");
  at(1000);
  say(partial("we begin with a"));
  answer();
  say(final_result("we begin with a word."));
  ASSERT_EQ(translator.asked, (std::vector<std::string>{"es:we begin with a", "es:word."}));
  EXPECT_TRUE(synthesiser.asked.empty()) << "it waits for the caption";
  answer();
  EXPECT_EQ(translator.asked.size(), 2u);
  ASSERT_EQ(synthesiser.asked.size(), 1u);
  EXPECT_EQ(reader->lines.back(), "es we begin with a es word.");
  EXPECT_EQ(synthesiser.asked.front(), "es:es we begin with a es word.");
}

TEST_F(SessionListenersTest, WhoHearsIsServedWhenNobodyReadsAnyMore) {
  const auto reader = listen("es");
  const auto hearer = hear("es");
  say(final_result("one."));
  session->unsubscribe(reader);
  poll();
  translator.answer();  // of the caption, or of the speech
  poll();
  while (!translator.requests.empty()) answer();
  EXPECT_EQ(synthesiser.asked.size(), 1u);
}

TEST_F(SessionListenersTest, WhereTheCaptionCouldNotBeTranslatedSpeechTriesAgain) {
  const auto reader = listen("es");
  const auto hearer = hear("es");
  say(final_result("one."));
  translator.refuse();
  poll();
  EXPECT_EQ(reader->lines.back(), "one. (source)");
  answer();
  EXPECT_EQ(synthesiser.asked.size(), 1u);
}

TEST_F(SessionListenersTest, WhoBeginsToReadHoldsUpNoSpeechOfWhatSettledBefore) {
  synthesiser.at_once = false;
  const auto hearer = hear("es");
  say_final("one.", 1);
  answer();                             // its voice is slow
  say_final("two.", 2);                 // waits for it
  const auto reader = listen("es", 2);  // has seen both, in another language
  synthesiser.answer();
  poll();
  while (!translator.requests.empty()) answer();
  ASSERT_EQ(synthesiser.requests.size(), 1u) << "no caption of it will come";
  synthesiser.answer();
  poll();
  EXPECT_EQ(hearer->said.back(), "es:es two.");
  recogniser.end();
  poll();
  EXPECT_EQ(session->state(), SessionState::ended);
}

TEST_F(SessionListenersTest, TheTalkEndsAlsoWhereItsLastCaptionReadsEmpty) {
  const auto reader = listen("es");
  const auto hearer = hear("es");
  say_final("one.", 1);
  recogniser.end();
  poll();
  translator.requests.front().done(std::string());
  translator.requests.pop_front();
  poll();
  EXPECT_EQ(session->state(), SessionState::ended);
}

TEST_F(SessionListenersTest, ALateTranslationTakesNoCorrectionBack) {
  const auto reader = listen("es");
  at(20'000);
  say_final("one two.", 1);
  at(25'000);
  EXPECT_EQ(reader->lines.back(), "one two. (source)");
  store.hold();
  say(final_result("one three.", {.id = "r1", .start = at_ms(20'000)}));
  answer();  // of what it read before
  store.release();
  poll();
  while (!translator.requests.empty()) answer();
  EXPECT_EQ(reader->lines.back(), "es one three.");
  const auto joining = listen("en");
  EXPECT_EQ(joining->lines, std::vector<std::string>{"one three."});
}

TEST_F(SessionListenersTest, SwitchingLanguageFollowsOneAtATime) {
  const auto reader = listen("en");
  say_final("one.", 1);
  switch_to(reader, "es", 0);
  answer();
  say_final("two.", 2);
  answer();
  EXPECT_EQ(reader->lines, (std::vector<std::string>{"one.", "es one.", "es two."}));
  EXPECT_EQ(session->status().listeners, (std::map<Language, std::size_t>{{Language{"es"}, 1}}));
}

TEST_F(SessionListenersTest, SwitchingToWhatCannotBeHadKeepsTheOldLanguage) {
  const auto reader = listen("en");
  switch_to(reader, "xx", {});
  EXPECT_FALSE(last_answer);
  say_final("one.", 1);
  EXPECT_EQ(reader->lines, std::vector<std::string>{"one."});
}

TEST_F(SessionListenersTest, SwitchingIsPossibleInAFullTalk) {
  const auto a = listen("en"), b = listen("en"), c = listen("en");
  switch_to(c, "es", {});
  EXPECT_TRUE(last_answer);
  listen("en");
  EXPECT_EQ(last_answer.error().code, ErrorCode::resource_exhausted);
}

TEST_F(SessionListenersTest, NobodySeesAFinalBeforeItIsKept) {
  const auto reader = listen("en");
  store.hold();
  say_final("one.", 1);
  say_final("two.", 2);
  EXPECT_TRUE(reader->lines.empty());
  const auto late = listen("en");
  EXPECT_TRUE(late->lines.empty()) << "nor does who joins now";
  store.release();
  poll();
  EXPECT_EQ(reader->lines, (std::vector<std::string>{"one.", "two."}));
  EXPECT_EQ(late->lines, reader->lines);
}

TEST_F(SessionListenersTest, AFinalThatCannotBeKeptIsShownAllTheSame) {
  const auto reader = listen("en");
  store.break_with(Error{ErrorCode::unavailable, "the disk is full", ""});
  say_final("one.", 1);
  EXPECT_EQ(reader->lines, std::vector<std::string>{"one."});
}

TEST_F(SessionListenersTest, KeepsTheSourceAndItsTranslations) {
  const auto reader = listen("es");
  say_final("one.", 1);
  answer();
  const auto source = store.captions(session->config().id, Language{"en"});
  const auto spanish = store.captions(session->config().id, Language{"es"});
  ASSERT_EQ(source->size(), 1u);
  ASSERT_EQ(spanish->size(), 1u);
  EXPECT_EQ(source->front().segment.text, "one.");
  EXPECT_EQ(spanish->front().segment.text, "es one.");
  EXPECT_EQ(spanish->front().segment.seq, source->front().segment.seq);
}

TEST_F(SessionListenersTest, TheEndWaitsForWhatIsKept) {
  const auto reader = listen("en");
  store.hold();
  say_final("one.", 1);
  recogniser.end();
  poll();
  EXPECT_NE(session->state(), SessionState::ended);
  store.release();
  poll();
  EXPECT_EQ(session->state(), SessionState::ended);
  EXPECT_EQ(reader->states.back(), "ended");
}

TEST_F(SessionListenersTest, PausingIsToldToAll) {
  const auto reader = listen("en");
  const auto hearer = hear("es");
  session->set_paused(true);
  poll();
  EXPECT_EQ(session->state(), SessionState::waiting) << "nothing has begun that could pause";
  (void)session->push_audio(std::vector<std::int16_t>(1600));
  session->set_paused(true);
  session->set_paused(false);
  poll();
  const std::vector<std::string> states{"waiting", "live", "paused", "live"};
  EXPECT_EQ(reader->states, states);
  EXPECT_EQ(hearer->states, states);
}

// A session that an earlier process had begun.
class ResumedTest : public SessionListenersTest {
 protected:
  void adjust(SessionConfig& config, SessionParts& parts) override {
    SessionListenersTest::adjust(config, parts);
    config.settled = {{3, SegmentId{1}, "corrected.", {}, at_ms(0), at_ms(900)},
                      {2, SegmentId{2}, "second.", {}, at_ms(1000), at_ms(2500)}};
  }
};

TEST_F(ResumedTest, GoesOnInNumberAndTimeWhereItStood) {
  const auto returning = listen("en", 2), joining = listen("en");
  EXPECT_EQ(returning->lines, std::vector<std::string>{"corrected."});
  EXPECT_EQ(joining->lines, (std::vector<std::string>{"second.", "corrected."}));
  say(final_result("third.", {.id = "r1", .start = at_ms(500)}));
  EXPECT_EQ(returning->lines.back(), "third.");
  EXPECT_EQ(returning->seqs.back(), 4u);
  const auto kept = store.captions(session->config().id, Language{"en"});
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_EQ(kept->front().segment.id, SegmentId{3});
  EXPECT_EQ(kept->front().segment.start, at_ms(3000)) << "2.5 s of talk came before";
}

TEST_F(ResumedTest, MeasuresOnTheClockOfItsOwnRun) {
  const auto reader = listen("es");
  while (!translator.requests.empty()) answer();
  at(2000);
  say(final_result("third.", {.id = "r1", .start = at_ms(500)}));
  while (!translator.requests.empty()) answer();
  EXPECT_NEAR(figures().segment_latency.max(), 2000 - 800, 10) << "what came before is no latency";
  EXPECT_EQ(figures().segment_latency.count(), 1u);
  EXPECT_NEAR(figures().word_lag.mean(), 2000 - 800, 10);
}

// The earlier process showed more than it could store.
class ResumedAfterALossTest : public ResumedTest {
 protected:
  void adjust(SessionConfig& config, SessionParts& parts) override {
    ResumedTest::adjust(config, parts);
    config.age = std::chrono::minutes{1};
  }
};

TEST_F(ResumedAfterALossTest, GivesNoNumberThatTheEarlierRunMayHaveGiven) {
  const auto returning = listen("en", 40);  // of which the store knows 3
  EXPECT_TRUE(returning->lines.empty());
  say(final_result("third.", {.id = "r1", .start = at_ms(500)}));
  EXPECT_EQ(returning->lines, std::vector<std::string>{"third."});
  EXPECT_EQ(returning->seqs.back(), 60'000'001u);
  const auto kept = store.captions(session->config().id, Language{"en"});
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_EQ(kept->front().segment.id, SegmentId{6001});
}

TEST(RunBegin, IsBehindWhatIsStoredAndFitsIntoAJsonNumber) {
  const auto numbers = [](milliseconds age, const std::vector<Segment>& stored) {
    const RunBegin begin = RunBegin::of(age, stored);
    return std::pair(begin.seq, begin.segment);
  };
  using Numbers = std::pair<std::uint64_t, std::uint32_t>;
  const std::vector<Segment> stored{{9, SegmentId{7}, "a", {}, {}, {}},
                                    {8, SegmentId{8}, "b", {}, {}, {}}};
  EXPECT_EQ(numbers(milliseconds{0}, {}), (Numbers{0, 0}));
  EXPECT_EQ(numbers(milliseconds{0}, stored), (Numbers{9, 8}));
  EXPECT_EQ(numbers(milliseconds{-5}, stored), (Numbers{9, 8})) << "the clock was set back";
  EXPECT_EQ(numbers(milliseconds{100}, stored), (Numbers{100'000, 10}));
  const auto [seq, segment] = numbers(milliseconds::max(), stored);
  EXPECT_LE(seq, std::uint64_t{1} << 52);
  EXPECT_LE(segment, std::uint32_t{1} << 31);
}

}  // namespace
}  // namespace sotto::pipeline
