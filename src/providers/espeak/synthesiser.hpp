#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ports/synthesiser.hpp"
#include "providers/espeak/program.hpp"
#include "providers/espeak/settings.hpp"
#include "providers/espeak/voices.hpp"

namespace sotto::providers::espeak {

class VoiceWorker;

/// Speaks with espeak-ng, one process for each text, reached over pipes (espeak-ng is GPL and stays
/// a separate process). Two thirds of a text's time are the program's start, so a language in use
/// has a process that has started already and waits for its text: a sentence of 6 s then takes
/// about 8 ms, where the first one takes 24. A process that fails or writes nonsense is replaced
/// and its text tried once more; one that hangs is ended. 22,050 Hz; the same text gives slightly
/// different samples each time.
///
/// Thread-safe. Requests that are accepted are answered in order for each language, by that
/// language's thread; refusals (`not_found`, `invalid_argument`, `resource_exhausted`) come at
/// once, from the caller's. A text that would take longer to say than Settings::longest_speech is
/// the exception: `invalid_argument` in its turn. A text with nothing to pronounce is a short
/// silence. Never destroy it from a completion.
class EspeakSynthesiser : public ports::Synthesiser {
 public:
  /// Asks the program for its voices, and starts nothing that stays. Takes about 25 ms. Errors:
  /// `invalid_argument` (a setting out of its range, named in `field`), `not_found` (no program or
  /// no voices; says what to install), `deadline_exceeded`, `permission_denied`,
  /// `resource_exhausted`.
  static Result<std::unique_ptr<EspeakSynthesiser>> create(Settings settings);

  /// Answers what is open with `unavailable` and ends all processes, within about 0.3 s.
  ~EspeakSynthesiser() override;

  std::vector<Language> languages() const override;
  std::string voice(const Language& language) const override;
  void speak(const Language& language, std::string text, Completion done) override;

  /// The process group that speaks the language or waits to, for operators and tests.
  std::optional<pid_t> process_group(const Language& language) const;

 private:
  EspeakSynthesiser(Settings settings, Program program, Voices voices);

  Result<VoiceWorker*> worker_of(const Language& language);

  // Constant after construction.
  const Settings settings_;
  const Program program_;
  const Voices voices_;

  mutable std::mutex mutex_;
  bool stopping_ = false;                                     // guarded by mutex_
  std::map<Language, std::unique_ptr<VoiceWorker>> workers_;  // guarded by mutex_ until stopping_
};

}  // namespace sotto::providers::espeak
