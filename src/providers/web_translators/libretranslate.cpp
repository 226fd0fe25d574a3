#include "providers/web_translators/libretranslate.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "providers/web_translators/answer_check.hpp"
#include "providers/web_translators/json_request.hpp"

namespace sotto::providers::web_translators {

using namespace std::chrono_literals;

namespace {

Error no_such_pair(const LanguagePair& pair) {
  return {ErrorCode::not_found,
          "LibreTranslate does not translate " + pair.source.str() + " to " + pair.target.str(),
          "pair"};
}

// The texts of an answer: a list, or one text where one was asked for.
std::vector<std::string> texts_in(const boost::json::value& answer) {
  std::vector<std::string> texts;
  const auto* object = answer.if_object();
  const auto* translated = object ? object->if_contains("translatedText") : nullptr;
  if (!translated) return texts;
  if (translated->is_string()) texts.emplace_back(translated->get_string());
  if (!translated->is_array()) return texts;
  for (const auto& text : translated->get_array()) {
    if (!text.is_string()) return {};
    texts.emplace_back(text.get_string());
  }
  return texts;
}

}  // namespace

Result<std::unique_ptr<LibreTranslateTranslator>> LibreTranslateTranslator::create(
    LibreTranslateSettings settings, Dependencies dependencies) {
  auto endpoint = http_client::parse_endpoint(settings.url, "url");
  if (!endpoint) return tl::unexpected(endpoint.error());
  if (auto valid = validate_key(settings.key, "key"); !valid) return tl::unexpected(valid.error());
  if (auto valid = validate(settings.limits); !valid) return tl::unexpected(valid.error());
  if (settings.languages_patience < 0ms || settings.languages_patience > 30s)
    return fail(ErrorCode::invalid_argument,
                "languages_patience is " + std::to_string(settings.languages_patience.count()) +
                    " ms; it must be 0 to 30000 ms",
                "languages_patience");
  Service::Config config;
  config.name = "LibreTranslate at " + endpoint->host;
  config.key_advice = settings.key.empty() ? "it may want a key: set SOTTO_LIBRETRANSLATE_KEY"
                                           : "see SOTTO_LIBRETRANSLATE_KEY";
  config.usage_advice = "see the key's limits";
  config.endpoint = std::move(*endpoint);
  config.failures_to_open = settings.limits.failures_to_open;
  config.open_for = settings.limits.open_for;
  return std::unique_ptr<LibreTranslateTranslator>(new LibreTranslateTranslator(
      std::move(settings), std::move(config), std::move(dependencies)));
}

LibreTranslateTranslator::LibreTranslateTranslator(LibreTranslateSettings settings,
                                                   Service::Config config,
                                                   Dependencies dependencies)
    : settings_(std::move(settings)),
      languages_by_(std::chrono::steady_clock::now() + settings_.languages_patience),
      service_(std::move(config), dependencies),
      languages_(service_),
      lines_(settings_.limits, service_.name(), dependencies.now,
             [this](const LanguagePair& pair, std::span<const LineRequest> batch) {
               return ask(pair, batch);
             }) {}

LibreTranslateTranslator::~LibreTranslateTranslator() {
  service_.stop();
  lines_.request_stop();
}

std::vector<LanguagePair> LibreTranslateTranslator::pairs() const {
  std::vector<LanguagePair> pairs;
  if (const auto known = languages_.wait_until(languages_by_))
    for (const auto& [pair, codes] : *known) pairs.push_back(pair);
  return pairs;
}

void LibreTranslateTranslator::translate(const LanguagePair& pair, std::string text,
                                         Completion done) {
  const auto known = languages_.get();
  if (known && !known->contains(pair)) return done(tl::unexpected(no_such_pair(pair)));
  lines_.submit(pair, text, {}, done);
}

Result<ServiceCodes> LibreTranslateTranslator::codes_of(
    const LanguagePair& pair, supervision::SupervisionTime deadline) const {
  const auto time = std::min<supervision::SupervisionTime::duration>(deadline - service_.now(), 2s);
  const auto known = languages_.wait_until(std::chrono::steady_clock::now() + time);
  if (!known)
    return fail(ErrorCode::unavailable, service_.name() + " has not said its languages yet");
  const auto codes = known->find(pair);
  if (codes == known->end()) return tl::unexpected(no_such_pair(pair));
  return codes->second;
}

LibreTranslateTranslator::Answers LibreTranslateTranslator::ask(
    const LanguagePair& pair, std::span<const LineRequest> batch) {
  const auto codes = codes_of(pair, batch.front().deadline);
  if (!codes) return Answers(batch.size(), tl::unexpected(codes.error()));
  if (batch.size() > 1 && one_at_a_time_) return ask_one_by_one(pair, batch);
  const auto texts = post(*codes, batch);
  // A server may have a limit for batches, or dislike one of the texts.
  if (!texts && texts.error().code == ErrorCode::invalid_argument && batch.size() > 1)
    return ask_one_by_one(pair, batch);
  if (!texts) return Answers(batch.size(), tl::unexpected(port_error(texts.error())));
  Answers answers;
  for (std::size_t i = 0; i < batch.size(); ++i)
    answers.push_back(checked_answer(service_.name(), pair, batch[i].text, (*texts)[i]));
  return answers;
}

LibreTranslateTranslator::Answers LibreTranslateTranslator::ask_one_by_one(
    const LanguagePair& pair, std::span<const LineRequest> batch) {
  Answers answers;
  for (const LineRequest& one : batch)
    for (auto& answer : ask(pair, {&one, 1})) answers.push_back(std::move(answer));
  // It was the batch that it disliked, not a text.
  if (std::all_of(answers.begin(), answers.end(), [](const auto& one) { return one.has_value(); }))
    one_at_a_time_ = true;
  return answers;
}

Result<std::vector<std::string>> LibreTranslateTranslator::post(
    const ServiceCodes& codes, std::span<const LineRequest> batch) {
  boost::json::array texts;
  for (const LineRequest& request : batch) texts.emplace_back(request.text);
  boost::json::object body{{"q", std::move(texts)},
                           {"source", codes.source},
                           {"target", codes.target},
                           {"format", "text"}};
  if (!settings_.key.empty()) body["api_key"] = settings_.key;
  const auto answer = service_.call(json_request("/translate", body), batch.front().deadline);
  if (!answer) return tl::unexpected(answer.error());
  auto translated = texts_in(*answer);
  if (translated.size() != batch.size())
    return fail(ErrorCode::unavailable, service_.name() + " answered " +
                                            std::to_string(translated.size()) + " texts to " +
                                            std::to_string(batch.size()));
  return translated;
}

}  // namespace sotto::providers::web_translators
