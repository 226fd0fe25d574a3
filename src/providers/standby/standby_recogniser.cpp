#include "providers/standby/standby_recogniser.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "providers/standby/kept_sound.hpp"

namespace sotto::providers::standby {
namespace {

// Before a result begins its recogniser was hearing: so much sound before the place that it has
// come to is kept, where nothing is open.
constexpr milliseconds lead_in{2'000};
constexpr std::size_t piece = 1600;
constexpr std::size_t most_open = 64;  // results of a recogniser that never ends them

// `event`'s finals, `later` in the talk and under ids of their own.
transcript::Event moved_finals(const transcript::Event& event, milliseconds later) {
  transcript::Event moved;
  for (std::size_t i = 0; i < event.size(); ++i) {
    const transcript::RecognitionResult result = event[i];
    if (result.is_partial) continue;
    const std::string id = "standby-" + std::string(result.id);
    moved.begin_result({.id = id,
                        .channel = result.channel,
                        .transcript = result.transcript,
                        .start = result.start + later,
                        .end = result.end + later,
                        .is_partial = false});
    for (transcript::Item item : result.items) {
      item.start += later;
      item.end += later;
      moved.add_item(item);
    }
  }
  return moved;
}

}  // namespace

class StandbyRecogniser::Stream : public ports::RecogniserStream {
 public:
  Stream(StandbyRecogniser& owner, Language language, ports::RecogniserSink sink)
      : owner_(&owner), language_(std::move(language)), sink_(std::move(sink)) {}

  // The streams end before what their sinks use.
  ~Stream() override {
    first_.reset();
    second_.reset();
  }

  Result<> begin() {
    auto first = owner_->first_->open(language_, first_sink());
    if (first) {
      const std::lock_guard lock(mutex_);
      first_ = std::move(*first);
      return {};
    }
    const ErrorCode code = first.error().code;
    if (code == ErrorCode::resource_exhausted || code == ErrorCode::not_found)
      return tl::unexpected(first.error());
    if (!take_over(first.error())) return tl::unexpected(first.error());
    return {};
  }

  ports::Pushed push(std::span<const std::int16_t> samples) override {
    const std::lock_guard lock(mutex_);
    if (finishing_ || ended_) return ports::Pushed::over;
    if (second_) return push_to_second(samples);
    if (!first_) return ports::Pushed::full;  // between the two
    const ports::Pushed pushed = first_->push(samples);
    // The first has just failed: the second comes in a moment.
    if (pushed == ports::Pushed::over) return ports::Pushed::full;
    if (pushed == ports::Pushed::taken) kept_.append(samples);
    return pushed;
  }

  milliseconds recognised() const override {
    const std::lock_guard lock(mutex_);
    if (second_) return std::max(reached_, begins_ + second_->recognised());
    return first_ ? first_->recognised() : reached_;
  }

  void finish() override {
    const std::lock_guard lock(mutex_);
    if (std::exchange(finishing_, true) || ended_) return;
    if (second_) {
      if (waiting_.empty()) second_->finish();
    } else if (first_) {
      first_->finish();
    }
  }

 private:
  ports::RecogniserSink first_sink();
  ports::RecogniserSink second_sink();
  void heard_first(const transcript::Event& event);
  bool take_over(const Error& reason);
  ports::Pushed push_to_second(std::span<const std::int16_t> samples);
  void drain();

  // Constant after construction.
  StandbyRecogniser* const owner_;
  const Language language_;
  const ports::RecogniserSink sink_;

  mutable std::mutex mutex_;  // of all below
  KeptSound kept_;
  std::map<std::string, SessionTime> open_;  // results of the first without a final: their starts
  std::unique_ptr<ports::RecogniserStream> first_;
  std::unique_ptr<ports::RecogniserStream> second_;
  milliseconds begins_{0};             // where the second's sound begins
  milliseconds reached_{0};            // how far the first came
  std::vector<std::int16_t> waiting_;  // for room in the second's queue
  bool finishing_ = false;
  bool ended_ = false;
};

ports::RecogniserSink StandbyRecogniser::Stream::first_sink() {
  ports::RecogniserSink sink;
  sink.on_event = [this](transcript::Event event) {
    heard_first(event);
    sink_.on_event(std::move(event));
  };
  sink.on_progress = [this](milliseconds place) {
    {
      const std::lock_guard lock(mutex_);
      reached_ = std::max(reached_, place);
      if (open_.empty()) kept_.forget_before(place - lead_in);
    }
    if (sink_.on_progress) sink_.on_progress(place);
  };
  sink.on_end = [this](Result<> outcome) {
    if (!outcome && take_over(outcome.error())) return;
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    sink_.on_end(std::move(outcome));
  };
  return sink;
}

ports::RecogniserSink StandbyRecogniser::Stream::second_sink() {
  ports::RecogniserSink sink;
  sink.on_event = [this](transcript::Event event) {
    auto finals = moved_finals(event, begins_);
    if (!finals.empty()) sink_.on_event(std::move(finals));
  };
  sink.on_progress = [this](milliseconds place) {
    milliseconds reached{0};
    {
      const std::lock_guard lock(mutex_);
      reached = reached_ = std::max(reached_, begins_ + place);
      drain();
    }
    if (sink_.on_progress) sink_.on_progress(reached);
  };
  sink.on_end = [this](Result<> outcome) {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    sink_.on_end(std::move(outcome));
  };
  return sink;
}

void StandbyRecogniser::Stream::heard_first(const transcript::Event& event) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < event.size(); ++i) {
    const transcript::RecognitionResult result = event[i];
    if (result.is_partial) {
      if (open_.size() < most_open) open_.emplace(result.id, result.start);
      continue;
    }
    open_.erase(std::string(result.id));
    // A hypothesis may have reached further than its final's words, into what comes next.
    const SessionTime said_to = result.items.empty() ? result.end : result.items.back().end;
    kept_.forget_before(said_to.time_since_epoch());
  }
}

// Called on the first's thread, within its last call, or before it began.
bool StandbyRecogniser::Stream::take_over(const Error& reason) {
  auto second = owner_->second_->open(language_, second_sink());
  if (!second) return false;
  if (owner_->on_takeover_) owner_->on_takeover_(reason);
  const std::lock_guard lock(mutex_);
  // What the first has begun to say begins there, and not in the quiet before.
  SessionTime start = SessionTime::max();
  for (const auto& [id, begins] : open_) start = std::min(start, begins);
  if (!open_.empty()) kept_.forget_before(start.time_since_epoch());
  begins_ = kept_.begins();
  waiting_ = kept_.take();
  second_ = std::move(*second);
  drain();
  return true;
}

ports::Pushed StandbyRecogniser::Stream::push_to_second(std::span<const std::int16_t> samples) {
  drain();
  return waiting_.empty() ? second_->push(samples) : ports::Pushed::full;
}

// Gives the second what waits for it, as far as its queue has room.
void StandbyRecogniser::Stream::drain() {
  if (waiting_.empty() || !second_) {
    if (finishing_ && second_) second_->finish();
    return;
  }
  std::size_t given = 0;
  while (given < waiting_.size()) {
    const auto next = std::span(waiting_).subspan(given, std::min(piece, waiting_.size() - given));
    if (second_->push(next) != ports::Pushed::taken) break;
    given += next.size();
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(given));
  if (waiting_.empty() && finishing_) second_->finish();
}

StandbyRecogniser::StandbyRecogniser(std::unique_ptr<ports::Recogniser> first,
                                     std::unique_ptr<ports::Recogniser> second,
                                     OnTakeover on_takeover)
    : first_(std::move(first)), second_(std::move(second)), on_takeover_(std::move(on_takeover)) {}

std::vector<Language> StandbyRecogniser::languages() const { return first_->languages(); }

Result<std::unique_ptr<ports::RecogniserStream>> StandbyRecogniser::open(
    const Language& language, ports::RecogniserSink sink) {
  auto stream = std::make_unique<Stream>(*this, language, std::move(sink));
  if (auto begun = stream->begin(); !begun) return tl::unexpected(begun.error());
  return stream;
}

std::optional<transcript::StabilityCalibration> StandbyRecogniser::calibration(
    const Language& language) const {
  return first_->calibration(language);
}

}  // namespace sotto::providers::standby
