#include "composition/engines.hpp"

#include <cstdlib>

#include "lambda_host/function_stores.hpp"
#include "providers/apertium/translator.hpp"
#include "providers/aws/client/account.hpp"
#include "providers/aws/polly/polly_synthesiser.hpp"
#include "providers/aws/translate/translate_translator.hpp"
#include "providers/espeak/synthesiser.hpp"

namespace sotto::composition {

namespace apertium = providers::apertium;
namespace aws = providers::aws;

Result<std::unique_ptr<ports::Synthesiser>> embedded_synthesiser() {
  auto synthesiser = providers::espeak::EspeakSynthesiser::create({});
  if (!synthesiser) return tl::unexpected(synthesiser.error());
  return std::move(*synthesiser);
}

namespace {

Result<std::unique_ptr<ports::Translator>> embedded_translator() {
  apertium::Settings settings;
  if (const char* modes = std::getenv("SOTTO_APERTIUM_MODES")) settings.modes_directory = modes;
  auto translator = apertium::ApertiumTranslator::create(settings);
  if (!translator) return tl::unexpected(translator.error());
  return std::move(*translator);
}

Result<> take_local_recogniser(const RecogniserChoice& choice, std::size_t sessions,
                               StandbyNotices notices, Engines& engines) {
  auto local = local_recogniser(choice, sessions, std::move(notices));
  if (!local) return tl::unexpected(local.error());
  engines.recogniser = std::move(local->recogniser);
  engines.recogniser_name =
      (local->engine == "moonshine" ? "Moonshine " : "PocketSphinx ") + local->models;
  engines.recogniser_instead = std::move(local->instead);
  return {};
}

// The adapter as its port.
template <class Port, class Adapter>
Result<std::unique_ptr<Port>> as_port(Result<std::unique_ptr<Adapter>> adapter) {
  if (!adapter) return tl::unexpected(adapter.error());
  return std::move(*adapter);
}

}  // namespace

Result<Engines> embedded_engines(const RecogniserChoice& choice, std::size_t max_sessions) {
  Engines engines;
  if (auto heard = take_local_recogniser(choice, max_sessions, {}, engines); !heard)
    return tl::unexpected(heard.error());
  auto translator = embedded_translator();
  if (!translator) return tl::unexpected(translator.error());
  engines.translator = std::move(*translator);
  return engines;
}

Result<ServedEngines> chosen_engines(const EngineChoice& choice, std::size_t max_sessions,
                                     StandbyNotices notices) {
  const bool hears = choice.recogniser.engine == "transcribe",
             translates = choice.translator == "translate", speaks = choice.synthesiser == "polly";
  std::shared_ptr<aws::Client> client;
  if (hears || translates || speaks) {
    auto opened = aws::open_client(std::make_shared<aws::SystemEnvironment>(), choice.region);
    if (!opened) return tl::unexpected(opened.error());
    client = std::move(*opened);
  }
  ServedEngines engines;
  if (hears) {
    auto recogniser = lambda_host::open_transcribe(client, max_sessions);
    if (!recogniser) return tl::unexpected(recogniser.error());
    engines.recogniser = std::move(*recogniser);
    engines.recogniser_name = "Amazon Transcribe";
  } else if (auto heard = take_local_recogniser(choice.recogniser, max_sessions, std::move(notices),
                                                engines);
             !heard) {
    return tl::unexpected(heard.error());
  }
  auto translator = translates
                        ? as_port<ports::Translator>(aws::TranslateTranslator::create(client, {}))
                        : embedded_translator();
  if (!translator) return tl::unexpected(translator.error());
  engines.translator = std::move(*translator);
  engines.synthesiser = speaks
                            ? as_port<ports::Synthesiser>(aws::PollySynthesiser::create(client, {}))
                            : embedded_synthesiser();
  return engines;
}

}  // namespace sotto::composition
