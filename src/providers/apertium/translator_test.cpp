#include "providers/apertium/translator.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <stdexcept>

#include "providers/apertium/test_support.hpp"
#include "tests/contract/translator_contract.hpp"

namespace sotto::contract {

using providers::apertium::ApertiumTranslator;
using providers::apertium::test::FakeEngine;

/// Apertium itself, or null where it or one of the pairs is not installed.
std::unique_ptr<ApertiumTranslator> make_installed(const std::vector<LanguagePair>& wanted) {
  auto translator = ApertiumTranslator::create(providers::apertium::test::patient_settings());
  if (!translator && translator.error().code == ErrorCode::not_found) return nullptr;
  if (!translator) throw std::runtime_error(translator.error().message);
  const auto pairs = (*translator)->pairs();
  for (const LanguagePair& pair : wanted)
    if (std::find(pairs.begin(), pairs.end(), pair) == pairs.end()) return nullptr;
  return std::move(*translator);
}

const LanguagePair to_spanish{Language("en"), Language("es")};
const LanguagePair to_catalan{Language("en"), Language("ca")};

INSTANTIATE_TEST_SUITE_P(
    Apertium, TranslatorContract,
    ::testing::Values(TranslatorCase{"Spanish", [] { return make_installed({to_spanish}); },
                                     to_spanish, "The house is red.", "La casa es roja."},
                      TranslatorCase{"Catalan", [] { return make_installed({to_catalan}); },
                                     to_catalan, "The house is red.", "La casa \u00e9s vermell."},
                      TranslatorCase{"ThroughSpanish",
                                     []() -> std::unique_ptr<ports::Translator> {
                                       static const FakeEngine fake("cat");
                                       fake.directory().write("spa-por.mode", "cat\n");
                                       return ApertiumTranslator::create(fake.settings()).value();
                                     },
                                     {Language("en"), Language("pt")},
                                     "The house is red.",
                                     "The house is red."},
                      TranslatorCase{"Echo",
                                     []() -> std::unique_ptr<ports::Translator> {
                                       static const FakeEngine fake("cat");
                                       return ApertiumTranslator::create(fake.settings()).value();
                                     },
                                     to_spanish, "The house is red.", "The house is red."}),
    case_name);

}  // namespace sotto::contract

namespace sotto::providers::apertium {
namespace {

using contract::Answers;
using contract::to_catalan;
using contract::to_spanish;
using contract::translate_one;

class Apertium : public ::testing::Test {
 protected:
  void SetUp() override {
    translator_ = contract::make_installed({to_spanish, to_catalan});
    if (!translator_)
      GTEST_SKIP() << "apertium, apertium-eng-spa or apertium-eng-cat is not installed";
  }

  std::string ask(const std::string& text, const LanguagePair& pair = to_spanish) {
    const auto result = translate_one(*translator_, pair, text);
    return result ? *result : "error: " + result.error().message;
  }

  std::unique_ptr<ApertiumTranslator> translator_;
};

TEST_F(Apertium, TreatsTheTextAroundTheEngine) {
  EXPECT_EQ(ask("the house is red"), "la casa es roja");
  EXPECT_EQ(ask("the house\nis   red"), "la casa es roja");
  EXPECT_EQ(ask("i am here"), "Soy aqu\u00ed");
  EXPECT_EQ(ask("zxqwv is good"), "zxqwv es bien");
  EXPECT_EQ(ask("it is 3.5 percent."), "es 3.5 por ciento.");
  EXPECT_EQ(ask("about ~5 things"), "aproximadamente ~5 cosas");
  EXPECT_EQ(ask("?!"), "?!");
  EXPECT_EQ(ask("i am here", to_catalan), "S\u00f3c aqu\u00ed");
}

TEST_F(Apertium, CaseMarksNumbersAndNamesSurvive) {
  for (const auto& [text, translation] : std::vector<std::pair<std::string, std::string>>{
           {"Elinor and Marianne left.", "Elinor y Marianne dejó."},
           {"um you know", "um sabes"},
           {"Thank you for the help.", "Gracias para la ayuda."},
           {"iPhone and eBay", "iPhone y eBay"},
           {"the SDK talks to the API", "el SDK charlas al API"},
           {"THIS IS RED.", "ESTO ES ROJO."},
           {"Mrs. Green and Dr. White", "Señora Green y Dr. White"},
           {"plan A and plan B", "plan A y plan B"},
           {"we know YouTube", "sabemos YouTube"},
           {"no", "no"},
           {"at 10:30 am", "en 10:30 a.m."},
           {"1,234,567 people and $25.50", "1,234,567 personas y $25.50"},
           {"wait... what", "espera... qué"},
           {"this \u2013 that \u2013 \U0001f600", "esto \u2013 aquello \u2013 \U0001f600"},
           {"see https://example.com/a?x=1&y=2 today", "ve https://example.com/a?x=1&y=2 hoy"},
           {"write to ada@example.com", "escribe a ada@example.com"}})
    EXPECT_EQ(ask(text), translation) << text;
}

TEST_F(Apertium, APunctuationMarkStartsNoProcess) {
  EXPECT_EQ(ask("..."), "...");
  EXPECT_FALSE(translator_->process_group(to_spanish).has_value());
}

TEST_F(Apertium, KilledBetweenRequestsItIsReplaced) {
  EXPECT_EQ(ask("The house is red."), "La casa es roja.");
  const auto before = translator_->process_group(to_spanish);
  ASSERT_TRUE(before.has_value());
  ASSERT_EQ(::kill(-*before, SIGKILL), 0);
  EXPECT_EQ(ask("The house is red."), "La casa es roja.");
  const auto after = translator_->process_group(to_spanish);
  ASSERT_TRUE(after.has_value());
  EXPECT_NE(*after, *before);
  EXPECT_TRUE(test::eventually([&] { return !test::group_runs(*before); }));
}

TEST_F(Apertium, KilledDuringRequestsItAnswersThemAll) {
  EXPECT_EQ(ask("The house is red."), "La casa es roja.");
  Answers answers;
  constexpr std::size_t count = 40;
  for (std::size_t i = 0; i < count; ++i) {
    translator_->translate(to_spanish, "The house is red.", answers.completion(i));
    if (i != 10) continue;
    const auto group = translator_->process_group(to_spanish);
    if (group) ::kill(-*group, SIGKILL);
  }
  ASSERT_TRUE(answers.wait_for(count));
  for (const auto& answer : answers.all()) {
    ASSERT_TRUE(answer.result.has_value()) << answer.result.error().message;
    EXPECT_EQ(*answer.result, "La casa es roja.");
  }
}

TEST_F(Apertium, LeavesNoProcessBehind) {
  EXPECT_EQ(ask("The house is red."), "La casa es roja.");
  EXPECT_EQ(ask("The house is red.", to_catalan), "La casa \u00e9s vermell.");
  const auto spanish = translator_->process_group(to_spanish);
  const auto catalan = translator_->process_group(to_catalan);
  ASSERT_TRUE(spanish.has_value() && catalan.has_value());
  const auto began = std::chrono::steady_clock::now();
  translator_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{20});
  for (const pid_t group : {*spanish, *catalan}) {
    EXPECT_TRUE(test::eventually([&] { return ::kill(-group, 0) != 0; }));  // no zombie either
  }
}

TEST(ApertiumCreate, SaysWhatIsMissing) {
  const test::TemporaryDirectory empty;
  const test::FakeEngine fake("cat");
  Settings no_modes = fake.settings();
  no_modes.modes_directory = empty.path();
  Settings no_program = fake.settings();
  no_program.mode_program = "no-such-program";
  for (const Settings& settings : {no_modes, no_program}) {
    const auto translator = ApertiumTranslator::create(settings);
    ASSERT_FALSE(translator.has_value());
    EXPECT_EQ(translator.error().code, ErrorCode::not_found);
    EXPECT_NE(translator.error().message.find("apertium-eng-spa"), std::string::npos);
  }
}

TEST(ApertiumCreate, NamesASettingOutOfRange) {
  const test::FakeEngine fake("cat");
  Settings settings = fake.settings();
  settings.max_queued = 0;
  const auto translator = ApertiumTranslator::create(settings);
  ASSERT_FALSE(translator.has_value());
  EXPECT_EQ(translator.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(translator.error().field, "max_queued");
}

}  // namespace
}  // namespace sotto::providers::apertium
