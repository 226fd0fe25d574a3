#include "providers/espeak/phonemes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "providers/espeak/test_support.hpp"
#include "supervision/child_process.hpp"

namespace sotto::providers::espeak {
namespace {

Result<std::string> ask(const std::string& program, const std::string& voice,
                        std::string_view clause, milliseconds within = milliseconds{40'000}) {
  return phonemes_of(program_at(program, 175), voice, clause,
                     {std::chrono::steady_clock::now() + within, -1, engine});
}

std::string installed() {
  return supervision::find_program("espeak-ng", supervision::search_path()).value_or("");
}

std::string script(const test::TemporaryDirectory& place, const std::string& body) {
  const std::string path = place.write("espeak-ng", "#!/bin/sh\n" + body + "\n");
  ::chmod(path.c_str(), 0700);
  return path;
}

TEST(Phonemes, AreReadAsOneLine) {
  EXPECT_EQ(read_phonemes("h\u0259l\u02c8o\u028a\nw\u02c8\u025c\u02d0ld\n"),
            "h\u0259l\u02c8o\u028a w\u02c8\u025c\u02d0ld");
  EXPECT_EQ(read_phonemes("l\u0259- (en)w\u02c8i\u02d0k(fr)\n"), "l\u0259- w\u02c8i\u02d0k");
  EXPECT_EQ(read_phonemes("\n \n"), "");
  EXPECT_EQ(read_phonemes("(en"), "(en");
}

TEST(Phonemes, AreThoseOfTheVoice) {
  if (installed().empty()) GTEST_SKIP() << "espeak-ng is not installed";
  EXPECT_EQ(ask(installed(), "en-us", "Hello world").value(),
            "h\u0259l\u02c8o\u028a w\u02c8\u025c\u02d0ld");
  EXPECT_EQ(ask(installed(), "es", "La casa").value(), "la k\u02c8asa");
  EXPECT_EQ(ask(installed(), "en-us", "...").value(), "");
}

TEST(Phonemes, AVoiceIsNeverAnOption) {
  for (const char* const voice : {"", "-x", "--voices", "en us", "../x", "en;x", "en\n"}) {
    EXPECT_FALSE(is_voice_name(voice)) << voice;
    EXPECT_EQ(ask("/bin/true", voice, "a").error().code, ErrorCode::invalid_argument);
  }
  EXPECT_TRUE(is_voice_name("en-us"));
  EXPECT_TRUE(is_voice_name("roa/es-419"));
}

TEST(Phonemes, AProgramThatFailsIsAnError) {
  const test::TemporaryDirectory place;
  supervision::block_sigpipe();
  for (const char* const body : {"cat >/dev/null; exit 3", "exec <&-; echo a; sleep 1000",
                                 "cat >/dev/null; kill -9 $$", "exec cat /dev/zero"}) {
    const auto result = ask(script(place, body), "en", std::string(100'000, 'a'));
    ASSERT_FALSE(result) << body;
    EXPECT_EQ(result.error().code, ErrorCode::unavailable) << body;
  }
  const auto hung = ask(script(place, "sleep 1000"), "en", "a", milliseconds{50});
  ASSERT_FALSE(hung);
  EXPECT_EQ(hung.error().code, ErrorCode::deadline_exceeded);
}

}  // namespace
}  // namespace sotto::providers::espeak
