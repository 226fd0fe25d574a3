#include "providers/web_translators/deepl.hpp"

#include <future>

#include "providers/web_translators/test_support.hpp"

namespace sotto::providers::web_translators {
namespace {

using test::english_spanish;
using test::HttpRequest;
using test::Reply;

// A sender that keeps what it is given and answers as DeepL does.
struct Recorder : http_client::HttpSender {
  Result<http_client::HttpResponse> send(const http_client::Endpoint& to,
                                         const HttpRequest& request, milliseconds) override {
    const std::lock_guard lock(mutex);
    hosts.push_back(to.host_header());
    requests.push_back(request);
    const Reply reply = testing::deepl(request);
    return http_client::HttpResponse{reply.status, reply.headers, reply.body};
  }
  std::mutex mutex;
  std::vector<std::string> hosts;
  std::vector<HttpRequest> requests;
};

class DeepL : public ::testing::Test {
 protected:
  boost::json::object sent(const char* source, const char* target,
                           ports::TranslationContext context = {}) {
    const auto translator = DeepLTranslator::create(settings, Dependencies::real(recorder)).value();
    contract::Answers answers;
    translator->translate_in_context({Language{source}, Language{target}}, "the white house",
                                     std::move(context), answers.completion(0));
    EXPECT_TRUE(answers.wait_for(1));
    EXPECT_TRUE(answers.all().at(0).result) << answers.all().at(0).result.error().message;
    return testing::body_of(recorder->requests.back());
  }
  std::string field_at_fault() {
    const auto made = DeepLTranslator::create(settings, Dependencies::real(recorder));
    return made ? "none" : made.error().field;
  }

  std::shared_ptr<Recorder> recorder = std::make_shared<Recorder>();
  DeepLSettings settings{.key = "key"};
};

TEST_F(DeepL, TheKeySaysWhichHost) {
  sent("en", "es");
  settings.key = "key:fx";
  sent("en", "es");
  EXPECT_EQ(recorder->hosts, (std::vector<std::string>{"api.deepl.com", "api-free.deepl.com"}));
  EXPECT_EQ(testing::header_of(recorder->requests.back(), "Authorization"),
            "DeepL-Auth-Key key:fx");
}

TEST_F(DeepL, LanguagesGoOutAsDeepLCallsThem) {
  auto body = sent("en", "es");
  EXPECT_EQ(body.at("source_lang"), "EN");
  EXPECT_EQ(body.at("target_lang"), "ES");
  EXPECT_EQ(sent("es", "en").at("target_lang"), "EN-US");
  EXPECT_EQ(sent("en", "pt").at("target_lang"), "PT-PT");
  settings.english = "EN-GB";
  settings.portuguese = "PT-BR";
  EXPECT_EQ(sent("pt", "en").at("target_lang"), "EN-GB");
  EXPECT_EQ(sent("pt", "en").at("source_lang"), "PT");
  EXPECT_EQ(sent("en", "pt").at("target_lang"), "PT-BR");
  EXPECT_EQ(sent("en", "no").at("target_lang"), "NB");
}

TEST_F(DeepL, TextIsPlainAndItsContextApart) {
  const auto body = sent("en", "es", {{"We spoke of Washington.", "It is old."}});
  EXPECT_EQ(body.at("text"), boost::json::array{"the white house"});
  EXPECT_EQ(body.at("context"), "We spoke of Washington. It is old.");
  EXPECT_FALSE(body.contains("tag_handling"));
  EXPECT_EQ(body.at("split_sentences"), "nonewlines");
  EXPECT_FALSE(sent("en", "es").contains("context"));
}

TEST_F(DeepL, FormalityIsAskedForOnlyWhereTheTargetHasIt) {
  EXPECT_FALSE(sent("en", "de").contains("formality"));
  settings.formality = Formality::formal;
  EXPECT_EQ(sent("en", "de").at("formality"), "prefer_more");
  EXPECT_FALSE(sent("de", "en").contains("formality"));
  EXPECT_FALSE(sent("en", "sv").contains("formality"));
  settings.formality = Formality::informal;
  EXPECT_EQ(sent("en", "pt").at("formality"), "prefer_less");
}

TEST_F(DeepL, RefusesSettingsByName) {
  EXPECT_EQ(field_at_fault(), "none");
  settings.english = "EN";
  EXPECT_EQ(field_at_fault(), "english");
  settings.portuguese = "pt";
  settings.english = "EN-GB";
  EXPECT_EQ(field_at_fault(), "portuguese");
  settings.key = "";
  EXPECT_EQ(field_at_fault(), "key");
}

TEST(DeepLFaults, AUsageLimitIsNamedAndNothingIsAskedForTenMinutes) {
  std::atomic<bool> reached = true;
  test::Subject subject(test::all_kinds()[1], [&](const HttpRequest& request) {
    return reached ? Reply{456, R"({"message":"Quota exceeded"})"} : testing::deepl(request);
  });
  for (int i = 0; i < 3; ++i) {
    const auto result = subject.ask("the white house");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::resource_exhausted);
    EXPECT_NE(result.error().message.find("usage limit"), std::string::npos);
  }
  EXPECT_EQ(subject.asked, 1);
  reached = false;
  subject.clock.advance(std::chrono::minutes{9});
  EXPECT_FALSE(subject.ask("the white house"));
  subject.clock.advance(std::chrono::minutes{2});
  EXPECT_EQ(subject.ask("the white house"), "la casa blanca");
}

TEST(DeepLBatches, TextsOfOneContextGoOutTogether) {
  std::promise<void> queued;
  Limits limits = test::patient_limits();
  limits.in_flight = 1;
  test::Subject subject(
      test::all_kinds()[1],
      [&, all = queued.get_future().share()](const HttpRequest& request) {
        all.wait_for(std::chrono::seconds{60});
        return testing::deepl(request);
      },
      limits);
  contract::Answers answers;
  const auto ask = [&](std::size_t i, const char* context) {
    subject.translate_in_context(english_spanish, "the white house", {{context}},
                                 answers.completion(i));
  };
  ask(0, "first");
  while (subject.asked == 0) std::this_thread::yield();
  for (std::size_t i = 1; i < 4; ++i) ask(i, "one session");
  for (std::size_t i = 4; i < 6; ++i) ask(i, "another");
  queued.set_value();
  ASSERT_TRUE(answers.wait_for(6));
  std::vector<std::string> batches;
  for (const HttpRequest& request : subject.server.requests()) {
    const auto body = testing::body_of(request);
    batches.push_back(std::to_string(body.at("text").as_array().size()) + " " +
                      std::string(body.at("context").as_string()));
  }
  EXPECT_EQ(batches, (std::vector<std::string>{"1 first", "3 one session", "2 another"}));
}

}  // namespace
}  // namespace sotto::providers::web_translators
