#include "server/sessions/transcript_export.hpp"

#include "tests/support/fakes.hpp"
#include "tests/support/memory_session_store.hpp"

namespace sotto::server {
namespace {

const std::vector<TranscriptLine> lines = {
    {{1, SegmentId{1}, "Salt & <pepper>", {}, at_ms(0), at_ms(1500)}, "", true},
    {{2, SegmentId{2}, "short", {}, at_ms(1400), at_ms(1450)}, "", true},
    {{3, SegmentId{3}, "late", {}, at_ms(3'723'004), at_ms(3'725'000)}, "source", false}};

TEST(Transcript, WritesWebVtt) {
  EXPECT_EQ(write_transcript(lines, TranscriptForm::vtt, Language{"en"}),
            "WEBVTT\n\n"
            "1\n00:00:00.000 --> 00:00:01.400\nSalt &amp; &lt;pepper&gt;\n\n"
            "2\n00:00:01.400 --> 00:00:02.400\nshort\n\n"
            "3\n01:02:03.004 --> 01:02:05.000\nlate\n\n");
}

TEST(Transcript, WebVttNamesTheVoice) {
  EXPECT_EQ(write_transcript({}, TranscriptForm::vtt, Language{"en"}, "Piper joe --> x"),
            "WEBVTT\n\nNOTE spoken by Piper joe --&gt; x\n\n");
  EXPECT_EQ(write_transcript({}, TranscriptForm::srt, Language{"en"}, "Piper joe"), "");
}

TEST(Transcript, WritesSubRip) {
  EXPECT_EQ(write_transcript({lines[2]}, TranscriptForm::srt, Language{"es"}),
            "1\n01:02:03,004 --> 01:02:05,000\nlate\n\n");
  EXPECT_EQ(write_transcript({}, TranscriptForm::srt, Language{"es"}), "");
}

TEST(Transcript, WritesJsonLines) {
  EXPECT_EQ(write_transcript({lines[2]}, TranscriptForm::jsonl, Language{"es"}),
            R"({"segment":3,"start":3723.004,"end":3725,"lang":"es","text":"late",)"
            R"("source":"source","translated":false})"
            "\n");
  EXPECT_EQ(transcript_form("srt"), TranscriptForm::srt);
  EXPECT_FALSE(transcript_form("doc"));
}

// A translator that answers at once.
struct Prompt : testing::FakeTranslator {
  void translate(const LanguagePair& pair, std::string text, Completion done) override {
    asked.push_back(text);
    if (text == "hopeless") return done(fail(ErrorCode::unavailable, "down"));
    done(pair.target.str() + " " + text);
  }
};

struct StoredTalk : ::testing::Test {
  void SetUp() override {
    session.id = SessionId{"golden-eagle-427"};
    session.language = Language{"en"};
    ASSERT_TRUE(store.begin(session));
    keep(1, 1, "en", "one");
    keep(2, 2, "en", "two");
    keep(3, 3, "en", "");
    keep(4, 4, "en", "hopeless");
    keep(1, 1, "es", "uno");
    keep(1, 2, "es", "of an earlier revision");
    parts.translator = &translator;
    parts.cache = &cache;
    parts.store = &store;
  }
  void keep(std::uint64_t seq, std::uint32_t segment, const char* language, std::string text) {
    store.append(session.id,
                 {{seq,
                   SegmentId{segment},
                   std::move(text),
                   {},
                   at_ms(segment * 1000),
                   at_ms(segment * 1000 + 900)},
                  Language{language}},
                 [](const Result<>&) {});
  }

  ports::StoredSession session;
  testing::MemorySessionStore store;
  Prompt translator;
  pipeline::TranslationCache cache;
  pipeline::SessionParts parts;
};

TEST_F(StoredTalk, TranslatesWhatNobodyFollowed) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  const auto spanish = read_transcript(session, Language{"es"}, parts, deadline);
  ASSERT_TRUE(spanish) << spanish.error().message;
  ASSERT_EQ(spanish->size(), 3u) << "what was removed is not there";
  EXPECT_EQ((*spanish)[0].segment.text, "uno");
  EXPECT_EQ((*spanish)[1].segment.text, "es two");
  EXPECT_EQ((*spanish)[2].segment.text, "hopeless");
  EXPECT_FALSE((*spanish)[2].translated);
  EXPECT_EQ(translator.asked, (std::vector<std::string>{"two", "hopeless"}));
  EXPECT_EQ(store.captions(session.id, Language{"es"})->at(1).segment.text, "es two")
      << "and keeps it";

  const auto english = read_transcript(session, Language{"en"}, parts, deadline);
  EXPECT_EQ(english->at(1).segment.text, "two");
  EXPECT_TRUE(english->at(1).source.empty());
  const auto unknown = read_transcript(session, Language{"xx"}, parts, deadline);
  EXPECT_EQ(unknown.error().field, "lang");
}

TEST_F(StoredTalk, WaitsForTheTranslatorNoLongerThanItMay) {
  testing::FakeTranslator silent;
  parts.translator = &silent;
  const auto spanish =
      read_transcript(session, Language{"es"}, parts, std::chrono::steady_clock::now());
  EXPECT_FALSE(spanish->at(1).translated);
  EXPECT_EQ(spanish->at(1).segment.text, "two");
}

}  // namespace
}  // namespace sotto::server
