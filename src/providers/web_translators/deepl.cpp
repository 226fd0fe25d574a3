#include "providers/web_translators/deepl.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "json/members.hpp"
#include "providers/web_translators/answer_check.hpp"
#include "providers/web_translators/json_request.hpp"

namespace sotto::providers::web_translators {

namespace {

struct DeepLLanguage {
  std::string_view language, source, target;
  bool has_formality = false;
};

// DeepL's API reference, "Supported languages", and `supports_formality` of its /v2/languages.
constexpr std::array languages = {
    DeepLLanguage{"ar", "AR", "AR"},       DeepLLanguage{"bg", "BG", "BG"},
    DeepLLanguage{"cs", "CS", "CS"},       DeepLLanguage{"da", "DA", "DA"},
    DeepLLanguage{"de", "DE", "DE", true}, DeepLLanguage{"el", "EL", "EL"},
    DeepLLanguage{"en", "EN", "EN"},       DeepLLanguage{"es", "ES", "ES", true},
    DeepLLanguage{"et", "ET", "ET"},       DeepLLanguage{"fi", "FI", "FI"},
    DeepLLanguage{"fr", "FR", "FR", true}, DeepLLanguage{"hu", "HU", "HU"},
    DeepLLanguage{"id", "ID", "ID"},       DeepLLanguage{"it", "IT", "IT", true},
    DeepLLanguage{"ja", "JA", "JA", true}, DeepLLanguage{"ko", "KO", "KO"},
    DeepLLanguage{"lt", "LT", "LT"},       DeepLLanguage{"lv", "LV", "LV"},
    DeepLLanguage{"nl", "NL", "NL", true}, DeepLLanguage{"no", "NB", "NB"},
    DeepLLanguage{"pl", "PL", "PL", true}, DeepLLanguage{"pt", "PT", "PT", true},
    DeepLLanguage{"ro", "RO", "RO"},       DeepLLanguage{"ru", "RU", "RU", true},
    DeepLLanguage{"sk", "SK", "SK"},       DeepLLanguage{"sl", "SL", "SL"},
    DeepLLanguage{"sv", "SV", "SV"},       DeepLLanguage{"tr", "TR", "TR"},
    DeepLLanguage{"uk", "UK", "UK"},       DeepLLanguage{"zh", "ZH", "ZH-HANS"}};

const DeepLLanguage* find(const Language& language) {
  const auto found =
      std::find_if(languages.begin(), languages.end(),
                   [&](const DeepLLanguage& one) { return one.language == language.str(); });
  return found == languages.end() ? nullptr : &*found;
}

Result<> one_of(const std::string& value, const char* one, const char* other, const char* field) {
  if (value == one || value == other) return {};
  return fail(ErrorCode::invalid_argument,
              std::string(field) + " is \"" + value.substr(0, 20) + "\"; it must be " + one +
                  " or " + other,
              field);
}

Result<> validate(const DeepLSettings& settings) {
  if (settings.key.empty())
    return fail(ErrorCode::invalid_argument, "DeepL needs a key: set DEEPL_AUTH_KEY", "key");
  if (auto valid = validate_key(settings.key, "key"); !valid) return valid;
  if (auto valid = one_of(settings.english, "EN-US", "EN-GB", "english"); !valid) return valid;
  if (auto valid = one_of(settings.portuguese, "PT-PT", "PT-BR", "portuguese"); !valid)
    return valid;
  return validate(settings.limits);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : " ") + text;
  return all;
}

}  // namespace

Result<std::unique_ptr<DeepLTranslator>> DeepLTranslator::create(DeepLSettings settings,
                                                                 Dependencies dependencies) {
  if (auto valid = validate(settings); !valid) return tl::unexpected(valid.error());
  const bool is_free = settings.key.ends_with(":fx");
  const std::string url = !settings.url.empty() ? settings.url
                          : is_free             ? "https://api-free.deepl.com"
                                                : "https://api.deepl.com";
  auto endpoint = http_client::parse_endpoint(url, "url");
  if (!endpoint) return tl::unexpected(endpoint.error());
  Service::Config config;
  config.name = "DeepL";
  config.key_advice = "see DEEPL_AUTH_KEY";
  config.usage_limit_status = 456;
  config.usage_advice =
      "DeepL counts the characters of a month (of the plan, or of its cost control): see the "
      "account";
  config.endpoint = std::move(*endpoint);
  config.failures_to_open = settings.limits.failures_to_open;
  config.open_for = settings.limits.open_for;
  return std::unique_ptr<DeepLTranslator>(
      new DeepLTranslator(std::move(settings), std::move(config), std::move(dependencies)));
}

DeepLTranslator::DeepLTranslator(DeepLSettings settings, Service::Config config,
                                 Dependencies dependencies)
    : settings_(std::move(settings)),
      service_(std::move(config), dependencies),
      lines_(settings_.limits, service_.name(), dependencies.now,
             [this](const LanguagePair& pair, std::span<const LineRequest> batch) {
               return ask(pair, batch);
             }) {}

DeepLTranslator::~DeepLTranslator() {
  service_.stop();
  lines_.request_stop();
}

std::vector<LanguagePair> DeepLTranslator::pairs() const {
  std::vector<LanguagePair> pairs;
  for (const DeepLLanguage& source : languages)
    for (const DeepLLanguage& target : languages)
      if (&source != &target)
        pairs.push_back(
            {Language{std::string(source.language)}, Language{std::string(target.language)}});
  return pairs;
}

void DeepLTranslator::translate(const LanguagePair& pair, std::string text, Completion done) {
  translate_in_context(pair, std::move(text), {}, std::move(done));
}

void DeepLTranslator::translate_in_context(const LanguagePair& pair, std::string text,
                                           ports::TranslationContext context, Completion done) {
  if (!find(pair.source) || !find(pair.target) || pair.source == pair.target)
    return done(fail(ErrorCode::not_found,
                     "DeepL does not translate " + pair.source.str() + " to " + pair.target.str(),
                     "pair"));
  lines_.submit(pair, text, std::move(context), done);
}

// Each text is a translation of its own: those of two sessions may go out together.
DeepLTranslator::Answers DeepLTranslator::ask(const LanguagePair& pair,
                                              std::span<const LineRequest> batch) {
  const DeepLLanguage& target = *find(pair.target);
  boost::json::array texts;
  for (const LineRequest& request : batch) texts.emplace_back(request.text);
  boost::json::object body{{"text", std::move(texts)},
                           {"source_lang", std::string(find(pair.source)->source)},
                           {"target_lang", target.language == "en"   ? settings_.english
                                           : target.language == "pt" ? settings_.portuguese
                                                                     : std::string(target.target)},
                           {"split_sentences", "nonewlines"},
                           {"preserve_formatting", true}};
  if (target.has_formality && settings_.formality != Formality::as_is)
    body["formality"] = settings_.formality == Formality::formal ? "prefer_more" : "prefer_less";
  const std::string context = joined(batch.front().context.before);
  if (!context.empty()) body["context"] = context;
  const auto answer =
      service_.call(json_request("/v2/translate", body, "DeepL-Auth-Key " + settings_.key),
                    batch.front().deadline);
  if (!answer) return Answers(batch.size(), tl::unexpected(port_error(answer.error())));
  const auto* object = answer->if_object();
  const auto* translations = object ? object->if_contains("translations") : nullptr;
  if (!translations || !translations->is_array() ||
      translations->get_array().size() != batch.size())
    return Answers(batch.size(),
                   fail(ErrorCode::unavailable, "DeepL answered no translation for each text"));
  Answers answers;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto* one = translations->get_array()[i].if_object();
    const auto text = one ? json::text_member(*one, "text") : std::nullopt;
    answers.push_back(checked_answer(service_.name(), pair, batch[i].text, text.value_or("")));
  }
  return answers;
}

}  // namespace sotto::providers::web_translators
