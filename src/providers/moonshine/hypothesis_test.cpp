#include "providers/moonshine/hypothesis.hpp"

#include <map>
#include <sstream>

namespace sotto::providers::moonshine {
namespace {

// A vocabulary that grows with what is written: each word of a text is one token, or with `|` in it
// several.
class Written {
 public:
  Answer answer(const std::string& text, DecodingEnd end = DecodingEnd::end_token,
                float probability = 0.9f) {
    Answer out;
    out.end = end;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      std::istringstream pieces("\xE2\x96\x81" + word);
      for (std::string piece; std::getline(pieces, piece, '|');)
        out.tokens.push_back({token(piece), probability});
    }
    return out;
  }

  Vocabulary vocabulary() const {
    std::string bytes;
    for (const std::string& text : texts_) {
      bytes += static_cast<char>(text.size());
      bytes += text;
    }
    return Vocabulary::parse(bytes, "written").value();
  }

 private:
  TokenId token(const std::string& text) {
    const auto [at, fresh] = ids_.emplace(text, static_cast<TokenId>(texts_.size()));
    if (fresh) texts_.push_back(text);
    return at->second;
  }

  std::vector<std::string> texts_{"<unk>", "<s>", "</s>"};
  std::map<std::string, TokenId> ids_;
};

std::string joined(const std::vector<Word>& words) {
  std::string text;
  for (const Word& word : words) text += (text.empty() ? "" : " ") + word.text;
  return text;
}

Checked checked(const std::string& text, DecodingEnd end = DecodingEnd::end_token) {
  Written written;
  const Answer answer = written.answer(text, end);
  return check_answer(answer, written.vocabulary());
}

std::vector<Word> words_in(const std::string& text, float probability = 0.9f) {
  Written written;
  const Answer answer = written.answer(text, DecodingEnd::end_token, probability);
  return words_of(answer.tokens, written.vocabulary());
}

TEST(CheckAnswer, TakesRepetitionsOff) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"often associated with sociated with sociated with", "often associated with"},
      {"often associated with sociated with", "often associated with"},
      {"often associated with sociated with sociated", "often associated with"},
      {"the files, files, files, files,", "the files,"},
      {"The non-non-non-non-", "The"},
      {"non-non-non-non-non-n", ""},
      {"This is all he said. This is all he said.", "This is all he said."},
      {"He said no no. He said no no.", "He said no no."},
      {"one two three four one two three four one two", "one two three four"},
      {"of the of the of the of the", "of the"},
      {". . . .", ""},
      {"- ...", ""},
  };
  for (const auto& [text, expected] : cases) {
    const Checked result = checked(text);
    EXPECT_EQ(joined(result.words), expected) << text;
    EXPECT_TRUE(result.looped || text == "- ...") << text;
  }
}

TEST(CheckAnswer, LeavesWhatPeopleSay) {
  for (const char* text : {
           "It was the age of wisdom, it was the age of foolishness",
           "It was the best of times, it was the worst of times,",
           "no, no, no",
           "No, no, no.",
           "very, very good",
           "that that is is",
           "I had had enough, enough.",
           "so it goes, so it goes",
           "we cannot, we will not",
           "an outside side",
           "Mississippi banana",
           "again and again and again",
           "",
       }) {
    const Checked result = checked(text);
    EXPECT_EQ(joined(result.words), text);
    EXPECT_FALSE(result.looped) << text;
  }
}

TEST(CheckAnswer, OfALoopKeepsThePieceOnce) {
  const Checked result = checked("a b c|c d e b c|c d e b c|c d e b c|c d e", DecodingEnd::loop);
  EXPECT_EQ(joined(result.words), "a b cc d e");
  EXPECT_TRUE(result.looped);
  // A short loop within the piece is not taken for the loop.
  EXPECT_EQ(
      joined(checked("x go now now go now now go now now go now now", DecodingEnd::loop).words),
      "x go now now");
  EXPECT_EQ(joined(checked("as|s|s|s|s|s|s", DecodingEnd::loop).words), "");
}

TEST(CheckAnswer, AtItsLimitTheLastWordIsNotBelieved) {
  const Checked result = checked("this is half a wo", DecodingEnd::limit);
  EXPECT_EQ(joined(result.words), "this is half a");
  EXPECT_TRUE(result.looped);
  EXPECT_TRUE(checked("", DecodingEnd::limit).words.empty());
}

class AgreementTest : public ::testing::Test {
 protected:
  void take(const std::string& text, int heard_to, float probability = 0.9f) {
    const Answer answer = written_.answer(text, DecodingEnd::end_token, probability);
    agreement_.take(words_of(answer.tokens, written_.vocabulary()), answer.tokens,
                    milliseconds{heard_to});
  }

  std::string prefix(const Agreement::Trust& trust) {
    const Vocabulary vocabulary = written_.vocabulary();
    std::string text;
    for (const TokenId token : agreement_.prefix(trust)) text += vocabulary.piece(token);
    return text;
  }

  Written written_;
  Agreement agreement_;
};

TEST_F(AgreementTest, CountsHypothesesInARow) {
  take("the cat", 600);
  take("The cat, sat", 900);
  take("the cat sat on", 1200);
  EXPECT_EQ(agreement_.agreed(1), 4u);
  EXPECT_EQ(agreement_.agreed(2), 3u);
  EXPECT_EQ(agreement_.agreed(3), 2u);
  EXPECT_EQ(agreement_.agreed(4), 0u);
  EXPECT_THAT(agreement_.heard_by(), ::testing::ElementsAre(milliseconds{600}, milliseconds{600},
                                                            milliseconds{900}, milliseconds{1200}));
}

TEST_F(AgreementTest, AWordThatChangesBeginsAnewWithAllBehindIt) {
  take("the cat sat down", 600);
  take("the cat sat down", 900);
  take("the hat sat down", 1200);
  EXPECT_EQ(agreement_.agreed(2), 1u);
  EXPECT_THAT(agreement_.heard_by(),
              ::testing::ElementsAre(milliseconds{600}, milliseconds{1200}, milliseconds{1200},
                                     milliseconds{1200}));
  take("the", 1500);
  EXPECT_EQ(agreement_.agreed(4), 1u);
  take("", 1800);
  EXPECT_EQ(agreement_.agreed(1), 0u);
}

TEST_F(AgreementTest, ThePrefixIsWhatIsTrusted) {
  const Agreement::Trust trust{.hypotheses = 2, .words_after = 2, .probability = 0.6f};
  take("the c|at. sat down", 600);
  EXPECT_EQ(prefix(trust), "");
  take("the c|at|. sat down now", 900);
  EXPECT_EQ(prefix(trust), " the cat. sat");
  take("the c|at|. sat down now", 1200, 0.5f);
  EXPECT_EQ(prefix(trust), "") << "it was not sure";
  take("the c|at|. sat down now", 1500);
  EXPECT_EQ(prefix(trust), "") << "in one of the hypotheses that agree it was not";
  agreement_.clear();
  EXPECT_TRUE(agreement_.words().empty());
  EXPECT_EQ(prefix(trust), "");
}

TEST_F(AgreementTest, MarksBehindThePrefixAreLeftToTheNextAnswer) {
  const Agreement::Trust trust{.hypotheses = 2, .words_after = 1, .probability = 0.6f};
  take("yes|, he did", 600);
  take("yes|. He did|.", 900);
  EXPECT_EQ(prefix(trust), " yes. He");
  take("yes|. He|, did", 1200);
  take("yes|. He|, did", 1500);
  EXPECT_EQ(prefix(trust), " yes. He");
}

TEST(Contradicts, LooksAtThePrefixAlone) {
  Answer answer;
  answer.tokens = {{3, 0.9f}, {4, 0.01f}, {5, 0.001f}};
  EXPECT_FALSE(contradicts(answer, 0, 0.02f));
  EXPECT_FALSE(contradicts(answer, 1, 0.02f));
  EXPECT_TRUE(contradicts(answer, 2, 0.02f));
  EXPECT_TRUE(contradicts(answer, 9, 0.02f));
}

TEST(CommonWords, AreCountedInOrder) {
  const auto common = [](const char* a, const char* b) {
    return common_words(words_in(a), words_in(b));
  };
  EXPECT_EQ(common("", ""), 0u);
  EXPECT_EQ(common("a b c", ""), 0u);
  EXPECT_EQ(common("A, b c.", "a b c"), 3u);
  EXPECT_EQ(common("a b c d", "b x d"), 2u);
  EXPECT_EQ(common("a b", "b a"), 1u);
  EXPECT_EQ(common("a a a", "a a"), 2u);
}

}  // namespace
}  // namespace sotto::providers::moonshine
