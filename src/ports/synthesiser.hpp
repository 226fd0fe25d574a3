#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace sotto::ports {

/// Speech as 16-bit mono samples.
struct SpokenAudio {
  int sample_rate = 0;  ///< Hz
  std::vector<std::int16_t> samples;
};

/// A speech synthesiser: espeak-ng, neural voices, Amazon Polly. Thread-safe. The destructor first
/// answers open requests with `unavailable`.
class Synthesiser {
 public:
  /// Called exactly once for each request, from any thread; it must return quickly.
  using Completion = std::function<void(Result<SpokenAudio>)>;

  virtual ~Synthesiser() = default;

  /// The languages it has a voice for, sorted.
  virtual std::vector<Language> languages() const = 0;

  /// Who speaks the language now, for people: `espeak-ng`, `Piper joe`. Empty for a language
  /// without a voice. Returns at once.
  virtual std::string voice(const Language& language) const = 0;

  /// Synthesises one piece of text (UTF-8 of at most max_text_bytes; plain text, no markup) and
  /// returns at once. Requests for one language are answered in order. Errors, through `done`:
  /// `not_found` (no voice), `invalid_argument` (empty, too long, not UTF-8), `resource_exhausted`
  /// (its bounded queue is full), `deadline_exceeded` and `unavailable` (the engine hangs or is
  /// down, also after the adapter's own restart).
  virtual void speak(const Language& language, std::string text, Completion done) = 0;

  static constexpr std::size_t max_text_bytes = 4096;
};

}  // namespace sotto::ports
