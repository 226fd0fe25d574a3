#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "ports/synthesiser.hpp"

namespace sotto::composition {

/// The embedded synthesiser, espeak-ng. Errors: `not_found` where the program is missing.
Result<std::unique_ptr<ports::Synthesiser>> embedded_synthesiser();

/// A synthesiser of this machine.
struct LocalSynthesiser {
  std::unique_ptr<ports::Synthesiser> synthesiser;
  std::optional<Error> instead = {};  ///< why it is espeak-ng instead of what was asked for
};

/// Whether `name` is `sherpa` or `sherpa:FOLDER`.
bool names_neural_voices(const std::string& name);

/// Of `name`: `espeak`; `sherpa:FOLDER`, neural voices from FOLDER; or `sherpa`, those that `sotto
/// models` keeps. espeak-ng speaks the languages without a neural voice, and where neural voices
/// are not to be had, all. This program is a voice's process when called with `voice-worker`.
/// Errors: as embedded_synthesiser().
Result<LocalSynthesiser> local_synthesiser(const std::string& name);

}  // namespace sotto::composition
