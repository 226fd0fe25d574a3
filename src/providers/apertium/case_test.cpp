#include <gtest/gtest.h>

#include "providers/apertium/english.hpp"
#include "providers/apertium/letter_case.hpp"
#include "providers/apertium/text.hpp"

namespace sotto::providers::apertium {
namespace {

std::string english(std::string text) {
  prepare_english(text);
  return text;
}

TEST(LetterCase, NoWordInMidSentenceGetsACapitalOfItsOwn) {
  EXPECT_EQ(with_case_of("Elinor and Marianne left.", "Elinor Y Marianne dejaron."),
            "Elinor y Marianne dejaron.");
  EXPECT_EQ(with_case_of("um you know", "um Sabes"), "um sabes");
  EXPECT_EQ(with_case_of("Thank you for coming.", "Gracias Para venir."), "Gracias para venir.");
  EXPECT_EQ(with_case_of("I think so", "Penso Que si"), "Penso que si");
  EXPECT_EQ(with_case_of("okay everyone is here", "vale Todo el mundo es aqu\u00ed"),
            "vale todo el mundo es aqu\u00ed");
  EXPECT_EQ(with_case_of("wait... what", "espera... Qu\u00e9"), "espera... qu\u00e9");
}

TEST(LetterCase, NamesKeepTheirsInWhateverTranslation) {
  EXPECT_EQ(with_case_of("he lives in New York", "vive en Nueva York"), "vive en Nueva York");
  EXPECT_EQ(with_case_of("in the United States", "en los Estados Unidos"), "en los Estados Unidos");
  EXPECT_EQ(with_case_of("Mr. Brown and Mrs. Green", "Se\u00f1or Brown y Se\u00f1ora Verde"),
            "Se\u00f1or Brown y Se\u00f1ora Verde");
  EXPECT_EQ(with_case_of("on Monday", "el lunes"), "el lunes");
}

TEST(LetterCase, SentencesBeginWithACapital) {
  EXPECT_EQ(with_case_of("What? Really! Yes. No", "Qu\u00e9? Realmente! S\u00ed. No"),
            "Qu\u00e9? Realmente! S\u00ed. No");
  EXPECT_EQ(with_case_of("Stop: now. \u201cGo\u201d", "Para: Ahora. \u201cVe\u201d"),
            "Para: Ahora. \u201cVe\u201d");
}

TEST(LetterCase, CapitalsInsideAWordAreTheSources) {
  EXPECT_EQ(with_case_of("iPhone and eBay", "IPHONE y Ebay"), "iPhone y eBay");
  EXPECT_EQ(with_case_of("The Speech SDK", "EL Habla SDK"), "El Habla SDK");
  EXPECT_EQ(with_case_of("see the SDK", "ve EL SDK"), "ve el SDK");
  EXPECT_EQ(with_case_of("the troops of America", "las tropas de EUA"), "las tropas de EUA");
  EXPECT_EQ(with_case_of("the UN said", "la ONU dijo"), "la ONU dijo");
  EXPECT_EQ(with_case_of("U.S. and U.K.", "EE.UU. y U.K."), "EE.UU. y U.K.");
}

TEST(LetterCase, CapitalsAreATextsOnlyWhereAllItsLettersAre) {
  EXPECT_TRUE(in_capitals("STOP!"));
  EXPECT_TRUE(in_capitals("10 A\u00d1OS"));
  for (const char* text : {"", "I", "A B C", "Stop", "10:30", "NATO and UN"})
    EXPECT_FALSE(in_capitals(text)) << text;
  EXPECT_EQ(upper_case("est\u00e0, \u0159eka \u00ff \u00df"), "EST\u00c0, \u0158EKA \u0178 \u00df");
  EXPECT_EQ(sentence_case("\u00bfQU\u00c9 ES?"), "\u00bfQu\u00e9 es?");
  const auto prepared = prepare("THIS IS ALL", Language("en"));
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->text, "This is all .");
  EXPECT_EQ(finish("Esto es todo.", *prepared), "ESTO ES TODO");
  EXPECT_EQ(prepare("NASA", Language("en"))->text, "NASA .") << "a name alone stays";
}

TEST(English, HoursAreNoVerbs) {
  EXPECT_EQ(english("at 10:30 am today"), "at 10:30 a.m. today");
  EXPECT_EQ(english("at 5pm."), "at 5p.m.");
  EXPECT_EQ(english("at 5 PM, we go"), "at 5 P.M., we go");
  EXPECT_EQ(english("I am 5 ampere"), "I am 5 ampere");
}

TEST(English, AnAnswerIsNoNumber) {
  EXPECT_EQ(english("No."), "No .");
  EXPECT_EQ(english("I said no. Then"), "I said no . Then");
  EXPECT_EQ(english("see no. 5"), "see no. 5");
  EXPECT_EQ(english("a casino. Then"), "a casino. Then");
}

TEST(English, LettersAndNamesAreNoWords) {
  EXPECT_EQ(english("plan A and B"), "plan \uff21 and B");
  EXPECT_EQ(english("A B C"), "\uff21 B C");
  EXPECT_EQ(english("A house. A tree"), "A house. A tree");
  EXPECT_EQ(english("Mrs. Green met Dr. Mary White."),
            "Mrs. \uff27reen met Dr. \uff2dary \uff37hite.");
  EXPECT_EQ(english("Miss Rose-Brown is here"), "Miss \uff32ose-Brown is here");
  EXPECT_EQ(with_letters_back("Se\u00f1ora \uff27reen, \uff21"), "Se\u00f1ora Green, A");
  EXPECT_EQ(english("plan A, \uff22"), "plan A, \uff22") << "it has such letters of its own";
}

TEST(Alternatives, OneIsEnoughWhereTheSourceHasNone) {
  const auto slash = [](const char* source, const char* answer) {
    return finish(answer, *prepare(source, Language("en")));
  };
  EXPECT_EQ(slash("on YouTube today.", "en YouTube/Youtube hoy."), "en YouTube hoy.");
  EXPECT_EQ(slash("on YouTube.", "en YouTube/Youtube."), "en YouTube.");
  EXPECT_EQ(slash("one/two.", "uno/dos."), "uno/dos.");
}

}  // namespace
}  // namespace sotto::providers::apertium
