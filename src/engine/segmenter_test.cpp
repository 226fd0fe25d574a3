#include "engine/segmenter.hpp"

#include "tests/support/events.hpp"

namespace sotto::engine {
namespace {

std::vector<Word> words_of(const std::vector<testing::SpokenWord>& spoken) {
  const transcript::Event event = testing::make_event(spoken, {});
  std::vector<Word> words;
  read_words(event[0], words);
  return words;
}

std::vector<Word> words_of(std::string_view sentence) {
  return words_of(testing::spoken(sentence));
}

TEST(Segmenter, SentenceEnds) {
  for (const char* word : {"done.", "done?", "done!", "\"done.\"", "(done.)", "I.", "1984.", "..."})
    EXPECT_TRUE(ends_sentence(word)) << word;
  for (const char* word : {"done", "done,", "Mr.", "dr.", "J.", "3.", "3.5", "e.g.", ""})
    EXPECT_FALSE(ends_sentence(word)) << word;
}

TEST(Segmenter, ClauseEnds) {
  for (const char* word : {"so,", "so;", "so:", "so--", "so\xE2\x80\x94", "so,\""})
    EXPECT_TRUE(ends_clause(word)) << word;
  for (const char* word : {"so", "so.", "well-known", ""}) EXPECT_FALSE(ends_clause(word)) << word;
}

TEST(Segmenter, CutsOnlyWithinWhatIsStable) {
  const auto words = words_of("it is late. good night");
  EXPECT_EQ(find_cut(words, 2, milliseconds{0}, {}).words, 0u);
  const Cut cut = find_cut(words, 3, milliseconds{0}, {});
  EXPECT_EQ(cut.words, 3u);
  EXPECT_EQ(cut.reason, CutReason::sentence_end);
}

TEST(Segmenter, AShortClauseIsNotASegment) {
  const auto words = words_of("well, this is what we came for, friends");
  const Cut cut = find_cut(words, words.size(), milliseconds{0}, {});
  EXPECT_EQ(cut.words, 7u);
  EXPECT_EQ(cut.reason, CutReason::clause_end);
}

TEST(Segmenter, APauseEndsASegmentWhateverItsLength) {
  auto spoken = testing::spoken("yes indeed");
  spoken[1].gap_before = milliseconds{2000};
  EXPECT_EQ(find_cut(words_of(spoken), 2, milliseconds{0}, {}).words, 1u);
  EXPECT_EQ(find_cut(words_of("yes"), 1, milliseconds{1999}, {}).words, 0u);
  EXPECT_EQ(find_cut(words_of("yes"), 1, milliseconds{2000}, {}).reason, CutReason::pause);
}

TEST(Segmenter, UnpunctuatedTextIsCutAtGapsAndAtTheWordLimit) {
  auto spoken = testing::spoken("a b c d e f g h i j k l m n o p q r");
  EXPECT_EQ(find_cut(words_of(spoken), 14, milliseconds{0}, {}).words, 14u);
  EXPECT_EQ(find_cut(words_of(spoken), 13, milliseconds{0}, {}).words, 0u);
  spoken[9].gap_before =
      milliseconds{80};  // too short to cut at, the longest to choose at the limit
  EXPECT_EQ(find_cut(words_of(spoken), 14, milliseconds{0}, {}).words, 9u);
  spoken[6].gap_before = milliseconds{150};
  const Cut cut = find_cut(words_of(spoken), 14, milliseconds{0}, {});
  EXPECT_EQ(cut.words, 6u);
  EXPECT_EQ(cut.reason, CutReason::phrase_end);
}

}  // namespace
}  // namespace sotto::engine
