// The translators against services of ours, by the port's contract.
#include <cstdlib>

#include "providers/web_translators/test_support.hpp"
#include "tests/contract/translator_contract.hpp"

namespace sotto::contract {
namespace {

namespace test = providers::web_translators::test;

// A LibreTranslate server of its own makers, where the tests are told of one: with
// tests/support/libretranslate in place of its models, which says what this suite knows.
std::unique_ptr<ports::Translator> real_libretranslate() {
  const char* const url = std::getenv("SOTTO_TEST_LIBRETRANSLATE");
  if (!url) return nullptr;
  using namespace providers::web_translators;
  return test::make_libretranslate(
      url, Dependencies::real(http_client::HttpClient::create({}).value()), test::patient_limits());
}

std::vector<TranslatorCase> cases() {
  std::vector<TranslatorCase> cases;
  for (const test::Kind& kind : test::all_kinds())
    cases.push_back({.name = kind.name,
                     .make = [kind] { return std::make_unique<test::Subject>(kind); },
                     .pair = test::english_spanish,
                     .sentence = "the white house",
                     .translation = "la casa blanca"});
  cases.push_back({.name = "LibreTranslateItself",
                   .make = real_libretranslate,
                   .pair = test::english_spanish,
                   .sentence = "the white house",
                   .translation = "la casa blanca"});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(WebTranslators, TranslatorContract, ::testing::ValuesIn(cases()),
                         case_name);

}  // namespace
}  // namespace sotto::contract
