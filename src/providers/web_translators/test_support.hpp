#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "http_client/test_server.hpp"
#include "providers/web_translators/chat.hpp"
#include "providers/web_translators/deepl.hpp"
#include "providers/web_translators/libretranslate.hpp"
#include "tests/contract/translator_answers.hpp"
#include "tests/support/translation_services.hpp"

namespace sotto::providers::web_translators::test {

using http_client::HttpRequest;
using http_client::testing::Reply;
using http_client::testing::TestServer;

inline const LanguagePair english_spanish{Language{"en"}, Language{"es"}};

/// No part of any error may have it.
inline const std::string secret_key = "k3y-0f-the-tests:fx";

/// The machine's clock, moved by waits that then take no time, and by the test.
class TestClock {
 public:
  Dependencies dependencies() {
    http_client::HttpClient::Config config;
    config.largest_body = 4 << 20;
    auto made = Dependencies::real(http_client::HttpClient::create(config).value());
    made.now = [this] { return std::chrono::steady_clock::now() + milliseconds{ahead_}; };
    made.random = [] { return 0.5; };
    made.on_wait = [this](milliseconds wait) {
      advance(wait);
      const std::lock_guard lock(mutex_);
      waits_.push_back(wait);
    };
    return made;
  }
  void advance(milliseconds by) { ahead_ += by.count(); }
  std::vector<milliseconds> waits() const {
    const std::lock_guard lock(mutex_);
    return waits_;
  }

 private:
  std::atomic<milliseconds::rep> ahead_ = 0;
  mutable std::mutex mutex_;
  std::vector<milliseconds> waits_;  // guarded by mutex_
};

/// Limits for machines with other work to do.
inline Limits patient_limits() {
  Limits limits;
  limits.deadline = std::chrono::seconds{40};
  return limits;
}

/// One of the translators, as the tests that concern all of them need it.
struct Kind {
  std::string name;
  TestServer::Handler serve;  ///< as the service should
  std::function<std::unique_ptr<ports::Translator>(const std::string& url, Dependencies, Limits)>
      make;
  std::function<Reply(const std::string& text)> says;  ///< an answer to a single text
};

inline std::unique_ptr<ports::Translator> make_libretranslate(const std::string& url,
                                                              Dependencies dependencies,
                                                              Limits limits) {
  LibreTranslateSettings settings{url, secret_key, std::chrono::seconds{30}, limits};
  auto made = LibreTranslateTranslator::create(settings, std::move(dependencies)).value();
  EXPECT_FALSE(made->pairs().empty());
  return made;
}

inline std::vector<Kind> all_kinds() {
  using boost::json::array;
  using boost::json::object;
  std::vector<Kind> kinds;
  kinds.push_back(
      {"LibreTranslate", testing::libretranslate, make_libretranslate, [](const std::string& text) {
         return testing::json_reply(object{{"translatedText", array{text}}});
       }});
  kinds.push_back(
      {"DeepL", testing::deepl,
       [](const std::string& url, Dependencies dependencies, Limits limits) {
         DeepLSettings settings;
         settings.key = secret_key;
         settings.url = url;
         settings.limits = limits;
         return DeepLTranslator::create(settings, std::move(dependencies)).value();
       },
       [](const std::string& text) {
         return testing::json_reply(object{{"translations", array{object{{"text", text}}}}});
       }});
  kinds.push_back({"Chat", testing::chat,
                   [](const std::string& url, Dependencies dependencies, Limits limits) {
                     ChatSettings settings;
                     settings.url = url;
                     settings.model = "tiny";
                     settings.key = secret_key;
                     settings.limits = limits;
                     return ChatTranslator::create(settings, std::move(dependencies)).value();
                   },
                   [](const std::string& text) { return testing::chat_says(text); }});
  return kinds;
}

/// A service that misbehaves as the test says, and its translator. LibreTranslate's languages are
/// always there.
class Subject : public ports::Translator {
 public:
  explicit Subject(const Kind& kind, TestServer::Handler misbehave = {},
                   Limits limits = patient_limits())
      : server([this, kind, misbehave = std::move(misbehave)](const HttpRequest& request) {
          if (request.target == "/languages") return testing::libretranslate_languages();
          ++asked;
          return misbehave ? misbehave(request) : kind.serve(request);
        }),
        translator(kind.make(server.url(), clock.dependencies(), limits)) {}

  std::vector<LanguagePair> pairs() const override { return translator->pairs(); }
  void translate(const LanguagePair& pair, std::string text, Completion done) override {
    translator->translate(pair, std::move(text), std::move(done));
  }
  void translate_in_context(const LanguagePair& pair, std::string text,
                            ports::TranslationContext context, Completion done) override {
    translator->translate_in_context(pair, std::move(text), std::move(context), std::move(done));
  }

  Result<std::string> ask(const std::string& text) {
    return contract::translate_one(*translator, english_spanish, text);
  }

  std::atomic<int> asked = 0;  ///< requests for translations
  TestClock clock;
  TestServer server;
  std::unique_ptr<ports::Translator> translator;
};

}  // namespace sotto::providers::web_translators::test
