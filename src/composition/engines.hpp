#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "composition/recognisers.hpp"
#include "composition/synthesisers.hpp"
#include "composition/translators.hpp"
#include "ports/recogniser.hpp"
#include "ports/synthesiser.hpp"
#include "ports/translator.hpp"

namespace sotto::composition {

/// The outside engines, wired to their ports: here and nowhere else.
struct Engines {
  std::unique_ptr<ports::Recogniser> recogniser;
  std::unique_ptr<ports::Translator> translator;
  /// Looks for translation models that were installed since: whether there are more pairs now.
  /// Empty where nobody uses any; good for as long as `translator`.
  std::function<bool()> look_for_models = {};
  std::string recogniser_name = {};              ///< as people know it: `Moonshine base-en`
  std::optional<Error> recogniser_instead = {};  ///< LocalRecogniser::instead
};

/// The engines of this machine alone: a recogniser, and the translators of a choice, which may be
/// slow: a text may take a minute. `max_sessions` is how many sessions may go on at once. Errors:
/// `not_found` where a model or program is missing, saying what to install; local_recogniser()'s
/// and chosen_translator()'s.
Result<Engines> embedded_engines(const RecogniserChoice& choice, std::size_t max_sessions,
                                 const TranslatorChoice& translators = {});

/// Which engines to use: the embedded ones unless said otherwise.
struct EngineChoice {
  RecogniserChoice recogniser;  ///< its engine may also be `transcribe`
  TranslatorChoice translators;
  std::string synthesiser = "espeak";  ///< or sherpa, sherpa:FOLDER, polly
  std::string region = {};             ///< of AWS; empty: as AWS's SDKs find it
};

/// The engines of a server. Where one of AWS is among them, region, credentials, endpoints and
/// certificates come from where AWS's SDKs look; no service is called yet. A server can do without
/// speech, so why there is none stands in `synthesiser`. Errors: as embedded_engines();
/// `invalid_argument` for what the environment says wrongly.
struct ServedEngines : Engines {
  Result<std::unique_ptr<ports::Synthesiser>> synthesiser;
  std::optional<Error> synthesiser_instead = {};  ///< LocalSynthesiser::instead
};
/// Told of what engines do while they serve.
struct EngineNotices {
  StandbyNotices recogniser;
  providers::chain::Notices translators;
};
Result<ServedEngines> chosen_engines(const EngineChoice& choice, std::size_t max_sessions,
                                     EngineNotices notices = {});

}  // namespace sotto::composition
