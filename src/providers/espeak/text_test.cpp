#include "providers/espeak/text.hpp"

#include <gtest/gtest.h>

#include "ports/synthesiser.hpp"

namespace sotto::providers::espeak {
namespace {

std::string prepared(std::string_view source) {
  const auto text = prepare(source);
  return text ? *text : "error: " + text.error().message;
}

TEST(EspeakText, OrdinaryTextStaysAsItIs) {
  for (const char* const text :
       {"The house is red.", "-v es", "a < b & c > d", "\u00a1S\u00ed, ma\u00f1ana!",
        "\u6e2c\u8a66", "\U0001f600", "\ufeffx", "~", "a|b"}) {
    EXPECT_EQ(prepared(text), text);
  }
}

TEST(EspeakText, ControlCharactersAndSpacesBecomeOneSpace) {
  EXPECT_EQ(prepared("one\n\n two\tthree \r\n"), "one two three");
  EXPECT_EQ(prepared("a\x01+99Sb"), "a +99Sb");
  EXPECT_EQ(prepared(std::string_view("a\0b", 3)), "a b");
  EXPECT_EQ(prepared("a\x7f\x1b[0mb"), "a (0mb");
  EXPECT_EQ(prepared("a\u0085b\u00a0c\u2028d\u2029e"), "a b c d e");
  EXPECT_EQ(prepared("a\u0530b\u0557c"), "a b c");
}

TEST(EspeakText, PhonemeBracketsBecomeRoundOnes) {
  EXPECT_EQ(prepared("[[h@l'oU]]"), "((h@l'oU))");
  EXPECT_EQ(prepared("[\u00ad[h@l'oU]]"), "(\u00ad(h@l'oU))");
}

TEST(EspeakText, RefusesWhatIsEmptyTooLongOrNotUtf8) {
  constexpr std::size_t most = ports::Synthesiser::max_text_bytes;
  EXPECT_TRUE(prepare(std::string(most, 'a')).has_value());
  for (const std::string& bad :
       {std::string(), std::string(" \n"), std::string("\x01"), std::string("\u00a0"),
        std::string(most + 1, 'a'), std::string("\xff"), std::string("caf\xe9"),
        std::string("\xc3"), std::string("\xc1\xbf"), std::string("\xe0\x9f\xbf"),
        std::string("\xed\xa0\x80"), std::string("\xf0\x8f\xbf\xbf"),
        std::string("\xf4\x90\x80\x80"), std::string("\xf5\x80\x80\x80"), std::string("\x80"),
        std::string("\xe2\x82"), std::string("\xe2\x82z")}) {
    const auto text = prepare(bad);
    ASSERT_FALSE(text.has_value()) << *text;
    EXPECT_EQ(text.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(text.error().field, "text");
  }
  for (const char* const good : {"\xc2\xa1", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                 "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(prepared(good), good);
  }
}

}  // namespace
}  // namespace sotto::providers::espeak
