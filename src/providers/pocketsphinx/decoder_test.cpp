#include "providers/pocketsphinx/decoder.hpp"

#include "base/sample_clock.hpp"
#include "providers/pocketsphinx/decoder_pool.hpp"
#include "tests/support/librivox.hpp"

namespace sotto::providers::pocketsphinx {
namespace {

using testing::librivox_sentence;

const std::filesystem::path model = "/usr/share/pocketsphinx/model";

std::vector<Word> decode(Decoder& decoder, std::span<const std::int16_t> samples) {
  decoder.adapt(samples.first(std::min<std::size_t>(samples.size(), 32'000)));
  EXPECT_TRUE(decoder.begin_utterance());
  for (std::size_t at = 0; at < samples.size(); at += 1600) {
    EXPECT_TRUE(
        decoder.process(samples.subspan(at, std::min<std::size_t>(1600, samples.size() - at))));
  }
  EXPECT_TRUE(decoder.end_utterance());
  std::vector<Word> words;
  decoder.words(words);
  return words;
}

TEST(Decoder, NamesTheMissingFileAndThePackage) {
  const auto decoder = Decoder::load("/nowhere");
  ASSERT_FALSE(decoder);
  EXPECT_EQ(decoder.error().code, ErrorCode::not_found);
  EXPECT_THAT(decoder.error().message, ::testing::HasSubstr("/nowhere/en-us/en-us/mdef"));
  EXPECT_THAT(decoder.error().message, ::testing::HasSubstr("pocketsphinx-en-us"));
}

TEST(Decoder, TimesCountFromTheUtterancesBeginning) {
  auto decoder = Decoder::load(model);
  ASSERT_TRUE(decoder) << decoder.error().message;
  const auto sentence = librivox_sentence(1);
  const milliseconds length = length_of(sentence.size());
  for (int i = 0; i < 2; ++i) {
    const auto words = decode(**decoder, sentence);
    ASSERT_FALSE(words.empty());
    milliseconds place{0};
    for (const Word& word : words) {
      EXPECT_GE(word.start, place) << word.text;
      EXPECT_GT(word.end, word.start) << word.text;
      place = word.end;
    }
    EXPECT_LT(words.front().start, milliseconds{500});
    EXPECT_LE(words.back().end, length + milliseconds{30});
  }
}

TEST(Decoder, ForgetsTheSpeakerOnReset) {
  auto decoder = Decoder::load(model);
  ASSERT_TRUE(decoder) << decoder.error().message;
  const auto first = decode(**decoder, librivox_sentence(1));
  decode(**decoder, librivox_sentence(2));
  ASSERT_TRUE((*decoder)->begin_utterance());
  (*decoder)->reset();  // in mid-utterance
  EXPECT_EQ(decode(**decoder, librivox_sentence(1)), first);
}

TEST(DecoderPool, LendsTheSameDecoderAgain) {
  DecoderPool pool(model);
  const Decoder* lent = nullptr;
  {
    auto lease = pool.borrow();
    ASSERT_TRUE(lease) << lease.error().message;
    lent = lease->get();
    EXPECT_EQ(pool.idle(), 0u);
  }
  EXPECT_EQ(pool.idle(), 1u);
  auto again = pool.borrow();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->get(), lent);
}

TEST(DecoderPool, PassesOnWhyThereIsNone) {
  DecoderPool pool("/nowhere");
  const auto lease = pool.borrow();
  ASSERT_FALSE(lease);
  EXPECT_EQ(lease.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace sotto::providers::pocketsphinx
