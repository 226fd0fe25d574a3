#include "providers/moonshine/vocabulary.hpp"

#include <fstream>

#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::moonshine {
namespace {

// A token as the file has it.
std::string entry(const std::string& text) {
  std::string out;
  if (text.size() < 128) {
    out += static_cast<char>(text.size());
  } else {
    out += static_cast<char>(128 + text.size() % 128);
    out += static_cast<char>(text.size() / 128);
  }
  return out + text;
}

const std::string marks = entry("<unk>") + entry("<s>") + entry("</s>");

Vocabulary parsed(const std::string& bytes) { return Vocabulary::parse(bytes, "v").value(); }

TEST(Vocabulary, ReadsLengthsOfOneByteAndOfTwo) {
  for (const std::size_t length : {0u, 1u, 127u, 128u, 129u, 255u, 256u, 300u, 16'000u}) {
    const std::string text(length, 'x');
    const Vocabulary vocabulary = parsed(marks + entry(text) + entry("end"));
    ASSERT_EQ(vocabulary.size(), 5u) << length;
    EXPECT_EQ(vocabulary.piece(3), text) << length;
    EXPECT_EQ(vocabulary.piece(4), "end") << length;
  }
}

TEST(Vocabulary, ReadsWordsBytesAndMarks) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\xE2\x96\x81the", " the"},
      {"\xE2\x96\x81", " "},
      {"ing", "ing"},
      {"<0x41>", "A"},
      {"<0xE2>", "\xE2"},
      {"<0xG1>", ""},
      {"<<ST_7>>", ""},
      {"<s>", ""},
      {"<>", "<>"},
      {"<", "<"},
      {"\xE2\x96", "\xE2\x96"},
      {"", ""},
  };
  std::string bytes = marks;
  for (const auto& [text, piece] : cases) bytes += entry(text);
  const Vocabulary vocabulary = parsed(bytes);
  for (std::size_t i = 0; i < cases.size(); ++i)
    EXPECT_EQ(vocabulary.piece(static_cast<TokenId>(i) + 3), cases[i].second) << cases[i].first;
}

TEST(Vocabulary, HasNoTextForWhatIsNoToken) {
  const Vocabulary vocabulary = parsed(entry("a") + entry("b") + entry("c") + entry("d"));
  for (const TokenId token :
       {TokenId{0}, token_begin, token_end, TokenId{4}, TokenId{-1},
        std::numeric_limits<TokenId>::max(), std::numeric_limits<TokenId>::min()})
    EXPECT_EQ(vocabulary.piece(token), "") << token;
  EXPECT_EQ(vocabulary.piece(3), "d");
}

TEST(Vocabulary, CutOffAnywhereItSaysSoOrIsShorter) {
  const std::string whole = marks + entry("word") + entry(std::string(200, 'y'));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto vocabulary = Vocabulary::parse(whole.substr(0, length), "cut.bin");
    if (vocabulary) {
      EXPECT_LT(vocabulary->size(), 5u) << length;
      continue;
    }
    EXPECT_EQ(vocabulary.error().code, ErrorCode::unavailable);
    EXPECT_THAT(vocabulary.error().message, ::testing::StartsWith("cut.bin ")) << length;
  }
}

TEST(Vocabulary, NamesTheFile) {
  const auto none = Vocabulary::read("/nowhere/tokenizer.bin");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_THAT(none.error().message, ::testing::HasSubstr("/nowhere/tokenizer.bin"));

  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "tokenizer.bin";
  for (const char* bytes : {"",
                            "\x05"
                            "ab",
                            "\x01"
                            "a\x01"
                            "b"}) {
    std::ofstream(file, std::ios::binary) << bytes;
    const auto read = Vocabulary::read(file);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::unavailable);
    EXPECT_THAT(read.error().message, ::testing::HasSubstr(file.string()));
  }
  EXPECT_FALSE(Vocabulary::read(folder.path())) << "a folder";
  std::ofstream(file, std::ios::binary) << marks + entry("word");
  EXPECT_EQ(Vocabulary::read(file).value().piece(3), "word");
}

}  // namespace
}  // namespace sotto::providers::moonshine
