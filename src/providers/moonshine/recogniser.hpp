#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ports/recogniser.hpp"
#include "providers/embedded/turn_stream.hpp"
#include "providers/moonshine/silero.hpp"
#include "providers/moonshine/speech_model.hpp"
#include "providers/moonshine/transcriber.hpp"
#include "supervision/turns.hpp"

namespace sotto::providers::moonshine {

/// The models of all talks, loaded. Calls may be made from any thread.
struct Models {
  std::shared_ptr<const onnx::Runtime> runtime;
  std::unique_ptr<SpeechModel> draft;  ///< none: the final model makes hypotheses as well
  std::unique_ptr<SpeechModel> final;
  /// A speech detector for a new talk.
  std::function<std::unique_ptr<SpeechDetector>()> new_detector;
};

/// Where the files of the models are.
struct ModelFiles {
  std::filesystem::path runtime;  ///< libonnxruntime.so
  std::filesystem::path detector;
  MoonshineFiles final;
  std::optional<MoonshineFiles> draft = std::nullopt;
};

/// Loads them: about a second of work. Errors: those of the files, each naming its file.
Result<Models> load_models(const ModelFiles& files);

struct Settings {
  /// Threads that recognise, shared by all talks; one talk needs up to half a core.
  std::size_t threads = 2;
  /// Talks at the same time.
  std::size_t max_streams = 8;
  /// Audio that may wait in one stream; a single push() must be shorter.
  milliseconds max_queued{30'000};
  /// A call of a model that takes longer is ended, and made once more.
  milliseconds call_deadline{12'000};
  TranscriberSettings transcriber = {};
};

/// Moonshine (English) in process. Measured on clean read speech, with `base` for finals: 4 % of
/// the words wrong, capitals and marks in them; bench/recognition prints it. Each word carries its
/// probability by the decoder as `Confidence`, in partial results too.
class MoonshineRecogniser : public ports::Recogniser {
 public:
  /// Starts the threads. Errors: `invalid_argument` for a setting out of its range (threads 1 to
  /// 64, max_streams at least 1, step 100 ms to 2 s, max_queued at least 1 s, cap 2 to 15 s,
  /// look_back at most 1 s, patience between twice that and the cap).
  static Result<std::unique_ptr<MoonshineRecogniser>> create(Models models, Settings settings);

  ~MoonshineRecogniser() override;

  /// English, `en`.
  std::vector<Language> languages() const override;

  /// Errors: `not_found` for another language, `resource_exhausted` above max_streams. A stream
  /// whose models fail twice over the same sound ends with the reason.
  Result<std::unique_ptr<ports::RecogniserStream>> open(const Language& language,
                                                        ports::RecogniserSink sink) override;

  std::optional<transcript::StabilityCalibration> calibration(
      const Language& language) const override;

 private:
  class Work;
  class Calls;

  MoonshineRecogniser(Models models, Settings settings);
  TalkModels talk_models();

  const Settings settings_;
  const Models models_;
  const std::unique_ptr<Calls> calls_;
  embedded::StreamSeats seats_;
  supervision::Turns turns_;  // last: its threads use the rest
};

}  // namespace sotto::providers::moonshine
