#include "providers/web_translators/plain_text.hpp"

#include <cstdlib>
#include <fstream>

#include "providers/web_translators/answer_check.hpp"
#include "providers/web_translators/service.hpp"
#include "supervision/test_support.hpp"

namespace sotto::providers::web_translators {
namespace {

using namespace std::chrono_literals;

TEST(WebPlainText, IsOneLine) {
  EXPECT_EQ(one_line("  a\r\n b\t\xc2\xa0 c\xe2\x80\xa8"), "a b c");
  EXPECT_EQ(one_line("\x01\x1b[0m"), "[0m");
  EXPECT_EQ(one_line(" \n"), "");
}

TEST(WebPlainText, NeedsAnEngineWhereThereAreLetters) {
  for (const char* text : {"a", "7", "é", "中"}) EXPECT_TRUE(needs_engine(text)) << text;
  for (const char* text : {"", "...", "-- ?!"}) EXPECT_FALSE(needs_engine(text)) << text;
}

TEST(WebPlainText, WeighsAlikeInAllLanguages) {
  EXPECT_EQ(weight("house"), 5u);
  EXPECT_EQ(weight("中文"), 6u);
}

TEST(WebPlainText, CountsRepetitions) {
  EXPECT_EQ(repetitions(""), 0u);
  EXPECT_EQ(repetitions("one two three"), 1u);
  EXPECT_EQ(repetitions("very very very good"), 3u);
  EXPECT_EQ(repetitions("the cat and the cat and the cat and"), 3u);
}

TEST(WebAnswers, NamesAndShortWordsMayStay) {
  const LanguagePair to_russian{Language{"en"}, Language{"ru"}};
  EXPECT_FALSE(why_no_translation(to_russian, "OK Google", "OK Google"));
  EXPECT_FALSE(why_no_translation(to_russian, "the white house in Washington DC",
                                  "белый дом в Washington DC"));
  EXPECT_TRUE(why_no_translation(to_russian, "the white house stands", "la casa blanca se alza"));
  const LanguagePair unknown{Language{"sr"}, Language{"kk"}};
  EXPECT_FALSE(why_no_translation(unknown, "the white house stands", "бела кућа стоји"));
}

TEST(WebAnswers, LongLanguagesAreNotTakenForRunningOn) {
  const LanguagePair from_chinese{Language{"zh"}, Language{"en"}};
  EXPECT_FALSE(why_no_translation(from_chinese, "我们明天早上在图书馆见面",
                                  "We will meet at the library tomorrow morning, all of us"));
}

TEST(WebRetryAfter, IsSecondsUpToAnHour) {
  const auto of = [](const char* value) {
    return retry_after({429, {{"retry-after", value}}, ""});
  };
  EXPECT_EQ(of("7"), milliseconds{7s});
  EXPECT_EQ(of("0"), milliseconds{0});
  EXPECT_EQ(of("100000"), milliseconds{1h});
  for (const char* none : {"", "-1", "1.5", "7s", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999"})
    EXPECT_EQ(of(none), std::nullopt) << none;
  EXPECT_EQ(retry_after({429, {}, ""}), std::nullopt);
}

TEST(WebKeys, ComeFromAVariableOrTheFileThatItNames) {
  const supervision::test::TemporaryDirectory folder;
  ::unsetenv("SOTTO_TEST_KEY");
  ::unsetenv("SOTTO_TEST_KEY_FILE");
  EXPECT_EQ(key_from_environment("SOTTO_TEST_KEY"), "");
  ::setenv("SOTTO_TEST_KEY_FILE", folder.write("key", "from-a-file\r\nmore\n").c_str(), 1);
  EXPECT_EQ(key_from_environment("SOTTO_TEST_KEY"), "from-a-file");
  ::setenv("SOTTO_TEST_KEY", "from-a-variable", 1);
  EXPECT_EQ(key_from_environment("SOTTO_TEST_KEY"), "from-a-variable");
  ::setenv("SOTTO_TEST_KEY", "no key", 1);
  const auto bad = key_from_environment("SOTTO_TEST_KEY");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().field, "SOTTO_TEST_KEY");
  EXPECT_EQ(bad.error().message.find("no key\""), std::string::npos);
  ::unsetenv("SOTTO_TEST_KEY");
  ::setenv("SOTTO_TEST_KEY_FILE", (folder.path() / "none").c_str(), 1);
  EXPECT_EQ(key_from_environment("SOTTO_TEST_KEY").error().code, ErrorCode::not_found);
  ::unsetenv("SOTTO_TEST_KEY_FILE");
}

}  // namespace
}  // namespace sotto::providers::web_translators
