#pragma once

#include <filesystem>
#include <memory>

#include "ports/recogniser.hpp"
#include "providers/embedded/turn_stream.hpp"
#include "providers/pocketsphinx/decoder_pool.hpp"
#include "providers/pocketsphinx/transcriber.hpp"
#include "supervision/turns.hpp"

namespace sotto::providers::pocketsphinx {

struct Settings {
  /// Holds en-us/ with the acoustic model, the language model and the dictionary.
  std::filesystem::path model = "/usr/share/pocketsphinx/model";
  /// Threads that decode, shared by all streams; one stream needs up to a quarter of a core.
  std::size_t threads = 2;
  /// Streams at the same time; each holds a decoder of 93 MB while it lasts.
  std::size_t max_streams = 8;
  /// Audio that may wait in one stream; a single push() must be shorter.
  milliseconds max_queued{30'000};
  TranscriberSettings transcriber = {};
};

/// PocketSphinx with Debian's US English model, in process. Made for one near microphone at
/// 16 kHz: not for reverberant rooms or telephony. Measured on clean read speech: a word error rate
/// of 21 to 27 % on LibriVox novels, about 50 % on fragments of older prose, where its slow offline
/// passes would get 43 %; 0.13 to 0.18 CPU seconds for each second of a talk. Lower-case words
/// without punctuation; no confidences.
class PocketSphinxRecogniser : public ports::Recogniser {
 public:
  /// Checks the model and starts the threads; decoders are loaded when a stream needs one.
  /// Errors: `not_found` where the model is missing, saying what to install; `invalid_argument`
  /// for a setting out of its range (threads 1 to 64, max_streams at least 1, max_queued at least
  /// 100 ms more than a chunk, an utterance's cap 5 to 15 s).
  static Result<std::unique_ptr<PocketSphinxRecogniser>> create(Settings settings);

  /// English, `en`.
  std::vector<Language> languages() const override;

  /// Errors: `not_found` for another language, `resource_exhausted` above max_streams. A stream
  /// whose decoder cannot be loaded ends with the reason.
  Result<std::unique_ptr<ports::RecogniserStream>> open(const Language& language,
                                                        ports::RecogniserSink sink) override;

  std::optional<transcript::StabilityCalibration> calibration(
      const Language& language) const override;

 private:
  class Work;

  explicit PocketSphinxRecogniser(Settings settings);

  const Settings settings_;
  DecoderPool decoders_;
  embedded::StreamSeats seats_;
  supervision::Turns turns_;  // last: its threads use the rest
};

}  // namespace sotto::providers::pocketsphinx
