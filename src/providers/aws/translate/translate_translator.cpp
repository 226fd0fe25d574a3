#include "providers/aws/translate/translate_translator.hpp"

#include <algorithm>
#include <boost/json/object.hpp>

#include "base/utf8.hpp"
#include "json/members.hpp"
#include "providers/aws/client/plain_text.hpp"
#include "providers/aws/transcribe/transcribe_request.hpp"

namespace sotto::providers::aws {

namespace {

// Amazon Translate's codes are the two-letter ones (Developer Guide, "Supported languages"); it has
// no Basque and no Galician.
const std::vector<Language>& translated_languages() {
  static const std::vector<Language> all = [] {
    std::vector<Language> languages;
    for (const Language& language : transcribe_languages())
      if (language.str() != "eu" && language.str() != "gl") languages.push_back(language);
    return languages;
  }();
  return all;
}

bool has(const Language& language) {
  const auto& all = translated_languages();
  return std::find(all.begin(), all.end(), language) != all.end();
}

}  // namespace

Result<std::unique_ptr<TranslateTranslator>> TranslateTranslator::create(
    std::shared_ptr<Client> client, TranslateSettings settings) {
  if (settings.max_queued < 1)
    return fail(ErrorCode::invalid_argument, "max_queued must be at least 1", "max_queued");
  if (settings.deadline <= milliseconds{0})
    return fail(ErrorCode::invalid_argument, "deadline must be positive", "deadline");
  return std::unique_ptr<TranslateTranslator>(new TranslateTranslator(std::move(client), settings));
}

TranslateTranslator::TranslateTranslator(std::shared_ptr<Client> client, TranslateSettings settings)
    : client_(std::move(client)), settings_(settings) {}

TranslateTranslator::~TranslateTranslator() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (const auto& [pair, executor] : executors_) executor->stop();
}

std::vector<LanguagePair> TranslateTranslator::pairs() const {
  std::vector<LanguagePair> pairs;
  for (const Language& source : translated_languages())
    for (const Language& target : translated_languages())
      if (source != target) pairs.push_back({source, target});
  return pairs;
}

void TranslateTranslator::translate(const LanguagePair& pair, std::string text, Completion done) {
  if (!has(pair.source) || !has(pair.target) || pair.source == pair.target)
    return done(fail(
        ErrorCode::not_found,
        "Amazon Translate does not translate " + pair.source.str() + " to " + pair.target.str(),
        "pair"));
  if (text.size() > max_text_bytes || !utf8::is_valid(text))
    return done(fail(
        ErrorCode::invalid_argument,
        "a text to translate must be UTF-8 of at most " + std::to_string(max_text_bytes) + " bytes",
        "text"));
  std::unique_lock lock(mutex_);
  if (stopping_) {
    lock.unlock();
    return done(
        fail(ErrorCode::unavailable, "no more requests to Amazon Translate: shutting down"));
  }
  auto& executor = executors_[pair];
  if (!executor)
    executor = std::make_unique<supervision::SerialExecutor<std::string>>(settings_.max_queued,
                                                                          "Amazon Translate");
  supervision::SerialExecutor<std::string>& line = *executor;
  lock.unlock();
  line.submit([this, pair, text = std::move(text)] { return ask(pair, text); }, std::move(done));
}

Result<std::string> TranslateTranslator::ask(const LanguagePair& pair,
                                             const std::string& text) const {
  if (is_blank(text)) return std::string();
  const boost::json::object input{{"SourceLanguageCode", pair.source.str()},
                                  {"TargetLanguageCode", pair.target.str()},
                                  {"Text", text}};
  CallOptions options;
  options.deadline = settings_.deadline;
  const auto answer = client_->call(services::translate, "TranslateText", input, options);
  if (!answer) return tl::unexpected(answer.error());
  auto translated = json::text_member(*answer, "TranslatedText");
  if (!translated)
    return fail(ErrorCode::internal, "Translate TranslateText: the answer has no text");
  return std::move(*translated);
}

}  // namespace sotto::providers::aws
