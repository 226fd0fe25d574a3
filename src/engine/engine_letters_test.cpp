// Case and marks: what they change and what they do not.
#include <algorithm>

#include "engine/engine.hpp"
#include "engine/tracked_result.hpp"
#include "tests/support/engine_session.hpp"
#include "tests/support/events.hpp"

namespace sotto::engine {
namespace {

using testing::final_result;
using testing::partial;
using testing::Session;

// Hypotheses 400 ms apart whose words are certain, but for the newest two.
Session heard(const std::vector<const char*>& hypotheses) {
  Session session;
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    session.hear(partial(hypotheses[i], {.heard_after_last_word = milliseconds{i + 1}}),
                 1000 + 400 * static_cast<milliseconds::rep>(i));
  return session;
}

TEST(EngineLetters, TheMarkBehindTheLastWordOfAnOpenHypothesisIsNoEvidence) {
  struct Case {
    std::vector<const char*> hypotheses;
    const char* said;
    const char* shown;
    std::vector<CutReason> endings;
  };
  const std::vector<CutReason> none, sentence{CutReason::sentence_end};
  const std::vector<Case> cases = {
      {{"a b c."}, "a", "a b", none},
      {{"a b c.", "a b c d e"}, "a b c", "a b c d", none},
      {{"a b c.", "a b c. D e"}, "a b c.", "a b c. D", sentence},
      {{"a b c? D e", "a b c. D e f"}, "a b c? D", "a b c? D e", sentence},
      {{"a b, c d", "a b", "a b."}, "a b,", "a b, c", none},  // what is shown of it stays
      {{"a b c d", "a b. C d"}, "a b", "a b. C", sentence},   // a mark that comes later counts
      {{"a b c d", "A b c d e"}, "a b c", "A b c d", none},
      {{"a b c d e", "A b. C d e f"}, "a b c d", "A b. C d e", none},  // more was said already
      {{"x a b c d e", "y A b c. D e f"}, "x a b c D", "x A b c. D e", sentence},
  };
  for (const Case& c : cases) {
    const Session session = heard(c.hypotheses);
    const std::string name = c.hypotheses.back();
    EXPECT_EQ(session.said(), c.said) << name;
    EXPECT_EQ(session.shown(), c.shown) << name;
    EXPECT_EQ(session.endings, c.endings) << name;
  }
}

TEST(EngineLetters, AStableWordIsCommittedWithoutItsLastMark) {
  Session session((Settings()));
  session.hear(testing::stable_partial("it works."), 600);
  EXPECT_EQ(session.said(), "it works");
  EXPECT_EQ(session.shown(), "it works");
  session.hear(testing::stable_partial("it works. It"), 1200);
  EXPECT_EQ(session.said(), "it works It") << "the mark shows that the segment has ended";
  EXPECT_EQ(session.shown(), "it works. It");
  EXPECT_EQ(session.endings, std::vector{CutReason::sentence_end});
}

TEST(EngineLetters, AClosedSegmentTakesItsFinalLettersQuietly) {
  Session session((Settings()));
  session.hear(testing::stable_partial("so it works"), 900);
  session.tick(2900);
  EXPECT_EQ(session.endings, std::vector{CutReason::pause});
  session.hear(testing::stable_partial("So it works.", {.heard_after_last_word = milliseconds{1}}),
               3100);
  session.hear(testing::stable_partial("So it works. Yes, it"), 3900);
  EXPECT_EQ(session.shown(), "so it works Yes, it") << "closed segments wait for the final";
  session.hear(final_result("So it works. Yes, it does."), 4800);
  EXPECT_EQ(session.said(), "so it works Yes, it does.");
  EXPECT_EQ(session.shown(), "So it works. Yes, it does.");
  EXPECT_EQ(std::count(session.diagnostics.begin(), session.diagnostics.end(),
                       Diagnostic::Kind::contradicted),
            0);
}

TEST(EngineLetters, WithoutAFinalTheNewestHypothesisGivesTheLetters) {
  for (const milliseconds::rep end : {1000, 4000}) {  // the segment is open; a pause has closed it
    Session session((Settings()));
    session.hear(testing::stable_partial("so it works"), 900);
    session.hear(
        testing::stable_partial("So it works!", {.heard_after_last_word = milliseconds{1}}), 950);
    session.tick(1000);
    session.tick(end);
    session.step(EndOfAudio{}, at_ms(end));
    EXPECT_EQ(session.said(), "so it works");
    EXPECT_EQ(session.shown(), "So it works!") << end;
  }
}

TEST(EngineLetters, AChangeOfCaseOrMarksAloneIsTranslatedWhenTheSegmentEnds) {
  Session session;
  session.hear(partial("we went on and on to"), 1800);
  EXPECT_EQ(session.translations, 1);
  for (int i = 1; i < 10; ++i)
    session.hear(partial(i % 2 ? "We went, on and on to" : "we went on, and on to",
                         {.heard_after_last_word = milliseconds{i}}),
                 1800 + 400 * i);
  EXPECT_EQ(session.translations, 1);
  EXPECT_EQ(session.shown(), "We went, on and on");
  session.hear(final_result("We went on and on to"), 5500);
  EXPECT_EQ(session.translations, 2);
}

TEST(EngineLetters, AFinalThatComesAgainInOtherLettersIsADuplicate) {
  Session session;
  session.hear(final_result("Thank you."), 1000);
  session.hear(final_result("thank you", {.id = "again"}), 1100);
  EXPECT_EQ(session.said(), "Thank you.");
  EXPECT_EQ(session.diagnostics.back(), Diagnostic::Kind::duplicate);
}

TEST(EngineLetters, LettersCountNeitherAsContradictionNorAsDiscrepancy) {
  Session session((Settings()));
  session.hear(testing::stable_partial("WE SAIL, ON AND ON. AND"), 1800);
  session.hear(final_result("We sail on and on and on"), 2400);
  EXPECT_TRUE(session.diagnostics.empty());
  Session other((Settings()));
  other.hear(testing::stable_partial("WE SAIL ON AND ON AND"), 1800);
  other.hear(final_result("we sail on an on and on"), 2400);
  EXPECT_EQ(other.diagnostics, std::vector{Diagnostic::Kind::contradicted})
      << "one letter of twenty";
}

// The committed words read as the newest hypothesis has them, so that the next one need be read
// only from there on.
TEST(EngineLetters, OneChangeCostsOneHypothesisToBeReadWhole) {
  TrackedResult result;
  Scratch scratch;
  const auto hear = [&](std::string_view text) {
    const transcript::Event event = partial(text);
    EXPECT_TRUE(result.take_hypothesis(event[0], {}, scratch));
    return read_words_after(event[0], result.words.text(0, result.committed), result.committed, {},
                            scratch.heard);
  };
  const transcript::Event first = partial("we");
  result.begin(first[0], 1, at_ms(300));
  hear("we begin. now the");
  result.committed = 3;
  result.closed_words = 2;
  result.closed.push_back({SegmentId{1}, 2});
  EXPECT_TRUE(hear("we begin. now the sea"));
  EXPECT_FALSE(result.closed[0].relettered);
  EXPECT_TRUE(hear("We begin: Now the sea is"));
  EXPECT_TRUE(result.closed[0].relettered);
  EXPECT_EQ(result.words.text(0, 3), "We begin: Now");
}

}  // namespace
}  // namespace sotto::engine
