#include "providers/moonshine/words.hpp"

namespace sotto::providers::moonshine {
namespace {

// Token 3 and on are `pieces`, where ▁ is written as _.
Vocabulary vocabulary_of(const std::vector<std::string>& pieces) {
  std::string bytes;
  const auto add = [&](const std::string& text) {
    bytes += static_cast<char>(text.size());
    bytes += text;
  };
  for (const char* mark : {"<unk>", "<s>", "</s>"}) add(mark);
  for (std::string text : pieces) {
    for (std::size_t at = 0; (at = text.find('_', at)) != std::string::npos;)
      text.replace(at, 1, "\xE2\x96\x81");
    add(text);
  }
  return Vocabulary::parse(bytes, "pieces").value();
}

// The words of an answer that has each piece once, with these probabilities (1 for the rest).
std::vector<Word> words_from(const std::vector<std::string>& pieces,
                             const std::vector<float>& probabilities = {}) {
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < pieces.size(); ++i)
    tokens.push_back(
        {static_cast<TokenId>(i) + 3, i < probabilities.size() ? probabilities[i] : 1.0f});
  return words_of(tokens, vocabulary_of(pieces));
}

std::vector<std::string> texts(const std::vector<Word>& words) {
  std::vector<std::string> out;
  for (const Word& word : words) out.push_back(word.text);
  return out;
}

using ::testing::ElementsAre;

TEST(Words, BeginWithASpace) {
  EXPECT_THAT(texts(words_from({"_The", "_ski", "ing", ",", "_", "now", "."})),
              ElementsAre("The", "skiing,", "now."));
  EXPECT_THAT(texts(words_from({"no", "space", "_first"})), ElementsAre("nospace", "first"));
  EXPECT_TRUE(words_from({}).empty());
  EXPECT_TRUE(words_from({"_", "_", "<s>"}).empty());
}

TEST(Words, AreAsProbableAsTheirLeastTokenAndMarksDoNotCount) {
  const auto words =
      words_from({"_ski", "ing", ".", "_\"", "Yes", "!\""}, {0.9f, 0.4f, 0.1f, 0.2f, 0.8f, 0.3f});
  ASSERT_EQ(words.size(), 2u);
  EXPECT_FLOAT_EQ(words[0].probability, 0.4f);
  EXPECT_FLOAT_EQ(words[1].probability, 0.8f);
  EXPECT_EQ(words[0].first_token, 0u);
  EXPECT_EQ(words[0].last_token, 3u);
  EXPECT_EQ(words[0].last_letters, 2u);
  EXPECT_EQ(words[1].first_token, 3u);
  EXPECT_EQ(words[1].last_token, 6u);
  EXPECT_EQ(words[1].last_letters, 5u);
}

TEST(Words, HoldNoBytesThatAreNoText) {
  EXPECT_THAT(texts(words_from({"_caf", "<0xC3>", "<0xA9>"})), ElementsAre("caf\xC3\xA9"));
  EXPECT_THAT(texts(words_from({"_caf", "<0xC3>", "_x"})), ElementsAre("caf", "x"));
  EXPECT_THAT(texts(words_from({"_a", "<0xFF>", "<0x80>", "b"})), ElementsAre("ab"));
  EXPECT_THAT(texts(words_from({"_a", "<0x0A>", "<0x00>", "<0x1B>", "b"})), ElementsAre("ab"));
  // Too long an encoding, a surrogate, beyond Unicode.
  EXPECT_THAT(texts(words_from({"_a", "<0xC0>", "<0xAF>"})), ElementsAre("a"));
  EXPECT_THAT(texts(words_from({"_a", "<0xED>", "<0xA0>", "<0x80>"})), ElementsAre("a"));
  EXPECT_THAT(texts(words_from({"_a", "<0xF4>", "<0x90>", "<0x80>", "<0x80>"})), ElementsAre("a"));
  EXPECT_TRUE(words_from({"_", "<0xFF>"}).empty());
}

TEST(Words, ArePlainWithoutMarksAndCapitals) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"Features.", "features"},
      {"\"No,\"", "no"},
      {"don't", "dont"},
      {"3.5", "35"},
      {"...", ""},
      {"\xE2\x80\x94", ""},
      {"\xE2\x80\x9CYes\xE2\x80\x9D", "yes"},
      {"caf\xC3\xA9", "caf\xC3\xA9"},
      {"", ""},
  };
  for (const auto& [word, expected] : cases) EXPECT_EQ(plain(word), expected) << word;
}

TEST(Words, TellTheMarksAtTheirEnd) {
  const std::vector<std::pair<std::string, std::size_t>> cases = {
      {"now", 0},   {"now.", 1},         {"now.\"", 2}, {"now\xE2\x80\xA6", 3},
      {"\"now", 0}, {"3.5", 0},          {"3.5,", 1},   {"e.g.", 1},
      {"...", 0},   {"\xE2\x80\x94", 0}, {"", 0},       {"caf\xC3\xA9!", 1},
  };
  for (const auto& [word, expected] : cases) EXPECT_EQ(closing_marks(word), expected) << word;
}

}  // namespace
}  // namespace sotto::providers::moonshine
