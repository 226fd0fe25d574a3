#include "composition/record_events.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/sample_clock.hpp"

namespace sotto::composition {

namespace {

constexpr std::size_t chunk = samples_in(milliseconds{100});

// What the recogniser's threads say, and a way to wait for it.
class Notes {
 public:
  explicit Notes(SessionId session) : session_(std::move(session)) {}

  ports::RecogniserSink sink() {
    ports::RecogniserSink sink;
    sink.on_event = [this](transcript::Event event) {
      const std::lock_guard lock(mutex_);
      events_.push_back({session_, SessionTime{given_}, std::move(event)});
    };
    sink.on_progress = [this](milliseconds place) {
      const std::lock_guard lock(mutex_);
      recognised_ = place;
      changed_.notify_all();
    };
    sink.on_end = [this](Result<> outcome) {
      const std::lock_guard lock(mutex_);
      outcome_ = std::move(outcome);
      changed_.notify_all();
    };
    return sink;
  }

  void give(milliseconds given) {
    const std::lock_guard lock(mutex_);
    given_ = given;
  }
  // Until all that was given is recognised, or the recogniser gave up.
  Result<> wait_for_progress(milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, patience, [&] { return recognised_ >= given_ || outcome_; }))
      return {};
    return late(patience);
  }
  Result<> wait_for_end(milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, patience, [&] { return outcome_.has_value(); })) return *outcome_;
    return late(patience);
  }
  std::vector<replay::RecordedEvent> take() { return std::move(events_); }

 private:
  Result<> late(milliseconds patience) const {
    return fail(
        ErrorCode::deadline_exceeded,
        "the recogniser has said nothing for " +
            std::to_string(std::chrono::duration_cast<std::chrono::seconds>(patience).count()) +
            " s; it is stuck at " + std::to_string(recognised_.count()) + " ms");
  }

  const SessionId session_;
  std::mutex mutex_;
  std::condition_variable changed_;
  milliseconds given_{0}, recognised_{0};
  std::optional<Result<>> outcome_;
  std::vector<replay::RecordedEvent> events_;
};

}  // namespace

Result<std::vector<replay::RecordedEvent>> record_events(ports::Recogniser& recogniser,
                                                         const Language& language,
                                                         const SessionId& session,
                                                         std::span<const std::int16_t> samples,
                                                         milliseconds patience) {
  Notes notes(session);
  auto stream = recogniser.open(language, notes.sink());
  if (!stream) return tl::unexpected(stream.error());
  ports::Pushed pushed = ports::Pushed::taken;
  for (std::size_t at = 0; at < samples.size() && pushed == ports::Pushed::taken; at += chunk) {
    const auto piece = samples.subspan(at, std::min(chunk, samples.size() - at));
    notes.give(length_of(at + piece.size()));
    pushed = (*stream)->push(piece);
    if (pushed == ports::Pushed::full)
      return fail(ErrorCode::internal, "the recogniser is not behind and takes no 100 ms of audio");
    if (pushed == ports::Pushed::over || piece.size() < chunk) continue;  // its end follows
    if (auto reached = notes.wait_for_progress(patience); !reached)
      return tl::unexpected(reached.error());
  }
  (*stream)->finish();
  if (const auto outcome = notes.wait_for_end(patience); !outcome)
    return tl::unexpected(outcome.error());
  if (pushed == ports::Pushed::over)
    return fail(ErrorCode::unavailable, "the recogniser ended before the talk did");
  stream->reset();
  return notes.take();
}

}  // namespace sotto::composition
