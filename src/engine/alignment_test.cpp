#include "engine/alignment.hpp"

#include "tests/support/events.hpp"

namespace sotto::engine {
namespace {

WordList words_of(std::string_view sentence) {
  const transcript::Event event = testing::partial(sentence);
  WordList words;
  read_words(event[0], {}, words);
  return words;
}

std::vector<std::uint32_t> align(const char* committed, const char* newer) {
  const WordList words = words_of(committed);
  std::vector<std::uint32_t> place;
  engine::align(words, words.size(), words_of(newer), place);
  return place;
}

TEST(Alignment, SpeechGoesOnAfterWhatWasCommitted) {
  struct Case {
    const char* committed;
    const char* newer;
    std::vector<std::uint32_t> place;
    std::size_t contradicted;
  };
  const std::vector<Case> cases = {
      {"", "a b", {0}, 0},
      {"a b", "a b c", {0, 1, 2}, 0},
      {"A b,", "a b c", {0, 1, 2}, 0},  // case and punctuation do not count
      {"“É” b—", "é, B. c", {0, 1, 2}, 0},
      {"a b", "", {0, 0, 0}, 2},              // the final says nothing
      {"a x c", "a b c d", {0, 1, 2, 3}, 1},  // one word was wrong
      {"a b c", "a c d", {0, 1, 1, 2}, 1},    // one word was not there
      {"a c", "a b c d", {0, 2, 3}, 0},       // one word was missed: it joins what stands before it
      {"a b", "a b a b", {0, 1, 2}, 0},       // really said twice
      {"x y", "a b c d", {0, 1, 2}, 2},       // all wrong: go on where the audio does
  };
  for (const Case& c : cases) {
    const std::string name = std::string("\"") + c.committed + "\" in \"" + c.newer + '"';
    EXPECT_EQ(align(c.committed, c.newer), c.place) << name;
    const WordList words = words_of(c.committed);
    EXPECT_EQ(contradicted(words, words.size(), words_of(c.newer), c.place), c.contradicted)
        << name;
  }
}

TEST(Alignment, EnormousContradictionsArePlacedByTheirTime) {
  std::string committed, newer;
  for (int i = 0; i < 2000; ++i) committed += "a ", newer += "b ";
  const auto place = align(committed.c_str(), newer.c_str());
  for (std::size_t i = 0; i < place.size(); ++i) ASSERT_EQ(place[i], i);
}

TEST(Alignment, DistanceIsAShareOfTheLongerText) {
  EXPECT_EQ(normalized_distance("", ""), 0);
  EXPECT_EQ(normalized_distance("abcd", "abcd"), 0);
  EXPECT_EQ(normalized_distance("abcd", ""), 1);
  EXPECT_EQ(normalized_distance("abcd", "abxd"), 0.25);
  EXPECT_EQ(normalized_distance("abcd", "acd"), 0.25);
  EXPECT_EQ(normalized_distance("a\xC3\xB1o", "ano"), 1.0 / 3) << "characters, not bytes";
  EXPECT_EQ(normalized_distance(std::string(10'000, 'a'), std::string(10'000, 'b')), 1);
}

}  // namespace
}  // namespace sotto::engine
