#include "composition/translator_kinds.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "http_client/http.hpp"
#include "models/folders.hpp"
#include "models/translation.hpp"
#include "providers/apertium/translator.hpp"
#include "providers/aws/translate/translate_translator.hpp"
#include "providers/bergamot/translator.hpp"
#include "providers/web_translators/chat.hpp"
#include "providers/web_translators/deepl.hpp"
#include "providers/web_translators/libretranslate.hpp"

namespace sotto::composition {

namespace apertium = providers::apertium;
namespace aws = providers::aws;
namespace bergamot = providers::bergamot;
namespace web = providers::web_translators;

namespace {

using Made = Result<ChosenTranslator>;

template <class Adapter>
Made chosen(Result<std::unique_ptr<Adapter>> adapter) {
  if (!adapter) return tl::unexpected(adapter.error());
  return ChosenTranslator{std::move(*adapter)};
}

Made make_apertium(const std::string&, const KindParts&) {
  apertium::Settings settings;
  if (const char* modes = std::getenv("SOTTO_APERTIUM_MODES")) settings.modes_directory = modes;
  return chosen(apertium::ApertiumTranslator::create(settings));
}

Made make_bergamot(const std::string&, const KindParts& parts) {
  const auto worker = bergamot::find_worker();
  if (!worker)
    return fail(ErrorCode::not_found,
                "the worker of Firefox's translation models, workers/bergamot, is missing; install "
                "it beside the program",
                "translator");
  bergamot::Settings settings;
  settings.worker = *worker;
  settings.model_folders = models::folders();
  settings.models_may_come_later = parts.parts.models_may_come_later;
  for (const models::TranslationModel& model : models::translation_models().all())
    settings.qualities[model.from + model.to + "-" + model.kind] = {
        "FLORES-200 devtest", model.bleu, {}, model.comet};
  if (const milliseconds patience = parts.parts.deadline; patience > settings.answer_within) {
    settings.answer_within = patience;  // for somebody who waits for a model to load
    settings.deadline = patience / 3;
  }
  auto made = bergamot::BergamotTranslator::create(std::move(settings));
  if (!made) return tl::unexpected(made.error());
  auto* const looking = made->get();
  return ChosenTranslator{std::move(*made), [looking] { return looking->look_again() > 0; }};
}

Made make_translate(const std::string&, const KindParts& parts) {
  auto client = parts.parts.aws();
  if (!client) return tl::unexpected(client.error());
  return chosen(aws::TranslateTranslator::create(std::move(*client), {}));
}

Result<web::Dependencies> over_http() {
  auto http = http_client::HttpClient::create({});
  if (!http) return tl::unexpected(http.error());
  return web::Dependencies::real(std::move(*http));
}

web::Formality formality_of(const TranslatorChoice& choice) {
  if (choice.formality == "formal") return web::Formality::formal;
  if (choice.formality == "informal") return web::Formality::informal;
  return web::Formality::as_is;
}

Made make_libretranslate(const std::string& place, const KindParts&) {
  auto key = web::key_from_environment("SOTTO_LIBRETRANSLATE_KEY");
  if (!key) return tl::unexpected(key.error());
  auto http = over_http();
  if (!http) return tl::unexpected(http.error());
  web::LibreTranslateSettings settings;
  settings.url = place;
  settings.key = std::move(*key);
  return chosen(web::LibreTranslateTranslator::create(std::move(settings), std::move(*http)));
}

Made make_chat(const std::string& place, const KindParts& parts) {
  auto key = web::key_from_environment("SOTTO_OPENAI_KEY");
  if (!key) return tl::unexpected(key.error());
  auto http = over_http();
  if (!http) return tl::unexpected(http.error());
  web::ChatSettings settings;
  settings.url = place;
  settings.model = parts.choice.chat_model;
  settings.key = std::move(*key);
  settings.formality = formality_of(parts.choice);
  return chosen(web::ChatTranslator::create(std::move(settings), std::move(*http)));
}

Made make_deepl(const std::string& place, const KindParts& parts) {
  auto key = web::key_from_environment("DEEPL_AUTH_KEY");
  if (!key) return tl::unexpected(key.error());
  auto http = over_http();
  if (!http) return tl::unexpected(http.error());
  web::DeepLSettings settings;
  settings.key = std::move(*key);
  settings.url = place;
  settings.formality = formality_of(parts.choice);
  return chosen(web::DeepLTranslator::create(std::move(settings), std::move(*http)));
}

constexpr std::array kinds{
    TranslatorKind{"bergamot", Place::none, "Firefox's models, on this machine", make_bergamot},
    TranslatorKind{"apertium", Place::none, "by rules, on this machine", make_apertium},
    TranslatorKind{"libretranslate", Place::needed, "a LibreTranslate server", make_libretranslate},
    TranslatorKind{"openai", Place::needed, "any server with chat completions", make_chat},
    TranslatorKind{"deepl", Place::allowed, "DeepL", make_deepl},
    TranslatorKind{"translate", Place::none, "Amazon Translate", make_translate},
};

}  // namespace

std::function<Result<std::shared_ptr<aws::Client>>()> aws_client(const std::string& region) {
  return
      [region,
       opened = std::shared_ptr<aws::Client>()]() mutable -> Result<std::shared_ptr<aws::Client>> {
        if (opened) return opened;
        auto client = aws::open_client(std::make_shared<aws::SystemEnvironment>(), region);
        if (client) opened = *client;
        return client;
      };
}

const TranslatorKind* find_kind(std::string_view name) {
  const auto* const found = std::find_if(
      kinds.begin(), kinds.end(), [&](const TranslatorKind& kind) { return kind.name == name; });
  return found == kinds.end() ? nullptr : found;
}

namespace {

// As it is written on the command line.
std::string form_of(const TranslatorKind& kind) {
  std::string form(kind.name);
  if (kind.place == Place::needed) form += ":URL";
  if (kind.place == Place::allowed) form += ":";
  return form;
}

}  // namespace

std::string known_translators() {
  std::string names = "auto";
  for (const TranslatorKind& kind : kinds) names += ", " + form_of(kind);
  return names;
}

std::string explained_translators() {
  std::string names = "auto (the best that is installed)";
  for (const TranslatorKind& kind : kinds)
    names += ", " + form_of(kind) + " (" + std::string(kind.about) + ")";
  return names;
}

}  // namespace sotto::composition
