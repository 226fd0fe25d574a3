#include "engines.hpp"

#include <cstdlib>

#include "function_stores.hpp"
#include "providers/apertium/translator.hpp"
#include "providers/aws/account.hpp"
#include "providers/aws/polly_synthesiser.hpp"
#include "providers/aws/translate_translator.hpp"
#include "providers/espeak/synthesiser.hpp"
#include "providers/pocketsphinx/recogniser.hpp"

namespace sotto::app {

namespace pocketsphinx = providers::pocketsphinx;
namespace apertium = providers::apertium;
namespace aws = providers::aws;

Result<std::unique_ptr<ports::Recogniser>> embedded_recogniser(std::size_t max_talks) {
  pocketsphinx::Settings settings;
  settings.max_streams = max_talks;
  if (const char* model = std::getenv("SOTTO_POCKETSPHINX_MODEL")) settings.model = model;
  auto recogniser = pocketsphinx::PocketSphinxRecogniser::create(settings);
  if (!recogniser) return tl::unexpected(recogniser.error());
  return std::move(*recogniser);
}

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

// The adapter as its port.
template <class Port, class Adapter>
Result<std::unique_ptr<Port>> as_port(Result<std::unique_ptr<Adapter>> adapter) {
  if (!adapter) return tl::unexpected(adapter.error());
  return std::move(*adapter);
}

}  // namespace

Result<Engines> embedded_engines(std::size_t max_talks) {
  auto recogniser = embedded_recogniser(max_talks);
  if (!recogniser) return tl::unexpected(recogniser.error());
  auto translator = embedded_translator();
  if (!translator) return tl::unexpected(translator.error());
  return Engines{std::move(*recogniser), std::move(*translator)};
}

Result<ServedEngines> chosen_engines(const EngineChoice& choice, std::size_t max_talks) {
  const bool hears = choice.recogniser == "transcribe",
             translates = choice.translator == "translate", speaks = choice.synthesiser == "polly";
  std::shared_ptr<aws::Client> client;
  if (hears || translates || speaks) {
    auto opened = aws::open_client(std::make_shared<aws::SystemEnvironment>(), choice.region);
    if (!opened) return tl::unexpected(opened.error());
    client = std::move(*opened);
  }
  auto recogniser = hears ? open_transcribe(client, max_talks) : embedded_recogniser(max_talks);
  if (!recogniser) return tl::unexpected(recogniser.error());
  auto translator = translates
                        ? as_port<ports::Translator>(aws::TranslateTranslator::create(client, {}))
                        : embedded_translator();
  if (!translator) return tl::unexpected(translator.error());
  ServedEngines engines;
  engines.recogniser = std::move(*recogniser);
  engines.translator = std::move(*translator);
  engines.synthesiser = speaks
                            ? as_port<ports::Synthesiser>(aws::PollySynthesiser::create(client, {}))
                            : embedded_synthesiser();
  return engines;
}

}  // namespace sotto::app
