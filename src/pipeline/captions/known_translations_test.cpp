#include "pipeline/captions/known_translations.hpp"

namespace sotto::pipeline {
namespace {

constexpr SegmentId one{1};

std::string add(KnownTranslations& known, std::string_view text, std::string rest,
                std::size_t most = 1000) {
  return known.add(one, text, known.find(one, text, most), std::move(rest));
}

TEST(KnownTranslations, ASegmentThatGrowsKeepsWhatItsBeginningWasTranslatedTo) {
  KnownTranslations known(Language{"es"});
  EXPECT_EQ(known.find(one, "the house", 9).bytes, 0u);
  EXPECT_EQ(add(known, "the house", "la casa"), "la casa");
  const auto found = known.find(one, "the house is big", 1000);
  EXPECT_EQ(found.bytes, 9u);
  EXPECT_EQ(found.translation, "la casa");
  EXPECT_EQ(add(known, "the house is big", "es grande"), "la casa es grande");
  EXPECT_EQ(known.find(one, "the house is big today", 1000).bytes, 16u);
  EXPECT_EQ(known.find(one, "the house is small", 1000).bytes, 9u) << "back to the first part";
  EXPECT_EQ(known.find(one, "a house", 1000).bytes, 0u);
  EXPECT_EQ(known.find(SegmentId{2}, "the house", 1000).bytes, 0u);
}

TEST(KnownTranslations, NoMoreIsReusedThanIsAllowed) {
  KnownTranslations known(Language{"es"});
  add(known, "the house", "la casa");
  EXPECT_EQ(known.find(one, "the house is", 0).bytes, 0u);
  EXPECT_EQ(known.find(one, "the house is", 8).bytes, 0u);
  EXPECT_EQ(known.find(one, "the house is", 9).bytes, 9u);
}

TEST(KnownTranslations, AWholeTranslationReplacesTheParts) {
  KnownTranslations known(Language{"es"});
  add(known, "the house", "la casa");
  EXPECT_EQ(add(known, "the house is big", "grande es la casa", 0), "grande es la casa");
  EXPECT_EQ(known.find(one, "the house is big", 1000).translation, "grande es la casa");
  EXPECT_EQ(known.find(one, "the house was", 1000).bytes, 0u) << "its part is gone";
}

TEST(KnownTranslations, PartsAreNoSentences) {
  KnownTranslations known(Language{"es"});
  add(known, "raise your hand", "Levanta la mano.");
  EXPECT_EQ(add(known, "raise your hand if you can", "Si puedes."), "levanta la mano si puedes");
  EXPECT_EQ(add(known, "raise your hand if you can hear me.", "Óyeme."),
            "levanta la mano si puedes Óyeme.");
}

TEST(KnownTranslations, GermanNounsKeepTheirCapitals) {
  KnownTranslations known(Language{"de"});
  EXPECT_EQ(add(known, "houses are", "Häuser sind"), "Häuser sind");
  EXPECT_EQ(add(known, "houses are big", "groß"), "Häuser sind groß");
  EXPECT_EQ(add(known, "houses are big houses", "Häuser"), "Häuser sind groß Häuser");
  EXPECT_EQ(add(known, "houses are big houses today", "Heute"), "Häuser sind groß Häuser Heute");
}

TEST(KnownTranslations, LanguagesWithoutSpacesGetNone) {
  KnownTranslations known(Language{"ja"});
  add(known, "good morning", "おはよう");
  EXPECT_EQ(add(known, "good morning everybody", "みなさん"), "おはようみなさん");
}

TEST(KnownTranslations, OtherCaseAndMarksTakeTheTranslationAlong) {
  KnownTranslations known(Language{"es"});
  add(known, "the house,", "la casa,");
  const auto found = known.find(one, "The house.", 1000);
  EXPECT_EQ(found.bytes, 10u);
  EXPECT_EQ(found.translation, "La casa.");
  EXPECT_EQ(known.find(one, "the house?", 1000).bytes, 0u) << "a question reads otherwise";
}

TEST(KnownTranslations, LanguagesWithMarksOfTheirOwnGetNoOthers) {
  KnownTranslations known(Language{"zh"});
  add(known, "the house", "房子");
  EXPECT_EQ(known.find(one, "the house.", 1000).translation, "房子");
}

TEST(KnownTranslations, LettersAndMarks) {
  EXPECT_EQ(with_letters_of("hand", "hand.", "mano"), "mano.");
  EXPECT_EQ(with_letters_of("hand,", "hand", "mano,"), "mano");
  EXPECT_EQ(with_letters_of("hand,", "hand.", "mano."), "mano.") << "it has other marks already";
  EXPECT_EQ(with_letters_of("", "", ""), "");
  EXPECT_EQ(with_letters_of("NASA says", "nasa says", "NASA dice"), "NASA dice");
}

TEST(KnownTranslations, IsBounded) {
  KnownTranslations known(Language{"es"});
  for (std::uint32_t i = 1; i <= KnownTranslations::most_segments + 1; ++i)
    known.add(SegmentId{i}, "word", {}, "palabra");
  EXPECT_EQ(known.find(one, "word", 1000).bytes, 0u);
  EXPECT_EQ(known.find(SegmentId{2}, "word", 1000).bytes, 4u);
  std::string text = "w";
  for (std::size_t i = 0; i < 10 * KnownTranslations::most_parts; ++i) {
    add(known, text, "p");
    EXPECT_EQ(known.find(one, text, 100'000).bytes, text.size());
    text += " w";
  }
}

}  // namespace
}  // namespace sotto::pipeline
