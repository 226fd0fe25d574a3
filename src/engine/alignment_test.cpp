#include "engine/alignment.hpp"

#include "tests/support/events.hpp"

namespace sotto::engine {
namespace {

std::vector<Word> words_of(std::string_view sentence) {
  const transcript::Event event = testing::partial(sentence);
  std::vector<Word> words;
  read_words(event[0], words);
  return words;
}

TEST(Alignment, SpeechGoesOnAfterWhatWasCommitted) {
  struct Case {
    const char* committed;
    const char* newer;
    std::vector<std::size_t> place;
  };
  const std::vector<Case> cases = {
      {"", "a b", {0}},
      {"a b", "a b c", {0, 1, 2}},
      {"A b,", "a b c", {0, 1, 2}},        // case and punctuation do not count
      {"a b", "", {0, 0, 0}},              // the final says nothing
      {"a x c", "a b c d", {0, 1, 2, 3}},  // one word was wrong
      {"a b c", "a c d", {0, 1, 1, 2}},    // one word was not there
      {"a c", "a b c d", {0, 2, 3}},       // one word was missed: it joins what stands before it
      {"a b", "a b a b", {0, 1, 2}},       // really said twice
      {"x y", "a b c d", {0, 1, 2}},       // all wrong: go on where the audio does
  };
  for (const Case& c : cases)
    EXPECT_EQ(align(words_of(c.committed), words_of(c.newer)), c.place)
        << '"' << c.committed << "\" in \"" << c.newer << '"';
}

TEST(Alignment, DistanceIsAShareOfTheLongerText) {
  EXPECT_EQ(normalised_distance("", ""), 0);
  EXPECT_EQ(normalised_distance("abcd", "abcd"), 0);
  EXPECT_EQ(normalised_distance("abcd", ""), 1);
  EXPECT_EQ(normalised_distance("abcd", "abxd"), 0.25);
  EXPECT_EQ(normalised_distance("abcd", "acd"), 0.25);
}

}  // namespace
}  // namespace sotto::engine
