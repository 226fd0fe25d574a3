#include "providers/web_translators/libretranslate.hpp"

#include <future>

#include "providers/web_translators/test_support.hpp"

namespace sotto::providers::web_translators {
namespace {

using namespace std::chrono_literals;
using test::english_spanish;
using test::HttpRequest;
using test::Reply;
using test::Subject;

const Language en{"en"}, es{"es"}, pt{"pt"}, zh{"zh"}, no{"no"};

test::Kind kind() { return test::all_kinds()[0]; }

TEST(LibreTranslateLanguages, AreTwoLettersAndOneOfEachScript) {
  const auto pairs = read_languages(boost::json::parse(testing::libretranslate_languages().body));
  ASSERT_TRUE(pairs);
  const ServicePairs expected = {{{en, es}, {"en", "es"}},      {{en, pt}, {"en", "pt-BR"}},
                                 {{en, zh}, {"en", "zh-Hans"}}, {{es, en}, {"es", "en"}},
                                 {{pt, en}, {"pt-BR", "en"}},   {{zh, en}, {"zh-Hans", "en"}}};
  EXPECT_EQ(*pairs, expected);
}

TEST(LibreTranslateLanguages, OfOlderServersAreKnown) {
  const auto pairs = read_languages(boost::json::parse(
      R"([{"code":"en","targets":["en","zt","zh","pb","pt","nb","ast","",7]}])"));
  EXPECT_FALSE(pairs) << "a number is no code";
  const auto known = read_languages(
      boost::json::parse(R"([{"code":"en","targets":["en","zt","zh","pb","pt","nb","ast",""]}])"));
  ASSERT_TRUE(known);
  const ServicePairs expected = {
      {{en, no}, {"en", "nb"}}, {{en, pt}, {"en", "pt"}}, {{en, zh}, {"en", "zh"}}};
  EXPECT_EQ(*known, expected);
  for (const char* none : {"{}", "[1]", R"([{"code":"en"}])", R"([{"code":1,"targets":[]}])"})
    EXPECT_FALSE(read_languages(boost::json::parse(none))) << none;
}

TEST(LibreTranslate, AsksWithItsOwnCodesAndTheKeyInTheBody) {
  Subject subject(kind(), [](const HttpRequest& request) {
    return request.target == "/translate" ? kind().says("A Casa Branca") : Reply{404};
  });
  EXPECT_EQ(contract::translate_one(subject, {en, pt}, "the White House"), "A Casa Branca");
  const HttpRequest request = subject.server.requests().back();
  EXPECT_EQ(request.body, R"({"q":["the White House"],"source":"en","target":"pt-BR",)"
                          R"("format":"text","api_key":"k3y-0f-the-tests:fx"})");
  EXPECT_EQ(testing::header_of(request, "Content-Type"), "application/json");
}

// One request at the server, and `count` more that wait for it.
class Batches : public ::testing::Test {
 protected:
  std::vector<std::size_t> sizes(std::size_t count, std::size_t largest) {
    std::promise<void> queued;
    Limits limits = test::patient_limits();
    limits.in_flight = 1;
    limits.max_batch = 8;
    Subject subject(
        kind(),
        [&, all = queued.get_future().share()](const HttpRequest& request) {
          all.wait_for(60s);
          const auto body = testing::body_of(request);
          if (body.at("q").as_array().size() > largest)
            return testing::libretranslate_error(400, "request exceeds text limit");
          return testing::libretranslate(request);
        },
        limits);
    contract::Answers answers;
    subject.translate(english_spanish, "the white house", answers.completion(0));
    while (subject.asked == 0) std::this_thread::yield();
    for (std::size_t i = 1; i <= count; ++i)
      subject.translate(english_spanish, "the white house", answers.completion(i));
    queued.set_value();
    EXPECT_TRUE(answers.wait_for(count + 1));
    for (std::size_t i = 0; i <= count; ++i) {
      EXPECT_EQ(answers.all()[i].request, i);
      EXPECT_EQ(answers.all()[i].result.value_or("error"), "la casa blanca");
    }
    std::vector<std::size_t> sizes;
    for (const HttpRequest& request : subject.server.requests())
      if (request.target == "/translate")
        sizes.push_back(testing::body_of(request).at("q").as_array().size());
    return sizes;
  }
};

TEST_F(Batches, WhatWaitsGoesOutTogether) {
  EXPECT_EQ(sizes(11, 100), (std::vector<std::size_t>{1, 8, 3}));
}

TEST_F(Batches, AServerThatTakesNoneIsAskedOneByOne) {
  EXPECT_EQ(sizes(5, 1), (std::vector<std::size_t>{1, 5, 1, 1, 1, 1, 1}));
}

TEST(LibreTranslate, AServerThatIsNotThereYetIsWaitedForOnce) {
  http_client::testing::TestServer server([](const HttpRequest&) { return Reply{503}; });
  test::TestClock clock;
  LibreTranslateSettings settings{server.url(), "", 50ms, {}};
  const auto translator = LibreTranslateTranslator::create(settings, clock.dependencies()).value();
  EXPECT_TRUE(translator->pairs().empty());
  const auto result = contract::translate_one(*translator, english_spanish, "house");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::unavailable);
}

TEST(LibreTranslate, LanguagesThatComeLateAreThereFromThenOn) {
  std::atomic<int> asked = 0;
  http_client::testing::TestServer server([&](const HttpRequest& request) {
    return asked++ < 2 ? Reply{503} : testing::libretranslate(request);
  });
  test::TestClock clock;
  LibreTranslateSettings settings{server.url(), "", 30s, {}};
  const auto translator = LibreTranslateTranslator::create(settings, clock.dependencies()).value();
  EXPECT_EQ(translator->pairs().size(), 6u);
  EXPECT_EQ(contract::translate_one(*translator, english_spanish, "the white house"),
            "la casa blanca");
}

TEST(LibreTranslate, AServerThatHangsHoldsUpNothingAtTheStart) {
  http_client::testing::TestServer server([](const HttpRequest&) { return Reply{.after = 60s}; });
  LibreTranslateSettings settings{server.url(), "", 0ms, {}};
  const auto began = std::chrono::steady_clock::now();
  const auto translator =
      LibreTranslateTranslator::create(
          settings, Dependencies::real(http_client::HttpClient::create({}).value()))
          .value();
  EXPECT_TRUE(translator->pairs().empty());
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
}

TEST(LibreTranslate, RefusesSettingsByName) {
  const auto field = [](LibreTranslateSettings settings) {
    const auto made = LibreTranslateTranslator::create(settings, {});
    return made ? "none" : made.error().field;
  };
  EXPECT_EQ(field({"ftp://x", "", 1s, {}}), "url");
  EXPECT_EQ(field({"http://x", "a b", 1s, {}}), "key");
  EXPECT_EQ(field({"http://x", "", 31s, {}}), "languages_patience");
  Limits limits;
  limits.max_batch = 51;
  EXPECT_EQ(field({"http://x", "", 1s, limits}), "max_batch");
}

}  // namespace
}  // namespace sotto::providers::web_translators
