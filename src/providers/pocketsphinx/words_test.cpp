#include "providers/pocketsphinx/words.hpp"

namespace sotto::providers::pocketsphinx {
namespace {

TEST(ReadableWord, KeepsWords) {
  for (const char* word : {"dashwood", "it's", "o'clock", "in", "a", "ill", "is"}) {
    EXPECT_EQ(readable_word(word), word);
  }
}

TEST(ReadableWord, DropsTheMarkOfAnAlternatePronunciation) {
  EXPECT_EQ(readable_word("read(2)"), "read");
  EXPECT_EQ(readable_word("the(12)"), "the");
  EXPECT_EQ(readable_word("i'm(2)"), "I'm");
}

TEST(ReadableWord, WritesTheFirstPersonLarge) {
  EXPECT_EQ(readable_word("i"), "I");
  EXPECT_EQ(readable_word("i'm"), "I'm");
  EXPECT_EQ(readable_word("i'll"), "I'll");
  EXPECT_EQ(readable_word("i'd"), "I'd");
  EXPECT_EQ(readable_word("i've"), "I've");
}

TEST(ReadableWord, IsEmptyForWhatNobodySaid) {
  for (const char* entry : {"", "<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]", "++BREATH++"}) {
    EXPECT_EQ(readable_word(entry), "") << entry;
  }
}

}  // namespace
}  // namespace sotto::providers::pocketsphinx
