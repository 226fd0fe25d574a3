#include "engines.hpp"

#include <cstdlib>

#include "providers/apertium/translator.hpp"
#include "providers/pocketsphinx/recogniser.hpp"

namespace sotto::app {

namespace pocketsphinx = providers::pocketsphinx;
namespace apertium = providers::apertium;

Result<Engines> embedded_engines(std::size_t max_talks) {
  pocketsphinx::Settings recogniser_settings;
  recogniser_settings.max_streams = max_talks;
  if (const char* model = std::getenv("SOTTO_POCKETSPHINX_MODEL"))
    recogniser_settings.model = model;
  auto recogniser = pocketsphinx::PocketSphinxRecogniser::create(recogniser_settings);
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
