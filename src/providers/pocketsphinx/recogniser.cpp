#include "providers/pocketsphinx/recogniser.hpp"

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/sample_clock.hpp"
#include "providers/pocketsphinx/calibration.hpp"

namespace sotto::providers::pocketsphinx {
namespace {

const Language& english() {
  static const Language language{"en"};
  return language;
}

Result<> check_settings(const Settings& settings) {
  const auto refuse = [](const char* message, const char* field) {
    return fail(ErrorCode::invalid_argument, message, field);
  };
  if (settings.threads < 1 || settings.threads > 64) {
    return refuse("recogniser threads must be 1 to 64", "threads");
  }
  if (settings.max_streams < 1) return refuse("max_streams must be at least 1", "max_streams");
  if (settings.transcriber.chunk < milliseconds{20} ||
      settings.transcriber.chunk > milliseconds{1000}) {
    return refuse("the recogniser's chunk must be 20 ms to 1 s", "chunk");
  }
  // Less than a chunk may wait for more, and still 100 ms must find room.
  if (settings.max_queued < settings.transcriber.chunk + milliseconds{100}) {
    return refuse("max_queued must be at least 100 ms more than a chunk", "max_queued");
  }
  const milliseconds cap = settings.transcriber.endpoints.cap;
  if (cap < milliseconds{5'000} || cap > milliseconds{15'000}) {
    return refuse("an utterance's cap must be 5 to 15 s", "cap");
  }
  return {};
}

}  // namespace

class PocketSphinxRecogniser::Stream : public ports::RecogniserStream,
                                       private supervision::TurnTaker {
 public:
  Stream(PocketSphinxRecogniser& owner, ports::RecogniserSink sink)
      : owner_(&owner),
        sink_(std::move(sink)),
        chunk_(samples_in(owner.settings_.transcriber.chunk)),
        max_queued_(samples_in(owner.settings_.max_queued)) {
    owner_->turns_.ready(*this);  // the decoder is there before the first word
  }

  ~Stream() override {
    owner_->turns_.retire(*this);
    transcriber_.reset();
    make_room();
  }

  ports::Pushed push(std::span<const std::int16_t> samples) override {
    {
      const std::lock_guard lock(mutex_);
      if (finishing_ || ended_) return ports::Pushed::over;
      if (queue_.size() + samples.size() > max_queued_) return ports::Pushed::full;
      queue_.insert(queue_.end(), samples.begin(), samples.end());
      if (queue_.size() < chunk_) return ports::Pushed::taken;
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
  bool end(Result<> result);

  // A stream that has ended may be kept for long: from then on it counts no more.
  void make_room() {
    if (counted_.exchange(false)) --owner_->streams_;
  }

  // Constant after construction.
  PocketSphinxRecogniser* const owner_;
  const ports::RecogniserSink sink_;
  const std::size_t chunk_;
  const std::size_t max_queued_;

  // Used by the thread that has the turn.
  std::optional<Transcriber> transcriber_;
  std::vector<std::int16_t> taken_;
  std::uint64_t samples_done_ = 0;

  std::atomic<milliseconds::rep> done_ms_ = 0;
  std::atomic<bool> counted_ = true;

  std::mutex mutex_;
  std::deque<std::int16_t> queue_;  // guarded by mutex_, as are the next two
  bool finishing_ = false;
  bool ended_ = false;
};

bool PocketSphinxRecogniser::Stream::take_turn() {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;  // it was made ready before it ended
  }
  if (!transcriber_) {
    auto decoder = owner_->decoders_.borrow();
    if (!decoder) return end(tl::unexpected(decoder.error()));
    transcriber_.emplace(std::move(*decoder), owner_->settings_.transcriber);
  }
  bool is_last = false;
  bool has_more = false;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < chunk_ && !finishing_) return false;
    const std::size_t count = std::min(chunk_, queue_.size());
    const auto taken_end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
    taken_.assign(queue_.begin(), taken_end);
    queue_.erase(queue_.begin(), taken_end);
    is_last = finishing_ && queue_.empty();
    has_more = queue_.size() >= chunk_ || (finishing_ && !is_last);
  }
  auto fed = transcriber_->feed(taken_, sink_.on_event);
  if (fed && is_last) fed = transcriber_->finish(sink_.on_event);
  if (!fed) return end(fed);
  samples_done_ += taken_.size();
  const milliseconds done = length_of(samples_done_);
  done_ms_ = done.count();
  if (sink_.on_progress) sink_.on_progress(done);
  return is_last ? end({}) : has_more;
}

bool PocketSphinxRecogniser::Stream::end(Result<> result) {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    queue_.clear();
  }
  transcriber_.reset();  // the decoder is free for the next stream
  make_room();
  sink_.on_end(std::move(result));
  return false;
}

PocketSphinxRecogniser::PocketSphinxRecogniser(Settings settings)
    : settings_(std::move(settings)), decoders_(settings_.model), turns_(settings_.threads) {}

Result<std::unique_ptr<PocketSphinxRecogniser>> PocketSphinxRecogniser::create(Settings settings) {
  if (auto checked = check_settings(settings); !checked) return tl::unexpected(checked.error());
  if (auto found = Decoder::check_model(settings.model); !found) {
    return tl::unexpected(found.error());
  }
  return std::unique_ptr<PocketSphinxRecogniser>(new PocketSphinxRecogniser(std::move(settings)));
}

std::vector<Language> PocketSphinxRecogniser::languages() const { return {english()}; }

Result<std::unique_ptr<ports::RecogniserStream>> PocketSphinxRecogniser::open(
    const Language& language, ports::RecogniserSink sink) {
  if (language != english()) {
    return fail(ErrorCode::not_found,
                "PocketSphinx recognises en here, not " + language.str() + "; choose en",
                "language");
  }
  if (++streams_ > settings_.max_streams) {
    --streams_;
    return fail(ErrorCode::resource_exhausted,
                "all " + std::to_string(settings_.max_streams) +
                    " PocketSphinx streams are in use; end a session or raise max_streams");
  }
  return std::make_unique<Stream>(*this, std::move(sink));
}

std::optional<transcript::StabilityCalibration> PocketSphinxRecogniser::calibration(
    const Language& language) const {
  if (language != english()) return std::nullopt;
  return english_calibration();
}

}  // namespace sotto::providers::pocketsphinx
