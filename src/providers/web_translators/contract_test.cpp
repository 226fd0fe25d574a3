// The translators against services of ours, by the port's contract.
#include "providers/web_translators/test_support.hpp"
#include "tests/contract/translator_contract.hpp"

namespace sotto::contract {
namespace {

namespace test = providers::web_translators::test;

std::vector<TranslatorCase> cases() {
  std::vector<TranslatorCase> cases;
  for (const test::Kind& kind : test::all_kinds())
    cases.push_back({.name = kind.name,
                     .make = [kind] { return std::make_unique<test::Subject>(kind); },
                     .pair = test::english_spanish,
                     .sentence = "the white house",
                     .translation = "la casa blanca"});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(WebTranslators, TranslatorContract, ::testing::ValuesIn(cases()),
                         case_name);

}  // namespace
}  // namespace sotto::contract
