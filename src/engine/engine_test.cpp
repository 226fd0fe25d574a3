#include "engine/engine.hpp"

#include <random>

#include "tests/support/engine_session.hpp"
#include "tests/support/events.hpp"

namespace sotto::engine {
namespace {

using testing::append;
using testing::calibrated;
using testing::final_result;
using testing::partial;
using testing::ResultSpec;
using testing::Session;
using transcript::StableFlag;

TEST(Engine, RefusesSettingsOutOfRangeAndNamesThem) {
  Settings settings;
  settings.min_stability_threshold = 0.5;
  const auto engine = Engine::create(settings);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().field, "min_stability_threshold");
  EXPECT_EQ(engine.error().message, "min_stability_threshold is 0.5, must be from 0.7 to 0.95");
}

TEST(Engine, ShowsStableWordsAtOnceAndTheNewestAsProvisional) {
  Session session;
  session.hear(partial("one two three four"), 1200);
  EXPECT_EQ(session.shown(), "one two three");
  EXPECT_EQ(session.provisional.begin()->second, " three");
}

TEST(Engine, AWordNearTheEndIsCommittedOnceItHasStood) {
  const auto said_after = [](const char* sentence, milliseconds::rep stood, float score) {
    Settings settings;
    settings.calibration.emplace();
    for (auto& row : settings.calibration->survival) row.fill(score);
    Session session(settings);
    session.hear(partial(sentence), 1000);
    session.hear(partial(sentence, {.heard_after_last_word = milliseconds{stood}}), 2000);
    EXPECT_EQ(session.shown(), sentence) << "shown it is at once";
    return session.said();
  };
  EXPECT_EQ(said_after("a b c d e", 399, 0.95f), "");
  EXPECT_EQ(said_after("a b c d e", 400, 0.95f), "a b c d");
  EXPECT_EQ(said_after("a b c d e f g", 399, 0.95f), "a b") << "five words are behind b";
  EXPECT_EQ(said_after("a b c d e", 399, 0.99f), "a b c") << "the table is certain of these";
}

TEST(Engine, CommitsWordsWhenTheyAreStableAndEndsSegmentsWhereTheyEnd) {
  Session session;
  session.hear(partial("we begin. now the second"), 1500);
  EXPECT_EQ(session.said(), "we begin. now");
  EXPECT_EQ(session.endings, std::vector{CutReason::sentence_end});
  session.hear(final_result("we begin. now the second part"), 2000);
  EXPECT_EQ(session.said(), "we begin. now the second part");
  EXPECT_EQ(session.shown(), "we begin. now the second part");
  EXPECT_EQ(session.endings, (std::vector{CutReason::sentence_end, CutReason::final_result}));
}

TEST(Engine, AContradictingFinalMendsCaptionsAndNeverRepeatsSpeech) {
  Session session;
  session.hear(partial("we begun. now the second"), 1500);
  session.hear(final_result("we begin. now the second part"), 2000);
  EXPECT_EQ(session.said(), "we begun. now the second part");
  EXPECT_EQ(session.shown(), "we begin. now the second part");
}

TEST(Engine, TakesBackProvisionalWordsThatTheFinalDoesNotHave) {
  Session session;
  session.hear(partial("noise that is"), 1200);
  EXPECT_EQ(session.shown(), "noise that");
  session.hear(final_result("noise"), 2000);
  EXPECT_EQ(session.shown(), "noise");
  EXPECT_EQ(session.said(), "noise");
  session.hear(partial("uh and so on", {.id = "r2", .start = at_ms(5000)}), 6500);
  session.hear(final_result("", {.id = "r2", .start = at_ms(5000)}), 7000);
  EXPECT_EQ(session.shown(), "noise");
}

TEST(Engine, FinalOnlyModeSaysTheSame) {
  Settings settings = calibrated();
  settings.mode = Mode::final_only;
  Session session(settings);
  session.hear(partial("we begun. now the second"), 1500);
  EXPECT_TRUE(session.captions.empty());
  session.hear(final_result("we begin. now the second part"), 2000);
  EXPECT_EQ(session.said(), "we begin. now the second part");
  EXPECT_EQ(session.shown(), "we begin. now the second part");
}

TEST(Engine, AKillInMidResultLosesAndRepeatsNothing) {
  Session session;
  session.hear(partial("we begin. now the second"), 1500);
  session.step(ModeChange{Mode::final_only}, at_ms(1600));
  session.hear(partial("we begin. now the second part is long. yes it is"), 3000);
  EXPECT_EQ(session.said(), "we begin. now");
  session.hear(final_result("we begin. now the second part is long."), 4000);
  EXPECT_EQ(session.said(), "we begin. now the second part is long.");
  EXPECT_EQ(session.shown(), session.said());
  EXPECT_EQ(session.diagnostics.front(), Diagnostic::Kind::fallback);
}

TEST(Engine, ARealRepetitionIsSaidTwiceADuplicateOnce) {
  Session session;
  session.hear(final_result("thank you"), 1000);
  session.hear(final_result("thank you", {.id = "again", .start = at_ms(0)}), 1100);
  EXPECT_EQ(session.said(), "thank you");
  EXPECT_EQ(session.diagnostics.back(), Diagnostic::Kind::duplicate);
  session.hear(final_result("thank you", {.id = "r2", .start = at_ms(700)}), 2000);
  EXPECT_EQ(session.said(), "thank you thank you");
}

TEST(Engine, AFinalUnderAnotherIdIsMatchedByItsTime) {
  Session session;
  session.hear(partial("we begin. now the second"), 1500);
  session.hear(final_result("we begin. now the second part", {.id = "other"}), 2000);
  EXPECT_EQ(session.said(), "we begin. now the second part");
  session.hear(partial("we begin. now the second"), 2100);
  EXPECT_EQ(session.diagnostics.back(), Diagnostic::Kind::dropped_late);
  EXPECT_EQ(session.shown(), "we begin. now the second part");
}

TEST(Engine, StableFlagsAreTakenAtTheirWord) {
  Session session((Settings()));
  auto words = testing::spoken("it works. does it");
  for (auto& word : words) word.flag = StableFlag::unstable;
  session.hear(testing::make_event(words, {}), 1200);
  EXPECT_EQ(session.shown(), "");
  words[0].flag = words[1].flag = words[2].flag = StableFlag::stable;
  session.hear(testing::make_event(words, {}), 1500);
  EXPECT_EQ(session.said(), "it works. does");
  EXPECT_EQ(session.shown(), "it works. does");
}

TEST(Engine, WithoutAnyStabilityTextIsHeldThreeSecondsAndTheOperatorToldOnce) {
  Session session((Settings()));
  session.hear(partial("it works."), 600);
  session.hear(partial("it works.", {.heard_after_last_word = milliseconds{2000}}), 2600);
  EXPECT_EQ(session.shown(), "");
  EXPECT_EQ(session.engine.next_tick(), at_ms(3600)) << "though no more is heard";
  session.tick(3600);
  EXPECT_EQ(session.said(), "it works") << "the mark may still change";
  EXPECT_EQ(std::count(session.diagnostics.begin(), session.diagnostics.end(),
                       Diagnostic::Kind::stability_missing),
            1);
}

TEST(Engine, TheRateIsLimitedAndTheNewestHypothesisWins) {
  Session session;
  session.hear(partial("one two three four"), 1000);
  session.hear(partial("one two three four five"), 1100);
  EXPECT_EQ(session.shown(), "one two three");
  EXPECT_EQ(session.engine.next_tick(), at_ms(1200));
  session.hear(partial("one two three four five six"), 1150);
  EXPECT_EQ(session.diagnostics, std::vector{Diagnostic::Kind::superseded});
  session.tick(1200);
  EXPECT_EQ(session.shown(), "one two three four five");
}

TEST(Engine, StableTextIsNeverHeldLongerThanTheBufferTimeout) {
  Session session;
  for (int now = 1000; now <= 5900; now += 700)
    session.hear(partial("one two three four", {.heard_after_last_word = milliseconds{now / 10}}),
                 now);
  EXPECT_EQ(session.said(), "one two");
  session.tick(5999);
  EXPECT_TRUE(session.endings.empty());
  session.tick(6000);
  EXPECT_EQ(session.endings, std::vector{CutReason::buffer_timeout});
  EXPECT_EQ(session.shown(), "one two three");
}

TEST(Engine, AResultWithoutAFinalIsFlushedAndALateFinalAddsOnlyTheRest) {
  Session session;
  session.hear(partial("one two three four"), 1000);
  session.tick(6000);
  EXPECT_EQ(session.said(), "one two");
  session.tick(16000);
  EXPECT_EQ(session.said(), "one two three four");
  EXPECT_EQ(session.diagnostics.back(), Diagnostic::Kind::orphan_flushed);
  session.hear(final_result("one two three four five"), 17000);
  EXPECT_EQ(session.said(), "one two three four five");
  EXPECT_EQ(session.shown(), "one two three four five");
}

TEST(Engine, AFinalThatComesLongAfterItsResultWasFlushedStillAddsOnlyTheRest) {
  Session session;
  session.hear(partial("one two three four"), 1200);
  for (int i = 0; i < 6; ++i) {
    const ResultSpec spec{.id = "later" + std::to_string(i), .start = at_ms(2000 + i * 3000)};
    session.tick(2000 + i * 6000);
    session.hear(final_result("and then", spec), 2600 + i * 6000);
  }
  const std::string before = session.said();
  session.hear(final_result("one two three four five"), 40'000);
  EXPECT_EQ(session.said(), before + " five");
  EXPECT_EQ(before.find("one two three four"), 0u);
  EXPECT_EQ(before.find("one", 1), std::string::npos);
}

TEST(Engine, TheEndOfAudioFlushesWhatIsOpen) {
  Session session;
  session.hear(partial("one two three four"), 1000);
  session.step(EndOfAudio{}, at_ms(1100));
  EXPECT_EQ(session.said(), "one two three four");
  EXPECT_FALSE(session.engine.next_tick());
}

TEST(Engine, WhereTheBudgetIsShortPartsAreLonger) {
  Session session;
  session.hear(partial("a b"), 600);
  EXPECT_EQ(session.translations, 1);
  session.hear(partial("a b c d e"), 900);
  EXPECT_EQ(session.translations, 1) << "three new words";
  session.hear(partial("a b c d e f g h"), 1500);
  EXPECT_EQ(session.translations, 2) << "six new words";
  session.hear(partial("a b c d e f g h i"), 2500);
  session.tick(3499);
  EXPECT_EQ(session.translations, 2);
  session.tick(3500);
  EXPECT_EQ(session.translations, 3) << "two seconds";
}

TEST(Engine, AnOpenSegmentIsTranslatedAgainAfterFourWordsOrASecond) {
  Settings settings = calibrated();
  settings.translation_budget = 10;
  Session session(settings);
  session.hear(partial("a b"), 600);  // one word to show, the first for long
  EXPECT_EQ(session.translations, 1);
  session.hear(partial("a b c"), 900);
  EXPECT_EQ(session.translations, 1);
  session.tick(1599);
  EXPECT_EQ(session.translations, 1);
  session.tick(1600);
  EXPECT_EQ(session.translations, 2);
  session.hear(partial("a b c d e f"), 1800);
  EXPECT_EQ(session.translations, 2) << "three new words";
  session.hear(partial("a b c d e f g"), 2100);
  EXPECT_EQ(session.translations, 3) << "four new words";
}

// A recogniser that grows a sentence, changes its last words now and then, and sometimes is wrong
// up to the final. Whatever it does: captions end as the finals, speech covers each final once.
TEST(Engine, CaptionsEndAsTheFinalsUnderAnyHistory) {
  const std::vector<std::string> vocabulary = {"the", "sea", "is",    "calm,",
                                               "and", "we",  "sail.", "on"};
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<std::size_t>(random() % n); };
    Settings settings = calibrated();
    Session session(settings);
    std::string expected;
    bool contradicted = false;
    milliseconds::rep now = 0;
    for (int result = 0; result < 6; ++result) {
      std::vector<std::string> truth(1 + below(25));
      for (auto& word : truth) word = vocabulary[below(8)];
      ResultSpec spec{.id = std::to_string(result), .start = at_ms(now)};
      for (std::size_t heard = 1; heard <= truth.size(); ++heard) {
        std::string hypothesis;
        for (std::size_t i = 0; i < heard; ++i) {
          const bool wrong = i + 2 >= heard ? below(3) == 0 : below(60) == 0;
          contradicted = contradicted || (wrong && i + 2 < heard);
          append(hypothesis, wrong ? vocabulary[below(8)] : truth[i]);
        }
        now += 40 + static_cast<milliseconds::rep>(below(300));
        session.hear(partial(hypothesis, spec), now);
        if (below(20) == 0)
          session.step(ModeChange{below(2) ? Mode::partial : Mode::final_only}, at_ms(now));
      }
      std::string text;
      for (const auto& word : truth) append(text, word);
      session.hear(final_result(text, spec), now += 300);
      append(expected, text);
      EXPECT_EQ(session.shown(), expected) << "seed " << seed;
    }
    if (!contradicted) {
      EXPECT_EQ(session.said(), expected) << "seed " << seed;
    }
    EXPECT_FALSE(session.engine.next_tick()) << "nothing is left to wait for, seed " << seed;
  }
}

}  // namespace
}  // namespace sotto::engine
