#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "ports/recogniser.hpp"
#include "ports/synthesiser.hpp"
#include "ports/translator.hpp"

namespace sotto::app {

/// The outside engines, wired to their ports: here and nowhere else.
struct Engines {
  std::unique_ptr<ports::Recogniser> recogniser;
  std::unique_ptr<ports::Translator> translator;
};

/// The embedded engines, PocketSphinx and Apertium. `max_talks` is how many talks may go on at
/// once. Their models' places can be changed with SOTTO_POCKETSPHINX_MODEL and
/// SOTTO_APERTIUM_MODES. Errors: `not_found` where a model or program is missing, saying what to
/// install.
Result<Engines> embedded_engines(std::size_t max_talks);

/// Which engines to use: the embedded ones unless said otherwise.
struct EngineChoice {
  std::string recogniser = "pocketsphinx";  ///< or transcribe
  std::string translator = "apertium";      ///< or translate
  std::string synthesiser = "espeak";       ///< or polly
  std::string region = {};                  ///< of AWS; empty: as AWS's SDKs find it
};

/// The engines of a server. Where one of AWS is among them, region, credentials, endpoints and
/// certificates come from where AWS's SDKs look; no service is called yet. A server can do without
/// speech, so why there is none stands in `synthesiser`. Errors: as embedded_engines();
/// `invalid_argument` for what the environment says wrongly.
struct ServedEngines : Engines {
  Result<std::unique_ptr<ports::Synthesiser>> synthesiser;
};
Result<ServedEngines> chosen_engines(const EngineChoice& choice, std::size_t max_talks);

/// The embedded synthesiser, espeak-ng. Errors: `not_found` where the program is missing.
Result<std::unique_ptr<ports::Synthesiser>> embedded_synthesiser();

/// The embedded recogniser alone, as embedded_engines() has it.
Result<std::unique_ptr<ports::Recogniser>> embedded_recogniser(std::size_t max_talks);

}  // namespace sotto::app
