#include "providers/bergamot/text.hpp"

#include <gtest/gtest.h>

namespace sotto::providers::bergamot {
namespace {

std::string prepared(const std::string& text) { return prepare(text).value().text; }

TEST(BergamotText, BecomesOneLineWithSingleSpaces) {
  EXPECT_EQ(prepared(" a \t b\r\nc\x01 "), "a b c");
  EXPECT_EQ(prepared("a\u00a0b\u3000c\u2028d\uffffe"), "a b c d e");
  EXPECT_EQ(prepared(std::string("a\0b", 3)), "a b");
  EXPECT_EQ(prepared(" \n"), "");
}

TEST(BergamotText, WithoutLetterOrDigitNeedsNoEngine) {
  for (const char* const text : {"", " ", "...", "?!", "\u2014", "\u3002", "\U0001F600"})
    EXPECT_FALSE(prepare(text).value().needs_engine) << text;
  for (const char* const text : {"a", "1", "\u00e9", "\u044f", "\u4e2d", "\u0905", "(x)"})
    EXPECT_TRUE(prepare(text).value().needs_engine) << text;
}

TEST(BergamotText, AnAnswerIsATranslation) {
  EXPECT_EQ(translation_in(" La  casa.\n", "The house."), "La casa.");
  EXPECT_EQ(translation_in("S\u00ed, lo es.", "\u662f"), "S\u00ed, lo es.");
  EXPECT_EQ(translation_in("no no no no no no", "no no no no no no"), "no no no no no no");
  EXPECT_EQ(translation_in("no, no, no, no", "no!"), "no, no, no, no");
}

TEST(BergamotText, OrItIsNone) {
  const std::string run_on = "la casa ";
  std::string repeated;
  for (int i = 0; i < 10; ++i) repeated += run_on;
  for (const std::string& answer : {std::string(), std::string(" \n"), std::string(400, 'x'),
                                    repeated, std::string("es es es es es")}) {
    const auto result = translation_in(answer, "The house is red.");
    ASSERT_FALSE(result.has_value()) << *result;
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
    // A message may reach a log, and the text must not.
    EXPECT_EQ(result.error().message.find("casa"), std::string::npos);
  }
}

}  // namespace
}  // namespace sotto::providers::bergamot
