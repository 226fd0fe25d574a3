#include "providers/moonshine/recogniser.hpp"

#include <optional>
#include <utility>

#include "base/sample_clock.hpp"
#include "providers/moonshine/calibration.hpp"
#include "providers/moonshine/call_watch.hpp"

namespace sotto::providers::moonshine {
namespace {

constexpr std::size_t piece = 1600;  // what is looked at in one go

const Language& english() {
  static const Language language{"en"};
  return language;
}

Result<> check_settings(const Settings& settings) {
  const auto refuse = [](std::string message, const char* field) {
    return fail(ErrorCode::invalid_argument, std::move(message), field);
  };
  if (settings.threads < 1 || settings.threads > 64)
    return refuse(
        "recogniser threads are " + std::to_string(settings.threads) + "; they must be 1 to 64",
        "threads");
  if (settings.max_streams < 1) return refuse("max_streams must be at least 1", "max_streams");
  const milliseconds step = settings.transcriber.step;
  if (step < milliseconds{100} || step > milliseconds{2000})
    return refuse(
        "the recogniser's step is " + std::to_string(step.count()) + " ms; it must be 100 to 2000",
        "step");
  if (settings.max_queued < milliseconds{1000})
    return refuse("max_queued must be at least 1 s", "max_queued");
  const CutterSettings& cutter = settings.transcriber.cutter;
  if (cutter.cap < milliseconds{2'000} || cutter.cap > milliseconds{15'000})
    return refuse("an utterance's cap is " + std::to_string(cutter.cap.count()) +
                      " ms; it must be 2000 to 15000",
                  "cap");
  if (cutter.look_back > milliseconds{1'000})
    return refuse(
        "look_back is " + std::to_string(cutter.look_back.count()) + " ms; it must be at most 1000",
        "look_back");
  if (cutter.patience < 2 * cutter.look_back || cutter.patience > cutter.cap)
    return refuse("patience is " + std::to_string(cutter.patience.count()) +
                      " ms; it must be twice look_back at least and the cap at most",
                  "patience");
  return {};
}

}  // namespace

Result<Models> load_models(const ModelFiles& files) {
  auto runtime = onnx::Runtime::load(files.runtime);
  if (!runtime) return tl::unexpected(runtime.error());
  Models models;
  models.runtime = *runtime;
  auto silero = SileroModel::load(*runtime, files.detector);
  if (!silero) return tl::unexpected(silero.error());
  models.new_detector = [shared = std::shared_ptr<SileroModel>(std::move(*silero))] {
    return shared->detector();
  };
  auto final = load_moonshine(*runtime, files.final);
  if (!final) return tl::unexpected(final.error());
  models.final = std::move(*final);
  if (files.draft) {
    auto draft = load_moonshine(*runtime, *files.draft);
    if (!draft) return tl::unexpected(draft.error());
    models.draft = std::move(*draft);
  }
  return models;
}

// Calls of the models: each with a deadline, and once more where it failed.
class MoonshineRecogniser::Calls {
 public:
  Calls(std::shared_ptr<const onnx::Runtime> runtime, milliseconds deadline)
      : runtime_(std::move(runtime)), deadline_(deadline) {}

  Result<Answer> call(SpeechModel& model, std::span<const float> samples, const Request& request) {
    auto answer = once(model, samples, request);
    return answer ? answer : once(model, samples, request);
  }

 private:
  Result<Answer> once(SpeechModel& model, std::span<const float> samples, Request request) {
    if (!runtime_) return model.transcribe(samples, request);  // a model that needs none
    auto cancellation = onnx::Cancellation::create(runtime_);
    if (!cancellation) return tl::unexpected(cancellation.error());
    request.cancellation = &*cancellation;
    const CallWatch::Watched watched(watch_, *cancellation, CallWatch::Clock::now() + deadline_);
    return model.transcribe(samples, request);
  }

  const std::shared_ptr<const onnx::Runtime> runtime_;
  const milliseconds deadline_;
  CallWatch watch_;
};

class MoonshineRecogniser::Work : public embedded::StreamWork {
 public:
  explicit Work(MoonshineRecogniser& owner)
      : transcriber_(owner.talk_models(), owner.settings_.transcriber) {}

  // Everything that waits is looked at, up to a final; then there is one hypothesis of the newest
  // sound. So who is behind catches up, whoever else talks has a turn after each call of a model,
  // and the more talk at once the longer are their steps.
  Result<> hear(embedded::AudioQueue& audio, const Emit& emit) override {
    bool said_final = false;
    const auto note_finals = [&](transcript::Event event) {
      said_final = said_final || !event[0].is_partial;
      emit(std::move(event));
    };
    do {
      if (auto fed = transcriber_.feed(audio.next(), note_finals); !fed) return fed;
    } while (audio.has_piece() && !said_final);
    return said_final ? Result<>() : transcriber_.hypothesise_if_due(note_finals);
  }

  Result<> finish(const Emit& emit) override { return transcriber_.finish(emit); }

 private:
  Transcriber transcriber_;
};

MoonshineRecogniser::MoonshineRecogniser(Models models, Settings settings)
    : settings_(std::move(settings)),
      models_(std::move(models)),
      calls_(std::make_unique<Calls>(models_.runtime, settings_.call_deadline)),
      seats_(settings_.max_streams, "Moonshine"),
      turns_(settings_.threads) {}

MoonshineRecogniser::~MoonshineRecogniser() = default;

TalkModels MoonshineRecogniser::talk_models() {
  return {models_.draft ? models_.draft.get() : models_.final.get(), models_.final.get(),
          models_.new_detector(),
          [calls = calls_.get()](SpeechModel& model, std::span<const float> samples,
                                 const Request& request) {
            return calls->call(model, samples, request);
          }};
}

Result<std::unique_ptr<MoonshineRecogniser>> MoonshineRecogniser::create(Models models,
                                                                         Settings settings) {
  if (auto checked = check_settings(settings); !checked) return tl::unexpected(checked.error());
  return std::unique_ptr<MoonshineRecogniser>(
      new MoonshineRecogniser(std::move(models), std::move(settings)));
}

std::vector<Language> MoonshineRecogniser::languages() const { return {english()}; }

Result<std::unique_ptr<ports::RecogniserStream>> MoonshineRecogniser::open(
    const Language& language, ports::RecogniserSink sink) {
  if (language != english())
    return fail(ErrorCode::not_found,
                "Moonshine recognises en here, not " + language.str() + "; choose en", "language");
  auto seat = seats_.take();
  if (!seat) return tl::unexpected(seat.error());
  return std::make_unique<embedded::TurnStream>(
      embedded::TurnStream::Parts{&turns_, std::move(*seat), std::make_unique<Work>(*this),
                                  std::move(sink)},
      piece, samples_in(settings_.max_queued));
}

std::optional<transcript::StabilityCalibration> MoonshineRecogniser::calibration(
    const Language& language) const {
  if (language != english()) return std::nullopt;
  return english_calibration();
}

}  // namespace sotto::providers::moonshine
