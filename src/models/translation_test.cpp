#include "models/translation.hpp"

namespace sotto::models {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> names(const Result<std::vector<const TranslationModel*>>& models) {
  std::vector<std::string> all;
  if (models)
    for (const TranslationModel* each : *models) all.push_back(each->model.name);
  return all;
}

TEST(TranslationModels, TheProgramsOwnAreFirefoxs) {
  const TranslationModels& own = translation_models();
  EXPECT_EQ(own.all().size(), 137u);
  std::size_t files = 0;
  for (const TranslationModel& each : own.all()) {
    files += each.model.files.size();
    EXPECT_EQ(each.model.licence, "MPL-2.0");
    EXPECT_EQ(each.model.package, "mozilla/firefox-translations-models");
    EXPECT_EQ(each.model.version, "e7957fc407441a5e3e35bbcbf9d60d9b35764618");
    EXPECT_TRUE(each.from == "en" || each.to == "en") << each.model.name;
    std::size_t recommended = 0;
    for (const TranslationModel* kind : own.of_pair(each.from, each.to))
      recommended += kind->recommended ? 1 : 0;
    EXPECT_EQ(recommended, 1u) << each.model.name;
  }
  EXPECT_EQ(files, 418u);
  EXPECT_EQ(own.pairs(), 93u);
}

TEST(TranslationModels, ANameMeansTheRecommendedKindOrTheOneItSays) {
  const TranslationModels& own = translation_models();
  for (const char* name : {"en-es", "enes", "en-es-tiny", "enes-tiny"}) {
    const auto found = own.named(name);
    ASSERT_EQ(names(found), std::vector<std::string>{"en-es-tiny"}) << name;
    EXPECT_EQ(found->front()->model.files.front().path,
              "bergamot/enes-tiny/lex.50.50.enes.s2t.bin.gz");
    EXPECT_EQ(found->front()->model.size(), 14'738'227u);
    EXPECT_EQ(found->front()->bleu, 25.9);
  }
  EXPECT_EQ(names(own.named("enes-base-memory")), std::vector<std::string>{"en-es-base-memory"});
  EXPECT_THAT(names(own.kinds_named("en-es")),
              ::testing::ElementsAre("en-es-tiny", "en-es-base-memory"));
  // The small one is 10 BLEU below.
  EXPECT_EQ(names(own.named("is-en")), std::vector<std::string>{"is-en-base-memory"});
  EXPECT_EQ(names(own.named("en-sq")), std::vector<std::string>{"en-sq-tiny"}) << "never measured";
}

TEST(TranslationModels, EnglishIsThePivotWhereNoModelIsDirect) {
  EXPECT_THAT(names(translation_models().named("fr-es")),
              ::testing::ElementsAre("fr-en-tiny", "en-es-tiny"));
  EXPECT_FALSE(translation_models().named("fr-es-tiny")) << "a kind is one model's";
}

TEST(TranslationModels, AnUnknownNameIsToldWhatIsKnown) {
  for (const char* name : {"xx-es", "es-xx", "es-es", "en-en", "xxes", "en-xx-tiny"}) {
    const auto found = translation_models().named(name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().code, ErrorCode::not_found);
    EXPECT_EQ(found.error().field, "model");
    EXPECT_THAT(found.error().message, HasSubstr(std::string("'") + name + "'"));
    EXPECT_THAT(found.error().message, HasSubstr("between English and ar, az, be"));
  }
  EXPECT_THAT(translation_models().named("en-es-huge").error().message,
              HasSubstr("there is en-es-tiny, en-es-base-memory"));
  for (const char* no_name : {"", "e", "en", "en-", "en-e", "whisper", "en-es-", "EN-ES", "en_es"})
    EXPECT_FALSE(TranslationModels::is_name(no_name)) << no_name;
}

TEST(TranslationModels, AListThatIsWrongIsRefused) {
  const std::string digest(64, 'a'), good = "enes\ttiny\tm.gz\t5\t" + digest + "\t1\t0.5";
  ASSERT_TRUE(TranslationModels::parse(good + "\n\n# a comment\n"));
  for (const std::string& wrong :
       {"enes\ttiny\tm.gz\t5\t" + digest, "ene\ttiny\tm.gz\t5\t" + digest + "\t\t",
        "enes\thuge\tm.gz\t5\t" + digest + "\t\t", "enes\ttiny\t../m.gz\t5\t" + digest + "\t\t",
        "enes\ttiny\tm.gz\t-5\t" + digest + "\t\t", "enes\ttiny\tm.gz\t0\t" + digest + "\t\t",
        "enes\ttiny\tm.gz\t5\t" + digest.substr(1) + "\t\t", std::string("mirror\tx")}) {
    const auto list = TranslationModels::parse(good + "\n" + wrong);
    ASSERT_FALSE(list) << wrong;
    EXPECT_EQ(list.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(list.error().message, HasSubstr(wrong.substr(0, 20)));
  }
}

}  // namespace
}  // namespace sotto::models
