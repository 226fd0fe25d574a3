#include "providers/bergamot/routes.hpp"

#include <gtest/gtest.h>

#include "providers/bergamot/test_support.hpp"

namespace sotto::providers::bergamot {
namespace {

namespace fs = std::filesystem;

LanguagePair pair_of(const std::string& source, const std::string& target) {
  return {Language(source), Language(target)};
}

TEST(BergamotRoutes, AFolderNamesItsModel) {
  const auto model = model_of("enes-base-memory");
  ASSERT_TRUE(model.has_value());
  EXPECT_EQ(model->pair, pair_of("en", "es"));
  EXPECT_EQ(model->kind, "base-memory");
  for (const char* const name : {"", "enes", "enes-", "enes-huge", "enen-tiny", "eng-tiny",
                                 "ENES-tiny", "enes_tiny", ".enes-tiny", "enes-tiny.partial"})
    EXPECT_FALSE(model_of(name).has_value()) << name;
}

TEST(BergamotRoutes, TheBestKindIsTaken) {
  const test::TemporaryDirectory first;
  const test::TemporaryDirectory second;
  test::pretend_model(first.path() / "bergamot/enes-tiny");
  test::pretend_model(second.path() / "bergamot/enes-tiny");
  test::pretend_model(second.path() / "bergamot/enca-tiny");
  const std::vector<fs::path> folders{first.path(), second.path(), "/nowhere"};
  auto models = find_models(folders);
  EXPECT_EQ(models.size(), 2U);
  EXPECT_EQ(models.at(pair_of("en", "es")).folder, first.path() / "bergamot/enes-tiny");
  for (const char* const kind : {"base-memory", "base"}) {
    test::pretend_model(second.path() / "bergamot" / (std::string("enes-") + kind));
    models = find_models(folders);
    EXPECT_EQ(models.at(pair_of("en", "es")).kind, kind);
  }
}

TEST(BergamotRoutes, AnIncompleteModelIsNone) {
  const test::TemporaryDirectory place;
  const fs::path folder = place.path() / "bergamot/enzh-tiny";
  for (const char* const missing : {"model.x.bin.gz", "lex.x.bin.gz", "vocab.x.spm.gz"}) {
    test::pretend_model(folder);
    EXPECT_EQ(find_models({place.path()}).size(), 1U);
    fs::remove(folder / missing);
    EXPECT_TRUE(find_models({place.path()}).empty()) << missing;
  }
  std::ofstream(folder / "srcvocab.x.spm.gz") << "";
  EXPECT_TRUE(find_models({place.path()}).empty());
  std::ofstream(folder / "trgvocab.x.spm.gz") << "";
  EXPECT_EQ(find_models({place.path()}).size(), 1U);
}

TEST(BergamotRoutes, EnglishIsBetweenTwoModels) {
  const test::TemporaryDirectory place;
  for (const char* const name : {"esen-tiny", "enes-tiny", "enca-tiny", "caen-tiny", "esca-tiny"})
    test::pretend_model(place.path() / "bergamot" / name);
  const Routes routes = routes_of(find_models({place.path()}));
  EXPECT_EQ(routes.size(), 6U);
  EXPECT_FALSE(routes.at(pair_of("es", "ca")).is_pivot());  // it has a model of its own
  const Route& route = routes.at(pair_of("ca", "es"));
  ASSERT_TRUE(route.is_pivot());
  EXPECT_EQ(route.models[0].pair, pair_of("ca", "en"));
  EXPECT_EQ(route.models[1].pair, pair_of("en", "es"));
}

}  // namespace
}  // namespace sotto::providers::bergamot
