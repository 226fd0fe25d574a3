#include "providers/apertium/modes.hpp"

#include <gtest/gtest.h>

#include "providers/apertium/test_support.hpp"

namespace sotto::providers::apertium {
namespace {

LanguagePair pair(const std::string& source, const std::string& target) {
  return {Language(source), Language(target)};
}

TEST(Modes, NamesBecomePairs) {
  EXPECT_EQ(pair_of("eng-spa"), pair("en", "es"));
  EXPECT_EQ(pair_of("cat-eng"), pair("ca", "en"));
  EXPECT_EQ(pair_of("en-gl"), pair("en", "gl"));
  EXPECT_EQ(pair_of("hbs-eng"), pair("sh", "en"));
  EXPECT_EQ(pair_of("eng-hbs_HR"), pair("en", "hr"));
  EXPECT_EQ(pair_of("spa-ast"), pair("es", "ast"));
  EXPECT_EQ(pair_of("ind-zlm"), pair("id", "ms"));
}

TEST(Modes, SpanishIsThePivotWhereThereIsNoPair) {
  const Modes modes{{pair("en", "es"), {}}, {pair("es", "en"), {}}, {pair("es", "pt"), {}},
                    {pair("es", "gl"), {}}, {pair("en", "gl"), {}}, {pair("ca", "fr"), {}}};
  EXPECT_EQ(pivot_of(modes, pair("en", "pt")), Language("es"));
  for (const auto& none :
       {pair("en", "gl"), pair("en", "es"), pair("en", "en"), pair("pt", "en"), pair("en", "fr")})
    EXPECT_FALSE(pivot_of(modes, none)) << none.source.str() << none.target.str();
  EXPECT_EQ(pivoted_pairs(modes), std::vector<LanguagePair>{pair("en", "pt")});
}

TEST(Modes, VariantsDebugModesAndUnknownLanguagesAreNone) {
  for (const char* const name :
       {"eng-cat_valencia", "cat-eng_US", "eng-spa-tagger", "eng", "", "-", "eng-", "-spa",
        "eng-eng", "eng-en", "xyz-spa", "ENG-spa", "e-s", "engl-spa"}) {
    EXPECT_FALSE(pair_of(name).has_value()) << name;
  }
}

TEST(Modes, TheThreeLetterNameWins) {
  const test::TemporaryDirectory directory;
  for (const char* const name : {"en-es.mode", "eng-spa.mode", "en-gl.mode", "README", "x.mode"}) {
    directory.write(name, "cat");
  }
  const auto modes = find_modes(directory.path());
  ASSERT_TRUE(modes.has_value());
  ASSERT_EQ(modes->size(), 2U);
  EXPECT_EQ(modes->at(pair("en", "es")).filename(), "eng-spa.mode");
  EXPECT_EQ(modes->at(pair("en", "gl")).filename(), "en-gl.mode");
}

TEST(Modes, NoneAtAllSaysWhatToInstall) {
  const test::TemporaryDirectory empty;
  for (const auto& directory : {empty.path(), empty.path() / "missing"}) {
    const auto modes = find_modes(directory);
    ASSERT_FALSE(modes.has_value());
    EXPECT_EQ(modes.error().code, ErrorCode::not_found);
    EXPECT_NE(modes.error().message.find("apertium-eng-spa"), std::string::npos);
  }
}

}  // namespace
}  // namespace sotto::providers::apertium
