// Amazon Translate and Amazon Polly against services on this machine, by the ports' contracts.
#include <boost/json.hpp>

#include "providers/aws/client/test_server.hpp"
#include "providers/aws/polly/polly_synthesiser.hpp"
#include "providers/aws/translate/translate_translator.hpp"
#include "tests/contract/synthesiser_contract.hpp"
#include "tests/contract/translator_contract.hpp"

namespace sotto::providers::aws {
namespace {

using namespace std::chrono_literals;
using testing::Reply;
using testing::TestServer;
using Handler = TestServer::Handler;

Reply refusal(int status, const std::string& type, const std::string& sentence = "because") {
  return {status, R"({"__type":")" + type + R"(","message":")" + sentence + "\"}"};
}

boost::json::object input_of(const HttpRequest& request) {
  return boost::json::parse(request.body).as_object();
}

// What the known sentence becomes; everything else is given back.
Reply known_translation(const HttpRequest& request) {
  const auto input = input_of(request);
  const std::string text(input.at("Text").as_string());
  boost::json::object answer;
  answer["TranslatedText"] = text == "the white house" ? "la casa blanca" : text;
  return {200, boost::json::serialize(answer)};
}

// 20 ms of a loud sample for each letter.
Reply loud_speech(const HttpRequest& request) {
  const std::string text(input_of(request).at("Text").as_string());
  const auto letters = static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; }));
  if (text.size() > 3'000) return refusal(400, "TextLengthExceededException");
  return {200, std::string(letters * 640, '\x10')};
}

std::shared_ptr<Client> client_of(const TestServer& server) {
  ClientConfig config;
  config.region = "eu-west-1";
  config.endpoints[""] = server.endpoint();
  ClientDependencies dependencies = ClientDependencies::real();
  dependencies.random = [] { return 0.01; };
  return std::make_shared<Client>(
      config, std::make_shared<FixedCredentials>(Credentials{"AKID", "secret", {}, {}}),
      HttpClient::create({}).value(), dependencies);
}

class TranslatorWithItsServer : public ports::Translator {
 public:
  explicit TranslatorWithItsServer(Handler handler = known_translation,
                                   TranslateSettings settings = {})
      : server(std::move(handler)),
        translator(TranslateTranslator::create(client_of(server), settings).value()) {}
  std::vector<LanguagePair> pairs() const override { return translator->pairs(); }
  void translate(const LanguagePair& pair, std::string text, Completion done) override {
    translator->translate(pair, std::move(text), std::move(done));
  }
  TestServer server;
  std::unique_ptr<TranslateTranslator> translator;
};

class SynthesiserWithItsServer : public ports::Synthesiser {
 public:
  explicit SynthesiserWithItsServer(Handler handler = loud_speech, PollySettings settings = {})
      : server(std::move(handler)),
        synthesiser(PollySynthesiser::create(client_of(server), settings).value()) {}
  std::vector<Language> languages() const override { return synthesiser->languages(); }
  std::string voice(const Language& language) const override {
    return synthesiser->voice(language);
  }
  void speak(const Language& language, std::string text, Completion done) override {
    synthesiser->speak(language, std::move(text), std::move(done));
  }
  TestServer server;
  std::unique_ptr<PollySynthesiser> synthesiser;
};

const LanguagePair english_spanish{Language{"en"}, Language{"es"}};

TEST(Translate, AsksForTheLanguagesByTheirCodes) {
  TranslatorWithItsServer subject;
  ASSERT_TRUE(contract::translate_one(subject, english_spanish, "the white house"));
  const auto request = subject.server.requests().at(0);
  const auto input = input_of(request);
  EXPECT_EQ(input.at("SourceLanguageCode"), "en");
  EXPECT_EQ(input.at("TargetLanguageCode"), "es");
  EXPECT_THAT(
      request.headers,
      ::testing::Contains(Pair{"X-Amz-Target", "AWSShineFrontendService_20170701.TranslateText"}));
}

TEST(Translate, RetriesThrottlingThenSaysSo) {
  std::atomic<int> refused = 0;
  TranslatorWithItsServer subject([&](const HttpRequest& request) {
    return refused++ < 2 ? refusal(400, "ThrottlingException") : known_translation(request);
  });
  EXPECT_TRUE(contract::translate_one(subject, english_spanish, "house"));
  refused = -1'000;
  TranslatorWithItsServer always(
      [](const HttpRequest&) { return refusal(400, "ThrottlingException"); });
  const auto answer = contract::translate_one(always, english_spanish, "house");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::resource_exhausted);
}

TEST(Translate, AnAnswerWithoutTextIsInternal) {
  TranslatorWithItsServer subject([](const HttpRequest&) { return Reply{200, "{}"}; });
  EXPECT_EQ(contract::translate_one(subject, english_spanish, "house").error().code,
            ErrorCode::internal);
}

TEST(Translate, AServiceThatHangsIsLate) {
  TranslateSettings settings;
  settings.deadline = 100ms;
  TranslatorWithItsServer subject(
      [](const HttpRequest&) { return Reply{.body = "{}", .after = 10s}; }, settings);
  EXPECT_EQ(contract::translate_one(subject, english_spanish, "house").error().code,
            ErrorCode::deadline_exceeded);
}

TEST(Polly, AsksForPcmOfANeuralVoice) {
  SynthesiserWithItsServer subject;
  const auto spoken = contract::speak_one(subject, Language{"es"}, "casa");
  ASSERT_TRUE(spoken);
  EXPECT_EQ(spoken->sample_rate, 16'000);
  EXPECT_EQ(spoken->samples.size(), 4u * 320);
  const auto request = subject.server.requests().at(0);
  EXPECT_EQ(request.target, "/v1/speech");
  EXPECT_EQ(request.body, R"({"Engine":"neural","OutputFormat":"pcm","SampleRate":"16000",)"
                          R"("Text":"casa","TextType":"text","VoiceId":"Lupe"})");
}

TEST(Polly, ARegionWithoutNeuralVoicesGetsStandardOnes) {
  SynthesiserWithItsServer subject([](const HttpRequest& request) {
    const bool is_neural = input_of(request).at("Engine") == "neural";
    return is_neural ? refusal(400, "EngineNotSupportedException") : loud_speech(request);
  });
  EXPECT_TRUE(contract::speak_one(subject, Language{"nl"}, "huis"));
  EXPECT_TRUE(contract::speak_one(subject, Language{"nl"}, "huis"));
  const auto requests = subject.server.requests();
  ASSERT_EQ(requests.size(), 3u);  // it asks for a neural one once
  EXPECT_EQ(input_of(requests[2]).at("Engine"), "standard");
  EXPECT_EQ(input_of(requests[2]).at("VoiceId"), "Lotte");
}

TEST(Polly, OtherRefusalsAreAnswers) {
  SynthesiserWithItsServer subject(
      [](const HttpRequest&) { return refusal(403, "AccessDeniedException"); });
  EXPECT_EQ(contract::speak_one(subject, Language{"en"}, "house").error().code,
            ErrorCode::permission_denied);
  EXPECT_EQ(subject.server.requests().size(), 1u);
}

}  // namespace
}  // namespace sotto::providers::aws

namespace sotto::contract {

INSTANTIATE_TEST_SUITE_P(
    Translate, TranslatorContract,
    ::testing::Values(TranslatorCase{
        .name = "Translate",
        .make = [] { return std::make_unique<providers::aws::TranslatorWithItsServer>(); },
        .pair = providers::aws::english_spanish,
        .sentence = "the white house",
        .translation = "la casa blanca"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Polly, SynthesiserContract,
    ::testing::Values(SynthesiserCase{
        .name = "Polly",
        .make = [] { return std::make_unique<providers::aws::SynthesiserWithItsServer>(); },
        .language = Language{"en"},
        .sentence = "the white house",
        .shortest = milliseconds{260},
        .longest = milliseconds{300}}),
    synthesiser_case_name);

}  // namespace sotto::contract
