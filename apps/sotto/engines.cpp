#include "engines.hpp"

#include <cstdlib>

#include "providers/apertium/translator.hpp"
#include "providers/espeak/synthesiser.hpp"
#include "providers/pocketsphinx/recogniser.hpp"

namespace sotto::app {

namespace pocketsphinx = providers::pocketsphinx;
namespace apertium = providers::apertium;

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

Result<Engines> embedded_engines(std::size_t max_talks) {
  auto recogniser = embedded_recogniser(max_talks);
  if (!recogniser) return tl::unexpected(recogniser.error());

  apertium::Settings translator_settings;
  if (const char* modes = std::getenv("SOTTO_APERTIUM_MODES"))
    translator_settings.modes_directory = modes;
  auto translator = apertium::ApertiumTranslator::create(translator_settings);
  if (!translator) return tl::unexpected(translator.error());

  Engines engines;
  engines.recogniser = std::move(*recogniser);
  engines.translator = std::move(*translator);
  return engines;
}

}  // namespace sotto::app
