#include "providers/web_translators/chat.hpp"

#include <algorithm>
#include <boost/json/object.hpp>

#include "providers/web_translators/chat_answer.hpp"
#include "providers/web_translators/chat_prompt.hpp"
#include "providers/web_translators/json_request.hpp"

namespace sotto::providers::web_translators {

namespace {

Result<> validate(const ChatSettings& settings) {
  const std::string& model = settings.model;
  const bool printable =
      std::all_of(model.begin(), model.end(), [](char c) { return c >= ' ' && c < 0x7F; });
  if (model.empty() || model.size() > 200 || !printable)
    return fail(ErrorCode::invalid_argument,
                "model has " + std::to_string(model.size()) +
                    " bytes; it must be the model's name on the server, 1 to 200 printable "
                    "characters",
                "model");
  for (const LanguagePair& pair : settings.pairs)
    if (!language_name(pair.source) || !language_name(pair.target) || pair.source == pair.target)
      return fail(ErrorCode::invalid_argument,
                  "pairs has " + pair.source.str().substr(0, 10) + "-" +
                      pair.target.str().substr(0, 10) +
                      "; it must be two of the languages that docs/translators.md lists",
                  "pairs");
  if (auto valid = validate_key(settings.key, "key"); !valid) return valid;
  return validate(settings.limits);
}

std::set<LanguagePair> pairs_of(const ChatSettings& settings) {
  std::set<LanguagePair> pairs(settings.pairs.begin(), settings.pairs.end());
  if (!pairs.empty()) return pairs;
  const std::vector<Language> all = named_languages();
  for (const Language& source : all)
    for (const Language& target : all)
      if (source != target) pairs.insert({source, target});
  return pairs;
}

std::string completions_path(std::string path) {
  const std::string_view last = "/chat/completions";
  if (path.ends_with(last)) return path;
  if (path.empty()) path = "/v1";
  return path + std::string(last);
}

Limits one_text_a_call(Limits limits) {
  limits.max_batch = 1;
  return limits;
}

}  // namespace

Result<std::unique_ptr<ChatTranslator>> ChatTranslator::create(ChatSettings settings,
                                                               Dependencies dependencies) {
  auto endpoint = http_client::parse_endpoint(settings.url, "url");
  if (!endpoint) return tl::unexpected(endpoint.error());
  if (auto valid = validate(settings); !valid) return tl::unexpected(valid.error());
  Service::Config config;
  config.name = "the chat model at " + endpoint->host;
  config.key_advice = settings.key.empty() ? "it may want a key: set SOTTO_OPENAI_KEY"
                                           : "see SOTTO_OPENAI_KEY and the model's name";
  config.usage_advice = "see the account";
  config.url_advice = "are its URL and the model's name right?";
  config.endpoint = std::move(*endpoint);
  config.endpoint.path = completions_path(std::move(config.endpoint.path));
  config.failures_to_open = settings.limits.failures_to_open;
  config.open_for = settings.limits.open_for;
  return std::unique_ptr<ChatTranslator>(
      new ChatTranslator(std::move(settings), std::move(config), std::move(dependencies)));
}

ChatTranslator::ChatTranslator(ChatSettings settings, Service::Config config,
                               Dependencies dependencies)
    : settings_(std::move(settings)),
      pairs_(pairs_of(settings_)),
      service_(std::move(config), dependencies),
      lines_(one_text_a_call(settings_.limits), service_.name(), dependencies.now,
             [this](const LanguagePair& pair, std::span<const LineRequest> batch) {
               std::vector<Result<std::string>> answers;
               for (const LineRequest& request : batch) answers.push_back(ask(pair, request));
               return answers;
             }) {}

ChatTranslator::~ChatTranslator() {
  service_.stop();
  lines_.request_stop();
}

void ChatTranslator::translate(const LanguagePair& pair, std::string text, Completion done) {
  translate_in_context(pair, std::move(text), {}, std::move(done));
}

void ChatTranslator::translate_in_context(const LanguagePair& pair, std::string text,
                                          ports::TranslationContext context, Completion done) {
  if (!pairs_.contains(pair))
    return done(fail(
        ErrorCode::not_found,
        service_.name() + " is not asked for " + pair.source.str() + " to " + pair.target.str(),
        "pair"));
  lines_.submit(pair, text, std::move(context), done);
}

Result<std::string> ChatTranslator::ask(const LanguagePair& pair, const LineRequest& request) {
  const boost::json::object body{{"model", settings_.model},
                                 {"messages", chat_messages(pair, settings_.formality, request)},
                                 {"temperature", 0},
                                 {"max_tokens", max_answer_tokens(request.text)},
                                 {"stream", false}};
  const std::string authorization = settings_.key.empty() ? "" : "Bearer " + settings_.key;
  const auto answer = service_.call(json_request("", body, authorization), request.deadline);
  if (answer) return translation_in(service_.name(), *answer, pair, request.text);
  return tl::unexpected(port_error(answer.error()));
}

}  // namespace sotto::providers::web_translators
