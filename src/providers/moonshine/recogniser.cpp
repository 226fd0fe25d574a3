#include "providers/moonshine/recogniser.hpp"

#include <deque>
#include <mutex>
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

class MoonshineRecogniser::Stream : public ports::RecogniserStream, private supervision::TurnTaker {
 public:
  Stream(MoonshineRecogniser& owner, ports::RecogniserSink sink)
      : owner_(&owner),
        sink_(std::move(sink)),
        max_queued_(samples_in(owner.settings_.max_queued)),
        transcriber_(owner.talk_models(), owner.settings_.transcriber) {}

  ~Stream() override {
    owner_->turns_.retire(*this);
    make_room();
  }

  ports::Pushed push(std::span<const std::int16_t> samples) override {
    {
      const std::lock_guard lock(mutex_);
      if (finishing_ || ended_) return ports::Pushed::over;
      if (queue_.size() + samples.size() > max_queued_) return ports::Pushed::full;
      queue_.insert(queue_.end(), samples.begin(), samples.end());
      if (queue_.size() < piece) return ports::Pushed::taken;
    }
    owner_->turns_.ready(*this);
    return ports::Pushed::taken;
  }

  milliseconds recognised() const override { return milliseconds{done_ms_.load()}; }

  void finish() override {
    {
      const std::lock_guard lock(mutex_);
      if (finishing_ || ended_) return;
      finishing_ = true;
    }
    owner_->turns_.ready(*this);
  }

 private:
  bool take_turn() override;
  std::size_t take_piece();
  bool end(Result<> result);

  // A stream that has ended may be kept for long: from then on it counts no more.
  void make_room() {
    if (counted_.exchange(false)) --owner_->streams_;
  }

  // Constant after construction.
  MoonshineRecogniser* const owner_;
  const ports::RecogniserSink sink_;
  const std::size_t max_queued_;

  // Used by the thread that has the turn.
  Transcriber transcriber_;
  std::vector<std::int16_t> taken_;

  std::atomic<milliseconds::rep> done_ms_ = 0;
  std::atomic<bool> counted_ = true;

  std::mutex mutex_;
  std::deque<std::int16_t> queue_;  // guarded by mutex_, as are the next two
  bool finishing_ = false;
  bool ended_ = false;
};

// Moves the next piece out of the queue, and tells how much is left.
std::size_t MoonshineRecogniser::Stream::take_piece() {
  const std::lock_guard lock(mutex_);
  const std::size_t count = std::min(piece, queue_.size());
  const auto taken_end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  taken_.assign(queue_.begin(), taken_end);
  queue_.erase(queue_.begin(), taken_end);
  return queue_.size();
}

// Everything that waits is looked at, up to a final; then there is one hypothesis of the newest
// sound. So who is behind catches up, whoever else talks has a turn after each call of a model, and
// the more talk at once the longer are their steps.
bool MoonshineRecogniser::Stream::take_turn() {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;  // it was made ready before it ended
  }
  bool said_final = false;
  std::size_t left = 0;
  const auto emit = [&](transcript::Event event) {
    said_final = said_final || !event[0].is_partial;
    sink_.on_event(std::move(event));
  };
  do {
    left = take_piece();
    if (auto fed = transcriber_.feed(taken_, emit); !fed) return end(fed);
  } while (left >= piece && !said_final);
  bool is_last = false;
  if (!said_final) {
    if (auto heard = transcriber_.hypothesise_if_due(emit); !heard) return end(heard);
  }
  {
    const std::lock_guard lock(mutex_);
    left = queue_.size();
    is_last = finishing_ && left == 0;
  }
  if (is_last) {
    if (auto finished = transcriber_.finish(emit); !finished) return end(finished);
  }
  const milliseconds done = length_of(transcriber_.samples_done());
  done_ms_ = done.count();
  if (sink_.on_progress) sink_.on_progress(done);
  if (is_last) return end({});
  const std::lock_guard lock(mutex_);
  return queue_.size() >= piece || finishing_;
}

bool MoonshineRecogniser::Stream::end(Result<> result) {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    queue_.clear();
  }
  make_room();
  sink_.on_end(std::move(result));
  return false;
}

MoonshineRecogniser::MoonshineRecogniser(Models models, Settings settings)
    : settings_(std::move(settings)),
      models_(std::move(models)),
      calls_(std::make_unique<Calls>(models_.runtime, settings_.call_deadline)),
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
  if (++streams_ > settings_.max_streams) {
    --streams_;
    return fail(ErrorCode::resource_exhausted,
                "all " + std::to_string(settings_.max_streams) +
                    " Moonshine streams are in use; end a session or raise max_streams");
  }
  return std::make_unique<Stream>(*this, std::move(sink));
}

std::optional<transcript::StabilityCalibration> MoonshineRecogniser::calibration(
    const Language& language) const {
  if (language != english()) return std::nullopt;
  return english_calibration();
}

}  // namespace sotto::providers::moonshine
