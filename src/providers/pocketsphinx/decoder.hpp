#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/session_time.hpp"

namespace sotto::providers::pocketsphinx {

/// A recognised word; times count from its utterance's beginning.
struct Word {
  std::string text;
  milliseconds start{};
  milliseconds end{};

  friend bool operator==(const Word&, const Word&) = default;
};

/// One PocketSphinx decoder with Debian's US English model, about 93 MB: a single search pass, so
/// that words once agreed on stay, and no silence removal of its own, which would shift the times
/// of words by seconds. Takes 16 kHz mono samples that an endpointer has cut into utterances. One
/// thread at a time.
class Decoder {
 public:
  /// Whether the model is there below `model`, such as /usr/share/pocketsphinx/model. Errors:
  /// `not_found`, naming the missing file and the package that has it.
  static Result<> check_model(const std::filesystem::path& model);

  /// Loads the model: about a second of work. Thread-safe. Errors: as check_model();
  /// `internal` where PocketSphinx refuses it.
  static Result<std::unique_ptr<Decoder>> load(const std::filesystem::path& model);

  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Estimates the voice's and the microphone's cepstral mean from `speech` (best 2 s of it)
  /// instead of following it slowly from a general value; between utterances only. Measured word
  /// error rates with and without: 27 and 41 % on five LibriVox sentences, 49 and 69 % on 59 short
  /// recordings of older prose.
  void adapt(std::span<const std::int16_t> speech);

  /// Opens an utterance. Errors: `internal`, also from the next two.
  Result<> begin_utterance();

  /// Decodes the utterance's next samples.
  Result<> process(std::span<const std::int16_t> samples);

  /// Closes the utterance; words() then gives its final words.
  Result<> end_utterance();

  /// The best words for the open or the last utterance so far, into `words`, times rising.
  void words(std::vector<Word>& words) const;

  /// How far into the utterance the search has come: some 50 ms behind what was given, until the
  /// utterance is closed.
  milliseconds decoded() const;

  /// Forgets the speaker: as freshly loaded.
  void reset();

 private:
  struct Engine;
  explicit Decoder(std::unique_ptr<Engine> engine);

  std::unique_ptr<Engine> engine_;
  bool in_utterance_ = false;
};

}  // namespace sotto::providers::pocketsphinx
