#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sotto {
namespace {

TEST(Utf8, DecodesWhatItAppends) {
  for (const char32_t c : {U'\0', U'a', U'\x7F', U'\x80', U'ß', U'\u07FF', U'\u0800', U'\uD7FF',
                           U'\uE000', U'\uFFFF', U'\U00010000', U'\U0010FFFF'}) {
    std::string text;
    utf8::append(text, c);
    std::size_t at = 0;
    EXPECT_EQ(utf8::next(text, at), c);
    EXPECT_EQ(at, text.size());
    EXPECT_TRUE(utf8::is_valid(text));
    EXPECT_EQ(utf8::length(text), 1u);
  }
}

TEST(Utf8, RefusesWhatRfc3629Forbids) {
  const std::vector<std::string> forbidden = {"\x80",              // continues nothing
                                              "\xC3",              // ends too early
                                              "\xC3(",             // is not continued
                                              "\xC0\xAF",          // overlong
                                              "\xE0\x9F\xBF",      // overlong
                                              "\xF0\x8F\xBF\xBF",  // overlong
                                              "\xED\xA0\x80",      // a surrogate
                                              "\xF4\x90\x80\x80",  // above U+10FFFF
                                              "\xF5\x80\x80\x80",  // above U+10FFFF
                                              "\xFF"};
  for (const std::string& text : forbidden) {
    std::size_t at = 0;
    EXPECT_EQ(utf8::next(text, at), std::nullopt);
    EXPECT_EQ(at, 0u);
    EXPECT_FALSE(utf8::is_valid("a" + text));
  }
  EXPECT_TRUE(utf8::is_valid(""));
  EXPECT_TRUE(utf8::is_valid("Grüße, 世界 🙂"));
}

TEST(Utf8, CountsCodePoints) {
  EXPECT_EQ(utf8::length(""), 0u);
  EXPECT_EQ(utf8::length("Grüße"), 5u);
  EXPECT_EQ(utf8::length("世界 🙂"), 4u);
  EXPECT_EQ(utf8::length("a\xFF"), 2u);
}

TEST(Utf8, CutsAtAMostOfBytesBetweenCodePoints) {
  const std::string text = "aß界🙂";  // 1, 2, 3 and 4 bytes
  const std::vector<std::size_t> ends = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t most = 0; most < ends.size(); ++most)
    EXPECT_EQ(utf8::first_bytes(text, most), text.substr(0, ends[most])) << most;
  EXPECT_EQ(utf8::first_bytes("\x80\x80", 1), "");
}

TEST(Utf8, KeepsTheLastCodePoints) {
  EXPECT_EQ(utf8::last_code_points("aß界🙂", 0), "");
  EXPECT_EQ(utf8::last_code_points("aß界🙂", 2), "界🙂");
  EXPECT_EQ(utf8::last_code_points("aß界🙂", 4), "aß界🙂");
  EXPECT_EQ(utf8::last_code_points("aß界🙂", 5), "aß界🙂");
}

TEST(Utf8, RemovesTheLastCodePoint) {
  std::string text = "aß界";
  utf8::remove_last(text);
  EXPECT_EQ(text, "aß");
  utf8::remove_last(text);
  EXPECT_EQ(text, "a");
  utf8::remove_last(text);
  utf8::remove_last(text);
  EXPECT_EQ(text, "");
}

}  // namespace
}  // namespace sotto
