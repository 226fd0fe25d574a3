#include "providers/apertium/text.hpp"

#include <gtest/gtest.h>

#include "base/utf8.hpp"
#include "ports/translator.hpp"
#include "providers/apertium/letters.hpp"

namespace sotto::providers::apertium {
namespace {

const Language english("en");

PreparedText prepared(const std::string& source, const Language& language = english) {
  auto result = prepare(source, language);
  EXPECT_TRUE(result.has_value()) << source;
  return result.value_or(PreparedText{});
}

std::string translated(const std::string& source, const std::string& answer) {
  return finish(answer, prepared(source));
}

TEST(ApertiumText, SpacesControlsAndLineBreaks) {
  EXPECT_EQ(prepared("  a\tb\r\nc \x01\x7f d\u0085e\u2028f\u00a0g.  ").text, "a b c d e f g.");
  EXPECT_EQ(prepared("a\uffff\ufffe\U0010ffff\ufdd0z.").text, "a z.");
}

TEST(ApertiumText, ALongWordIsParted) {
  const std::string word(512, 'a');
  std::string expected = word;
  expected.append(" ").append(word).append(" ").append(176, 'a').append(".");
  EXPECT_EQ(prepared(std::string(1200, 'a').append(".")).text, expected);
}

TEST(ApertiumText, TheEnglishPronounIsCapital) {
  EXPECT_EQ(prepared("i think i'm late and i\u2019ll say i.").text,
            "I think I'm late and I\u2019ll say I.");
  EXPECT_EQ(prepared("i, \"i am\" (i) i.e. hi if ii i-th wi i!").text,
            "I, \"I am\" (i) i.e. hi if ii i-th wi I!");
  EXPECT_EQ(prepared("i").text, "I .");
  EXPECT_EQ(prepared("pa i vi.", Language("ca")).text, "pa i vi.");
}

TEST(ApertiumText, AFinalStopIsLent) {
  EXPECT_EQ(prepared("the house").text, "the house .") << "the dot is of no abbreviation";
  EXPECT_TRUE(prepared("the house").stop_added);
  EXPECT_TRUE(prepared("(the house)").stop_added);
  for (const std::string text : {"It is.", "Is it?", "He said \u201cyes.\u201d", "well\u2026",
                                 "so,", "thus:", "\u884c\u304f\u3002"}) {
    EXPECT_EQ(prepared(text).text, text);
    EXPECT_FALSE(prepared(text).stop_added) << text;
  }
  EXPECT_EQ(translated("the house", "la casa."), "la casa");
  EXPECT_EQ(translated("the house", "la casa"), "la casa");
  EXPECT_EQ(translated("The house.", "La casa."), "La casa.");
  EXPECT_EQ(translated("Troops of the U.S.", "Tropas de EE.UU.."), "Tropas de EE.UU..");
}

TEST(ApertiumText, TheTranslationBeginsAsTheSourceDoes) {
  EXPECT_EQ(translated("the house", "La casa."), "la casa");
  EXPECT_EQ(translated("The house", "La casa."), "La casa");
  EXPECT_EQ(translated("the tree", "\u00c1rbol."), "\u00e1rbol");
  EXPECT_EQ(translated("the tree", "\u00bf\u0108u?"), "\u00bf\u0109u?");
  EXPECT_EQ(translated("i am here", " Soy aqu\u00ed."), "Soy aqu\u00ed");
  EXPECT_EQ(translated("and i am", " Y soy."), "y soy");
  EXPECT_EQ(translated("the troops of America", "EUA."), "EUA");
  EXPECT_EQ(translated("yesterday Obama came", "Obama vino ayer."), "Obama vino ayer");
  EXPECT_EQ(translated("3 Houses", "3 Casas."), "3 Casas");
}

TEST(ApertiumText, SpacesOfTheAnswerAreTidied) {
  EXPECT_EQ(translated("It's 3.5 percent.", "  Es  3.5 por ciento ."), "Es 3.5 por ciento.");
  EXPECT_EQ(translated("A file .txt, x.", "Un archivo .txt , x."), "Un archivo .txt, x.");
}

TEST(ApertiumText, ALongTextIsPartedAtItsSentencesElseAtItsWords) {
  EXPECT_EQ(pieces("One. Two."), std::vector<std::string_view>{"One. Two."});
  std::string words;
  for (int i = 0; i < 300; ++i) words += "house ";
  words += "end.";
  const auto parts = pieces(words);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].size(), 995U);  // 166 words and the spaces between
  std::string sentences;
  for (int i = 0; i < 100; ++i) sentences += "He is here? ";
  sentences += "Yes.";
  for (const auto part : pieces(sentences)) {
    EXPECT_TRUE(part.ends_with("?") || part.ends_with("Yes."));
    EXPECT_FALSE(part.starts_with(" "));
  }
  const std::string letters = prepared(std::string(4000, 'a')).text;
  for (const auto part : pieces(letters)) EXPECT_LE(part.size(), 1000U);
  EXPECT_EQ(pieces(letters).size(), 7U);
}

TEST(ApertiumText, ATildeSurvives) {
  EXPECT_EQ(prepared("about ~5.").text, "about \u223c5.");
  EXPECT_EQ(translated("about ~5.", "aproximadamente \u223c5."), "aproximadamente ~5.");
}

TEST(ApertiumText, WithoutAWordNothingIsTranslated) {
  for (const std::string text :
       {"", ".", "... ?!", "\u201c\u201d", "[", "\\", "^ $", "\u2014", "\U0001f600", "~"}) {
    EXPECT_FALSE(prepared(text).needs_engine) << text;
    EXPECT_EQ(prepared(text).text, text);
  }
  EXPECT_EQ(prepared(" \n ").text, "");
  EXPECT_EQ(prepared(" -  - ").text, "- -");
  EXPECT_TRUE(prepared("1").needs_engine);
  EXPECT_TRUE(prepared("\u00e9").needs_engine);
}

TEST(ApertiumText, RefusesWhatCannotBeSent) {
  for (const std::string& text :
       {std::string("a\0b", 3), std::string("\xff"), std::string("\xe2\x82"),
        std::string("\xed\xa0\x80"), std::string("\xc0\x80"), std::string("\xf5\x80\x80\x80"),
        std::string(ports::Translator::max_text_bytes + 1, 'a')}) {
    const auto result = prepare(text, english);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(result.error().field, "text");
  }
  EXPECT_TRUE(prepare(std::string(ports::Translator::max_text_bytes, 'a'), english).has_value());
}

TEST(ApertiumText, EscapingComesBack) {
  EXPECT_EQ(escape("\\^$/[]{}<>@a"), "\\\\\\^\\$\\/\\[\\]\\{\\}\\<\\>\\@a");
  EXPECT_EQ(unescape(escape("a \\[b] {c}/^d$ <e>@\u00e9")), "a \\[b] {c}/^d$ <e>@\u00e9");
  EXPECT_EQ(unescape("end\\"), "end\\");
}

TEST(ApertiumUtf8, EveryScalarValueComesBack) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    std::string bytes;
    utf8::append(bytes, c);
    std::size_t at = 0;
    ASSERT_EQ(utf8::next(bytes, at), c);
    ASSERT_EQ(at, bytes.size());
  }
}

TEST(ApertiumUtf8, CaseOfLatinLetters) {
  const std::u32string upper = U"AZ\u00c0\u00d1\u00de\u0108\u0139\u0147\u014a\u0160\u0178\u017d";
  const std::u32string lower = U"az\u00e0\u00f1\u00fe\u0109\u013a\u0148\u014b\u0161\u00ff\u017e";
  for (std::size_t i = 0; i < upper.size(); ++i) {
    EXPECT_EQ(to_lower(upper[i]), lower[i]);
    EXPECT_TRUE(is_upper(upper[i]));
    EXPECT_TRUE(is_lower(lower[i]));
    EXPECT_FALSE(is_lower(upper[i]));
    EXPECT_FALSE(is_upper(lower[i]));
  }
  for (const char32_t c : U"1.\u00d7\u00f7\u0410\u884c") EXPECT_EQ(to_lower(c), c);
}

}  // namespace
}  // namespace sotto::providers::apertium
