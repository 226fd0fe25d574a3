#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "composition/recognisers.hpp"
#include "ports/recogniser.hpp"
#include "ports/synthesiser.hpp"
#include "ports/translator.hpp"

namespace sotto::composition {

/// The outside engines, wired to their ports: here and nowhere else.
struct Engines {
  std::unique_ptr<ports::Recogniser> recogniser;
  std::unique_ptr<ports::Translator> translator;
  std::string recogniser_name = {};              ///< as people know it: `Moonshine base-en`
  std::optional<Error> recogniser_instead = {};  ///< LocalRecogniser::instead
};

/// The embedded engines: a recogniser of this machine and Apertium. `max_sessions` is how many
/// sessions may go on at once. Apertium's models' place can be changed with SOTTO_APERTIUM_MODES.
/// Errors: `not_found` where a model or program is missing, saying what to install;
/// local_recogniser()'s.
Result<Engines> embedded_engines(const RecogniserChoice& choice, std::size_t max_sessions);

/// Which engines to use: the embedded ones unless said otherwise.
struct EngineChoice {
  RecogniserChoice recogniser;          ///< its engine may also be `transcribe`
  std::string translator = "apertium";  ///< or translate
  std::string synthesiser = "espeak";   ///< or polly
  std::string region = {};              ///< of AWS; empty: as AWS's SDKs find it
};

/// The engines of a server. Where one of AWS is among them, region, credentials, endpoints and
/// certificates come from where AWS's SDKs look; no service is called yet. A server can do without
/// speech, so why there is none stands in `synthesiser`. Errors: as embedded_engines();
/// `invalid_argument` for what the environment says wrongly.
struct ServedEngines : Engines {
  Result<std::unique_ptr<ports::Synthesiser>> synthesiser;
};
Result<ServedEngines> chosen_engines(const EngineChoice& choice, std::size_t max_sessions,
                                     StandbyNotices notices = {});

/// The embedded synthesiser, espeak-ng. Errors: `not_found` where the program is missing.
Result<std::unique_ptr<ports::Synthesiser>> embedded_synthesiser();

}  // namespace sotto::composition
