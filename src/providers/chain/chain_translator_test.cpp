#include "providers/chain/chain_translator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "providers/apertium/test_support.hpp"
#include "providers/apertium/translator.hpp"
#include "tests/contract/translator_contract.hpp"
#include "tests/support/played_translators.hpp"

namespace sotto::contract {

namespace chain = providers::chain;

// A chain whose second link is Apertium's adapter with an engine that echoes.
std::unique_ptr<ports::Translator> chain_behind(std::shared_ptr<chain::Play> first) {
  static const providers::apertium::test::FakeEngine fake("cat");
  std::vector<chain::Link> links;
  links.push_back({"First", std::make_unique<chain::PlayedTranslator>("First", std::move(first))});
  links.push_back(
      {"Echo", providers::apertium::ApertiumTranslator::create(fake.settings()).value()});
  chain::Settings settings;
  settings.deadline = fake.settings().deadline;
  return chain::ChainTranslator::create(std::move(links), settings).value();
}

INSTANTIATE_TEST_SUITE_P(
    Chain, TranslatorContract,
    ::testing::Values(TranslatorCase{"BehindOneThatIsDown",
                                     [] {
                                       auto first = std::make_shared<chain::Play>();
                                       first->fails_at_once = ErrorCode::unavailable;
                                       return chain_behind(first);
                                     },
                                     chain::to_spanish, "The house is red.", "The house is red."},
                      TranslatorCase{"BehindOneWithoutThePair",
                                     [] {
                                       auto first = std::make_shared<chain::Play>();
                                       first->pairs = {chain::to_catalan};
                                       return chain_behind(first);
                                     },
                                     chain::to_spanish, "The house is red.", "The house is red."}),
    case_name);

}  // namespace sotto::contract

namespace sotto::providers::chain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Chain, AsksTheFirstThatHasThePair) {
  PlayedChain played;
  played.first->pairs = {to_catalan};
  EXPECT_THAT(played.chain->pairs(), ElementsAre(to_catalan, to_spanish));
  played.ask("one", to_catalan);
  played.ask("two", to_spanish);
  played.first->answer("u");
  played.second->answer("dos");
  EXPECT_THAT(played.answers, ElementsAre("u", "dos"));
  EXPECT_THAT(played.first->asked, ElementsAre("one"));
  EXPECT_THAT(played.second->asked, ElementsAre("two"));
  EXPECT_THAT(played.told, ElementsAre("First translated", "Second translated"));
}

TEST(Chain, HandsTheContextToEveryLink) {
  const PlayedChain played;
  const ports::TranslationContext context{{"before"}};
  played.first->fails_at_once = ErrorCode::unavailable;
  played.chain->translate_in_context(to_spanish, "one", context, [](const auto&) {});
  EXPECT_THAT(played.first->contexts, ElementsAre(context));
  EXPECT_THAT(played.second->contexts, ElementsAre(context));
}

TEST(Chain, AsksInThePairsOwnOrder) {
  Settings settings;
  settings.routes[to_catalan] = {1};
  settings.routes[to_spanish] = {1, 0};
  PlayedChain played(settings);
  played.ask("one", to_catalan);
  played.ask("two", to_spanish);
  EXPECT_THAT(played.second->asked, ElementsAre("one", "two"));
  played.second->refuse();
  EXPECT_THAT(played.answers, ElementsAre("unavailable"));
  EXPECT_THAT(played.first->asked, IsEmpty());
  played.second->refuse();
  EXPECT_THAT(played.first->asked, ElementsAre("two"));
}

TEST(Chain, OffersEachLinkOfAPairsRouteInItsOrder) {
  Settings settings;
  settings.routes[to_catalan] = {1};
  settings.routes[to_spanish] = {1, 0};
  const PlayedChain played(settings);
  std::vector<std::string> offers;
  for (const ports::TranslationOffer& offer : played.chain->offers())
    offers.push_back(offer.pair.target.str() + " " + offer.engine);
  EXPECT_THAT(offers, ElementsAre("ca Second", "es Second", "es First"));
  EXPECT_EQ(played.chain->name(), "First, Second");
}

TEST(Chain, HasWhatALinkHasGotSince) {
  PlayedChain played;
  const LanguagePair to_german{Language{"en"}, Language{"de"}};
  played.ask("one", to_german);
  EXPECT_THAT(played.answers, ElementsAre("not_found"));
  played.second->pairs.push_back(to_german);
  EXPECT_THAT(played.chain->pairs(), ElementsAre(to_catalan, to_german, to_spanish));
  played.ask("two", to_german);
  EXPECT_THAT(played.second->asked, ElementsAre("two"));
}

TEST(Chain, RefusesWhatIsOutOfRange) {
  const auto create = [](const auto& change) {
    std::vector<Link> links;
    links.push_back({"One", std::make_unique<PlayedTranslator>("One", std::make_shared<Play>())});
    Settings settings;
    change(links, settings);
    const auto made = ChainTranslator::create(std::move(links), settings);
    return made ? "" : made.error().field;
  };
  EXPECT_EQ(create([](auto&, Settings&) {}), "");
  EXPECT_EQ(create([](auto& links, Settings&) { links.clear(); }), "links");
  EXPECT_EQ(create([](auto&, Settings& of) { of.deadline = milliseconds{0}; }), "deadline");
  EXPECT_EQ(create([](auto&, Settings& of) { of.failures_to_pass_over = 0; }),
            "failures_to_pass_over");
  EXPECT_EQ(create([](auto&, Settings& of) { of.passed_over_for = milliseconds{0}; }),
            "passed_over_for");
  EXPECT_EQ(create([](auto&, Settings& of) { of.max_queued = 0; }), "max_queued");
  EXPECT_EQ(create([](auto&, Settings& of) { of.route = {1}; }), "route");
  EXPECT_EQ(create([](auto&, Settings& of) { of.routes[to_spanish] = {7}; }), "routes");
}

}  // namespace
}  // namespace sotto::providers::chain
