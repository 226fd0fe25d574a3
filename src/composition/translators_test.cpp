#include "composition/translators.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::composition {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names(const TranslatorPlan& plan) {
  std::vector<std::string> names;
  for (const auto& name : plan.names)
    names.push_back(name.kind + (name.place.empty() ? "" : ":" + name.place) +
                    (name.optional ? "?" : ""));
  return names;
}

const LanguagePair to_catalan{Language{"en"}, Language{"ca"}};

TEST(TranslatorPlan, ReadsAChainInItsOrderAndEachOnce) {
  const auto plan = translator_plan({.chain = "translate, apertium,translate", .pairs = ""});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_THAT(names(*plan), ElementsAre("translate", "apertium"));
  EXPECT_THAT(plan->route, ElementsAre(0, 1));
}

TEST(TranslatorPlan, WhatAutoTakesMayBeMissing) {
  EXPECT_THAT(names(*translator_plan({})), ElementsAre("bergamot?", "apertium?"));
  EXPECT_THAT(names(*translator_plan({.chain = "auto", .pairs = "en-ca=apertium"})),
              ElementsAre("bergamot?", "apertium"));
  EXPECT_THAT(names(*translator_plan({.chain = "translate,auto", .pairs = ""})),
              ElementsAre("translate", "bergamot?", "apertium?"));
}

TEST(TranslatorPlan, ReadsOrdersOfSinglePairs) {
  const auto plan =
      translator_plan({.chain = "translate", .pairs = "en-ca=apertium,translate  en-es=translate"});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_THAT(names(*plan), ElementsAre("translate", "apertium"));
  EXPECT_THAT(plan->route, ElementsAre(0));
  EXPECT_THAT(plan->routes.at(to_catalan), ElementsAre(1, 0));
  EXPECT_EQ(plan->routes.size(), 2u);
}

TEST(TranslatorPlan, AServersNameAloneIsTheOneNamedBefore) {
  const auto plan = translator_plan(
      {.chain = "apertium,libretranslate:http://a", .pairs = "en-ca=libretranslate"});
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_THAT(names(*plan), ElementsAre("apertium", "libretranslate:http://a"));
  EXPECT_THAT(plan->routes.at(to_catalan), ElementsAre(1));
  EXPECT_FALSE(translator_plan({.chain = "apertium", .pairs = "en-ca=libretranslate"}));
}

TEST(TranslatorPlan, ASecretInAnAddressIsRefusedAndNotRepeated) {
  const auto plan =
      translator_plan({.chain = "openai:https://ada:s3cret@example.com/v1", .pairs = ""});
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, HasSubstr("keys come from variables"));
  EXPECT_THAT(plan.error().message, ::testing::Not(HasSubstr("s3cret")));
}

TEST(TranslatorPlan, SaysWhatIsWrongAndWhatThereIs) {
  const auto error = [](const TranslatorChoice& choice) {
    const auto plan = translator_plan(choice);
    return plan ? "" : plan.error().field + ": " + plan.error().message;
  };
  EXPECT_THAT(error({.chain = "babel", .pairs = ""}),
              HasSubstr("translator: there is no translator \"babel\"; there are auto, "));
  EXPECT_THAT(error({.chain = "", .pairs = ""}), HasSubstr("there is no translator \"\""));
  EXPECT_THAT(error({.chain = "apertium,,translate", .pairs = ""}),
              HasSubstr("there is no translator \"\""));
  EXPECT_THAT(error({.chain = "apertium:x", .pairs = ""}),
              HasSubstr("apertium is given without a colon"));
  EXPECT_THAT(error({.chain = "auto", .pairs = "en-ca"}),
              HasSubstr("translator-pairs: \"en-ca\" is no pair"));
  EXPECT_THAT(error({.chain = "auto", .pairs = "en=apertium"}), HasSubstr("is no pair"));
  EXPECT_THAT(error({.chain = "auto", .pairs = "en-en=apertium"}), HasSubstr("is no pair"));
  EXPECT_THAT(error({.chain = "auto", .pairs = "en-ca="}), HasSubstr("there is no translator"));
  EXPECT_THAT(error({.chain = "auto", .pairs = "en-ca=apertium en-ca=apertium"}),
              HasSubstr("en-ca is there twice"));
}

TEST(ChosenTranslator, AsksForNoClientOfAwsThatNobodyNeeds) {
  bool asked = false;
  TranslatorParts parts;
  parts.aws = [&]() -> Result<std::shared_ptr<providers::aws::Client>> {
    asked = true;
    return fail(ErrorCode::not_found, "no account");
  };
  (void)chosen_translator({.chain = "apertium", .pairs = ""}, parts);  // installed or not
  EXPECT_FALSE(asked);
  const auto translate = chosen_translator({.chain = "translate,apertium", .pairs = ""}, parts);
  ASSERT_FALSE(translate);
  EXPECT_EQ(translate.error().message, "no account") << "who is named is not left out";
}

}  // namespace
}  // namespace sotto::composition
