#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ports/recogniser.hpp"

namespace sotto::composition {

/// Which of the recognisers on this machine to use.
struct RecogniserChoice {
  /// `auto` takes Moonshine where its models are right, else PocketSphinx; `moonshine` and
  /// `pocketsphinx` take that one.
  std::string engine = "auto";
  std::string draft = "base";  ///< Moonshine's model while a sentence is open: `base` or `tiny`
  std::string final = "base";  ///< … and for finals
};

/// A recogniser and what is to be said of it.
struct LocalRecogniser {
  std::unique_ptr<ports::Recogniser> recogniser;
  std::string engine;  ///< `moonshine` or `pocketsphinx`
  std::string models;  ///< such as `base-en`
  /// Why it is not the one that people would rather have; nothing where it is.
  std::optional<Error> instead;
};

/// Told, from any thread, when Moonshine has failed in the middle of a session and PocketSphinx
/// goes on with it, and when Moonshine goes on with it again.
struct StandbyNotices {
  std::function<void(const Error& reason)> on_takeover;
  std::function<void()> on_return;
};

/// The recogniser for `sessions` sessions at once. Where Moonshine is used and PocketSphinx's model
/// is there as well, the latter stands by. Model files are checked whole (0.2 s) and loaded (1 s).
/// Their folders: models::folders(); PocketSphinx's model: SOTTO_POCKETSPHINX_MODEL. Errors:
/// `not_found` and what is wrong with the models, where `engine` names one; for `auto`,
/// PocketSphinx's. `invalid_argument` for a name that there is not.
Result<LocalRecogniser> local_recogniser(const RecogniserChoice& choice, std::size_t sessions,
                                         StandbyNotices notices = {});

/// Adds --recogniser, --recogniser-draft and --recogniser-final to `command`; `choice` must outlive
/// it. With `transcribe`, that is a recogniser as well.
enum class WithTranscribe : unsigned char { no, yes };
void add_recogniser_options(CLI::App& command, RecogniserChoice& choice, WithTranscribe transcribe);

}  // namespace sotto::composition
