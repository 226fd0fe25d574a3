#include "providers/bergamot/translator.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <stdexcept>

#include "models/folders.hpp"
#include "providers/bergamot/test_support.hpp"
#include "tests/contract/translator_contract.hpp"

namespace sotto::contract {

using providers::bergamot::BergamotTranslator;
using providers::bergamot::Settings;
using providers::bergamot::test::FakeEngine;
using providers::bergamot::test::installed_engine;
using providers::bergamot::test::TinyModels;

const LanguagePair to_spanish{Language("en"), Language("es")};
const LanguagePair spanish_to_catalan{Language("es"), Language("ca")};

/// The engine with tiny models, or null where it is not installed.
std::unique_ptr<BergamotTranslator> make_tiny() {
  auto settings = installed_engine();
  if (!settings) return nullptr;
  static const TinyModels models;
  if (!models.made()) throw std::runtime_error("cannot make the tiny models");
  settings->model_folders = {models.folder()};
  return BergamotTranslator::create(*settings).value();
}

INSTANTIATE_TEST_SUITE_P(
    Bergamot, TranslatorContract,
    ::testing::Values(TranslatorCase{"Tiny", make_tiny, to_spanish, "The house is red.",
                                     "La casa es roja."},
                      TranslatorCase{"Pivot", make_tiny, spanish_to_catalan, "La casa es roja.",
                                     "La casa \u00e9s vermella."},
                      TranslatorCase{"Echo",
                                     []() -> std::unique_ptr<ports::Translator> {
                                       static const FakeEngine fake(FakeEngine::echo());
                                       return BergamotTranslator::create(fake.settings()).value();
                                     },
                                     to_spanish, "The house is red.", "The house is red."}),
    case_name);

}  // namespace sotto::contract

namespace sotto::providers::bergamot {
namespace {

namespace fs = std::filesystem;
using contract::spanish_to_catalan;
using contract::to_spanish;
using contract::translate_one;

class Bergamot : public ::testing::Test {
 protected:
  void SetUp() override {
    translator_ = contract::make_tiny();
    if (!translator_) GTEST_SKIP() << "Node.js or the package of workers/bergamot is not installed";
  }

  std::string ask(const std::string& text, const LanguagePair& pair = to_spanish) {
    const auto result = translate_one(*translator_, pair, text);
    return result ? *result : "error: " + result.error().message;
  }

  std::unique_ptr<BergamotTranslator> translator_;
};

TEST_F(Bergamot, TranslatesDirectlyAndByWayOfEnglish) {
  EXPECT_EQ(ask("The house is red."), "La casa es roja.");
  EXPECT_EQ(ask("La casa es roja.", spanish_to_catalan), "La casa \u00e9s vermella.");
  EXPECT_FALSE(translator_->route(to_spanish)->is_pivot());
  EXPECT_TRUE(translator_->route(spanish_to_catalan)->is_pivot());
  EXPECT_EQ(translator_->route(to_spanish)->models.front().kind, "tiny");
  EXPECT_FALSE(translator_->route({Language("ca"), Language("en")}).has_value());
}

TEST_F(Bergamot, TranslatesSeveralSentencesAndOddSpaces) {
  EXPECT_EQ(ask("  The house\n is\tred.  The house is red!"), "La casa es roja. La casa es roja!");
  EXPECT_EQ(ask("<b>The house</b> &amp; red"), "<b>The casa</b> &amp; roja");  // text, not markup
}

TEST_F(Bergamot, APunctuationMarkStartsNoProcess) {
  EXPECT_EQ(ask("..."), "...");
  EXPECT_FALSE(translator_->process_group(to_spanish).has_value());
}

TEST_F(Bergamot, KilledBetweenRequestsItIsReplaced) {
  EXPECT_EQ(ask("house"), "casa");
  const auto before = translator_->process_group(to_spanish);
  ASSERT_TRUE(before.has_value());
  ASSERT_EQ(::kill(-*before, SIGKILL), 0);
  EXPECT_EQ(ask("house"), "casa");
  EXPECT_NE(translator_->process_group(to_spanish), before);
}

TEST_F(Bergamot, LeavesNoProcessBehind) {
  EXPECT_EQ(ask("house"), "casa");
  const auto group = translator_->process_group(to_spanish);
  ASSERT_TRUE(group.has_value());
  translator_.reset();
  EXPECT_TRUE(test::eventually([&] { return ::kill(-*group, 0) != 0; }));  // no zombie either
}

TEST(BergamotFiles, ADamagedModelIsUnavailable) {
  auto settings = test::installed_engine();
  if (!settings) GTEST_SKIP() << "Node.js or the package of workers/bergamot is not installed";
  test::TinyModels models;
  ASSERT_TRUE(models.made());
  settings->model_folders = {models.folder()};
  settings->first_back_off = milliseconds{5};
  const fs::path file = models.folder() / "bergamot/enes-tiny/model.enes.intgemm.alphas.bin.gz";
  for (const auto size : {fs::file_size(file) / 2, std::uintmax_t{0}}) {
    fs::resize_file(file, size);
    const auto translator = BergamotTranslator::create(*settings).value();
    const auto result = translate_one(*translator, to_spanish, "house");
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
  }
}

TEST(BergamotFiles, ARealModelTranslates) {
  auto settings = test::installed_engine();
  if (!settings) GTEST_SKIP() << "Node.js or the package of workers/bergamot is not installed";
  settings->model_folders = models::folders();
  settings->models_may_come_later = true;
  const auto translator = BergamotTranslator::create(*settings).value();
  if (!translator->route(to_spanish)) GTEST_SKIP() << "no model from English to Spanish";
  const auto result = translate_one(*translator, to_spanish, "The house is red.");
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(*result, "La casa es roja.");
}

TEST(BergamotCreate, FindsModelsThatComeLater) {
  const test::FakeEngine fake(test::FakeEngine::echo());
  const test::TemporaryDirectory models;
  Settings settings = fake.settings();
  settings.model_folders = {models.path()};
  EXPECT_EQ(BergamotTranslator::create(settings).error().code, ErrorCode::not_found);
  settings.models_may_come_later = true;
  const auto translator = BergamotTranslator::create(settings).value();
  EXPECT_TRUE(translator->pairs().empty());
  EXPECT_EQ(translate_one(*translator, to_spanish, "One.").error().code, ErrorCode::not_found);
  test::pretend_model(models.path() / "bergamot/enes-tiny");
  EXPECT_EQ(translator->look_again(), 1U);
  EXPECT_EQ(translator->look_again(), 0U);
  EXPECT_EQ(translate_one(*translator, to_spanish, "One."), "One.");
}

TEST(BergamotCreate, SaysWhatIsMissing) {
  const test::FakeEngine fake(test::FakeEngine::echo());
  Settings no_node = fake.settings();
  no_node.node = "no-such-program";
  EXPECT_EQ(BergamotTranslator::create(no_node).error().field, "node");
  Settings no_worker = fake.settings();
  no_worker.worker = "/nowhere/worker.mjs";
  EXPECT_EQ(BergamotTranslator::create(no_worker).error().field, "worker");
  fake.directory().write("package-lock.json", "{}");
  const auto no_package = BergamotTranslator::create(fake.settings());
  ASSERT_FALSE(no_package.has_value());
  EXPECT_EQ(no_package.error().code, ErrorCode::not_found);
  EXPECT_NE(no_package.error().message.find("scripts/setup"), std::string::npos);
}

TEST(BergamotCreate, NamesASettingOutOfRange) {
  const test::FakeEngine fake(test::FakeEngine::echo());
  Settings settings = fake.settings();
  settings.answer_within = settings.deadline - milliseconds{1};
  const auto translator = BergamotTranslator::create(settings);
  ASSERT_FALSE(translator.has_value());
  EXPECT_EQ(translator.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(translator.error().field, "answer_within");
}

}  // namespace
}  // namespace sotto::providers::bergamot
