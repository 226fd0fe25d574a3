#include "engine/segmenter.hpp"

#include "tests/support/events.hpp"

namespace sotto::engine {
namespace {

WordList words_of(const std::vector<testing::SpokenWord>& spoken) {
  const transcript::Event event = testing::make_event(spoken, {});
  WordList words;
  read_words(event[0], {}, words);
  return words;
}

WordList words_of(std::string_view sentence) { return words_of(testing::spoken(sentence)); }

struct Cut {
  std::size_t words = 0;  // 0: no segment is complete
  CutReason reason = CutReason::none;
};

// The first segment of words[0, stable), found word by word as the engine does.
Cut first_cut(const WordList& words, std::size_t stable, milliseconds silence = {}) {
  for (std::size_t i = 0; i < stable; ++i)
    if (const CutReason reason = segment_end(words, 0, i, silence, {}); reason != CutReason::none)
      return {i + 1, reason};
  return {};
}

TEST(Segmenter, SentenceEnds) {
  for (const char* word :
       {"done.",    "done?", "done!",        "\"done.\"", "(done.)", "I.",     "1984.", "...",
        "no.",      "3.5.",  "example.com.", "“done.”",   "«done!»", "done.»", "wait…", "完。",
        "（完。）", "完．",  "完！",         "تم؟",       "हुआ।",     "done?!"})
    EXPECT_TRUE(ends_sentence(word)) << word;
  for (const char* word : {"done", "done,", "Mr.", "dr.", "(Dr.", "J.", "3.", "3.5", "e.g.", "U.S.",
                           "p.m.", "S.D.K.", "Ph.D.", "z.B.", "etc.", ""})
    EXPECT_FALSE(ends_sentence(word)) << word;
}

TEST(Segmenter, TheNextWordTellsASentenceFromANumberOrAnAbbreviation) {
  struct Case {
    const char *word, *next;
    bool ends;
  };
  const Case cases[] = {
      {"No.", "5", false},      {"no.", "But", true},    {"No.", "#5", true},
      {"p.m.", "The", true},    {"p.m.", "the", false},  {"a.m.", "Élise", true},
      {"etc.", "But", true},    {"etc.", "in", false},   {"U.S.", "Army", false},
      {"e.g.", "Paris", false}, {"S.", "D.", false},     {"K.", "exposes", false},
      {"I.", "But", true},      {"I.", "D.", false},     {"3.", "5", false},
      {"2024.", "5", false},    {"2024.", "Then", true}, {"am.", "The", true},
      {"am.", "the", true},     {"Mr.", "Smith", false}, {"done.", "5", true},
      {"p.", "12", false},      {"Nr.", "12", false},    {"done.", "next", true},
  };
  for (const Case& c : cases) EXPECT_EQ(ends_sentence(c.word, c.next), c.ends) << c.word << c.next;
}

TEST(Segmenter, ClauseEnds) {
  for (const char* word :
       {"so,", "so;", "so:", "so--", "so—", "so,\"", "so,”", "所以，", "所以；", "لذا،"})
    EXPECT_TRUE(ends_clause(word)) << word;
  for (const char* word : {"so", "so.", "well-known", ""}) EXPECT_FALSE(ends_clause(word)) << word;
}

TEST(Segmenter, NumbersAndAbbreviationsStandWithinASentence) {
  for (const char* sentence : {"the S. D. K. has 3.5 parts", "it is 3 p.m. in the U.S. now",
                               "see No. 5 e.g. on p. 3 there", "Mr. J. R. Smith et al. said so",
                               "on Dec. 3. we met", "he has a Ph.D. in it"})
    EXPECT_EQ(first_cut(words_of(sentence), words_of(sentence).size()).words, 0u) << sentence;
}

TEST(Segmenter, AMarkInReachEndsASegmentBeforeAGapDoes) {
  auto spoken = testing::spoken("a b c d e f g. h i j k");
  spoken[5].gap_before = milliseconds{200};
  EXPECT_EQ(first_cut(words_of(spoken), spoken.size()).reason, CutReason::sentence_end);
  spoken[6].text = "g,";
  EXPECT_EQ(first_cut(words_of(spoken), spoken.size()).reason, CutReason::clause_end);
  spoken[6].text = "g";
  EXPECT_EQ(first_cut(words_of(spoken), spoken.size()).reason, CutReason::phrase_end);
  spoken[6].text = "g.";
  spoken[5].gap_before = milliseconds{2000};
  EXPECT_EQ(first_cut(words_of(spoken), spoken.size()).reason, CutReason::pause);
}

TEST(Segmenter, CutsOnlyWithinWhatIsStable) {
  const WordList words = words_of("it is late. good night");
  EXPECT_EQ(first_cut(words, 2).words, 0u);
  EXPECT_EQ(first_cut(words, 3).words, 3u);
  EXPECT_EQ(first_cut(words, 3).reason, CutReason::sentence_end);
}

TEST(Segmenter, AShortClauseIsNotASegment) {
  const WordList words = words_of("well, this is what we came for, friends");
  EXPECT_EQ(first_cut(words, words.size()).words, 7u);
  EXPECT_EQ(first_cut(words, words.size()).reason, CutReason::clause_end);
}

TEST(Segmenter, APauseEndsASegmentWhateverItsLength) {
  auto spoken = testing::spoken("yes indeed");
  spoken[1].gap_before = milliseconds{2000};
  EXPECT_EQ(first_cut(words_of(spoken), 2).words, 1u);
  EXPECT_EQ(first_cut(words_of("yes"), 1, milliseconds{1999}).words, 0u);
  EXPECT_EQ(first_cut(words_of("yes"), 1, milliseconds{2000}).reason, CutReason::pause);
}

TEST(Segmenter, UnpunctuatedTextIsCutAtGapsAndAtTheWordLimit) {
  auto spoken = testing::spoken("a b c d e f g h i j k l m n o p q r");
  EXPECT_EQ(first_cut(words_of(spoken), 14).words, 14u);
  EXPECT_EQ(first_cut(words_of(spoken), 14).reason, CutReason::word_limit);
  EXPECT_EQ(first_cut(words_of(spoken), 13).words, 0u);
  spoken[6].gap_before = milliseconds{80};  // too short after six words
  EXPECT_EQ(first_cut(words_of(spoken), 13).words, 0u);
  spoken[10].gap_before = milliseconds{80};  // long enough after ten
  EXPECT_EQ(first_cut(words_of(spoken), 13).words, 10u);
  spoken[5].gap_before = milliseconds{150};
  EXPECT_EQ(first_cut(words_of(spoken), 13).words, 5u);
  EXPECT_EQ(first_cut(words_of(spoken), 13).reason, CutReason::phrase_end);
}

}  // namespace
}  // namespace sotto::engine
