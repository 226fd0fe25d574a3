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
#include "providers/sherpa/settings.hpp"
#include "providers/sherpa/voice_files.hpp"

namespace sotto::providers::sherpa {

class SpeakingThread;

/// Speaks with neural voices of Piper, Kokoro and Kitten, through sherpa-onnx. A language that has
/// a voice has a process for it, which begins with the first text and stays (some of sherpa-onnx's
/// errors end the process). espeak-ng, a program of its own, tells how words are pronounced.
///
/// Where Settings::otherwise is given, it speaks the languages without a voice, and a voice's texts
/// while the voice hangs, fails, is not loaded yet, or is slower than real time.
///
/// Thread-safe. Requests of a language that are accepted are answered in order by that language's
/// thread; refusals (`not_found`, `invalid_argument`, `resource_exhausted`) come at once, from the
/// caller's. A text with nothing to pronounce is a short silence. Never destroy it from a
/// completion.
class SherpaSynthesiser : public ports::Synthesiser {
 public:
  /// Looks for the voices, and loads one of them, to see that sherpa-onnx works: 1 s. Nothing stays
  /// running. Errors: `invalid_argument` (a setting out of its range, named in `field`, or files
  /// that are no voice), `not_found` (no voices, no library, no espeak-ng; says what to do),
  /// `unavailable` and `deadline_exceeded` where the voice cannot be loaded.
  static Result<std::unique_ptr<SherpaSynthesiser>> create(Settings settings);

  /// Answers what is open with `unavailable` and ends all processes, within about 0.3 s.
  ~SherpaSynthesiser() override;

  std::vector<Language> languages() const override;
  std::string voice(const Language& language) const override;
  void speak(const Language& language, std::string text, Completion done) override;

  /// Files that look like a voice, and why they are none.
  const std::vector<Error>& passed_over() const { return voices_.passed_over; }

  /// The process group of a language's voice, for operators and tests.
  std::optional<pid_t> process_group(const Language& language) const;

 private:
  SherpaSynthesiser(Settings settings, FoundVoices voices, espeak::Program espeak);

  Result<SpeakingThread*> thread_of(const VoiceFiles& voice);

  // Constant after construction.
  const Settings settings_;
  const FoundVoices voices_;
  const espeak::Program espeak_;

  mutable std::mutex mutex_;
  bool stopping_ = false;  // guarded by mutex_
  std::map<Language, std::unique_ptr<SpeakingThread>>
      threads_;  // guarded by mutex_ until stopping_
};

}  // namespace sotto::providers::sherpa
