#include "composition/translator_kinds.hpp"

#include <array>
#include <cstdlib>

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

namespace {

namespace apertium = providers::apertium;
namespace aws = providers::aws;
namespace bergamot = providers::bergamot;
namespace web = providers::web_translators;

using Made = Result<std::unique_ptr<ports::Translator>>;

// The adapter as its port.
template <class Adapter>
Made as_port(Result<std::unique_ptr<Adapter>> adapter) {
  if (!adapter) return tl::unexpected(adapter.error());
  return std::move(*adapter);
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

Made make_apertium(const std::string&, const TranslatorParts&) {
  apertium::Settings settings;
  if (const auto modes = variable("SOTTO_APERTIUM_MODES"); !modes.empty())
    settings.modes_directory = modes;
  return as_port(apertium::ApertiumTranslator::create(settings));
}

Made make_translate(const std::string&, const TranslatorParts& parts) {
  auto client = parts.aws();
  if (!client) return tl::unexpected(client.error());
  return as_port(aws::TranslateTranslator::create(std::move(*client), {}));
}

// What Firefox's models came to, as the list of models has it.
std::optional<ports::TranslationQuality> quality_of(const bergamot::InstalledModel& installed) {
  for (const models::TranslationModel* known : models::translation_models().of_pair(
           installed.pair.source.str(), installed.pair.target.str())) {
    if (known->kind != installed.kind || !(known->bleu || known->comet)) continue;
    return ports::TranslationQuality{"FLORES-200 devtest", known->bleu, {}, known->comet};
  }
  return std::nullopt;
}

Made make_bergamot(const std::string&, const TranslatorParts& parts) {
  const auto worker = bergamot::find_worker();
  if (!worker)
    return fail(ErrorCode::not_found,
                "Bergamot's worker is missing; run scripts/setup in a clone of Sotto's repository",
                "translator");
  bergamot::Settings settings;
  settings.worker = *worker;
  settings.model_folders = models::folders();
  settings.quality = quality_of;
  settings.models_may_come_later = parts.models_may_come_later;
  auto made = bergamot::BergamotTranslator::create(std::move(settings));
  if (made && parts.on_models_arrived) {
    // The chain owns it, and lives as long as whoever calls this.
    bergamot::BergamotTranslator* const translator = made->get();
    parts.on_models_arrived([translator] { return translator->look_again() > 0; });
  }
  return as_port(std::move(made));
}

Result<web::Dependencies> web_dependencies() {
  http_client::HttpClient::Config config;
  config.ca_file = variable("SOTTO_CA_BUNDLE");
  auto http = http_client::HttpClient::create(config);
  if (!http) return tl::unexpected(http.error());
  return web::Dependencies::real(std::move(*http));
}

Result<web::Formality> formality() {
  const std::string text = variable("SOTTO_FORMALITY");
  if (text.empty()) return web::Formality::as_is;
  if (text == "formal") return web::Formality::formal;
  if (text == "informal") return web::Formality::informal;
  return fail(ErrorCode::invalid_argument,
              "SOTTO_FORMALITY is \"" + text.substr(0, 20) + "\", must be formal or informal",
              "SOTTO_FORMALITY");
}

Made make_libretranslate(const std::string& place, const TranslatorParts&) {
  auto with = web_dependencies();
  auto key = web::key_from_environment("SOTTO_LIBRETRANSLATE_KEY");
  if (!with) return tl::unexpected(with.error());
  if (!key) return tl::unexpected(key.error());
  web::LibreTranslateSettings settings;
  settings.url = place;
  settings.key = std::move(*key);
  return as_port(web::LibreTranslateTranslator::create(std::move(settings), std::move(*with)));
}

Made make_chat(const std::string& place, const TranslatorParts&) {
  auto with = web_dependencies();
  auto key = web::key_from_environment("SOTTO_OPENAI_KEY");
  auto addressed = formality();
  if (!with) return tl::unexpected(with.error());
  if (!key) return tl::unexpected(key.error());
  if (!addressed) return tl::unexpected(addressed.error());
  web::ChatSettings settings;
  settings.url = place;
  settings.key = std::move(*key);
  settings.formality = *addressed;
  settings.model = variable("SOTTO_OPENAI_MODEL");
  if (settings.model.empty())
    return fail(ErrorCode::not_found,
                "openai: needs the model's name, as its server knows it, in SOTTO_OPENAI_MODEL",
                "SOTTO_OPENAI_MODEL");
  return as_port(web::ChatTranslator::create(std::move(settings), std::move(*with)));
}

Made make_deepl(const std::string& place, const TranslatorParts&) {
  auto with = web_dependencies();
  auto key = web::key_from_environment("DEEPL_AUTH_KEY");
  auto addressed = formality();
  if (!with) return tl::unexpected(with.error());
  if (!key) return tl::unexpected(key.error());
  if (!addressed) return tl::unexpected(addressed.error());
  if (key->empty())
    return fail(ErrorCode::not_found,
                "deepl: needs DeepL's key in DEEPL_AUTH_KEY, or in the file that "
                "DEEPL_AUTH_KEY_FILE names",
                "DEEPL_AUTH_KEY");
  web::DeepLSettings settings;
  settings.key = std::move(*key);
  settings.url = place;
  settings.formality = *addressed;
  return as_port(web::DeepLTranslator::create(std::move(settings), std::move(*with)));
}

constexpr std::array kinds{
    TranslatorKind{"apertium", TranslatorPlace::none, make_apertium},
    TranslatorKind{"bergamot", TranslatorPlace::none, make_bergamot},
    TranslatorKind{"libretranslate", TranslatorPlace::needed, make_libretranslate},
    TranslatorKind{"openai", TranslatorPlace::needed, make_chat},
    TranslatorKind{"deepl", TranslatorPlace::allowed, make_deepl},
    TranslatorKind{"translate", TranslatorPlace::none, make_translate},
};
constexpr std::array<std::string_view, 2> automatic{"bergamot", "apertium"};

}  // namespace

std::span<const TranslatorKind> translator_kinds() { return kinds; }

std::span<const std::string_view> automatic_translators() { return automatic; }

}  // namespace sotto::composition
