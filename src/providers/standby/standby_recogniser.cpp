#include "providers/standby/standby_recogniser.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

#include "base/sample_clock.hpp"
#include "providers/standby/kept_sound.hpp"

namespace sotto::providers::standby {
namespace {

// Before a result begins its recogniser was hearing: so much sound before the place that it has
// come to is kept, where nothing is open.
constexpr milliseconds lead_in{2'000};
constexpr std::size_t piece = 1600;
constexpr std::size_t most_open = 64;  // results of a recogniser that never ends them

enum class Who : std::uint8_t { first, second };

// A stretch of a talk that one of the two recognises.
struct Leg {
  std::size_t number = 0;  // from 1 on; 0: nobody has begun
  Who who = Who::first;
  std::string prefix;      // of its results' ids
  milliseconds begins{0};  // where its sound begins in the talk
  std::unique_ptr<ports::RecogniserStream> stream;
};

// Where what comes after a final begins. A hypothesis may have reached further than its final's
// words, into that. Where quiet follows a word of the second, the place is within the quiet: the
// first would hear the rest of a word that ends a little later than it is said to.
SessionTime said_to(const transcript::RecognitionResult& final, Who who) {
  if (final.items.empty()) return final.end;
  const SessionTime end = final.items.back().end;
  if (who == Who::first) return end;
  return end + std::clamp((final.end - end) / 2, milliseconds{0}, milliseconds{200});
}

// What is passed on of `event`: of the second finals alone; as of the talk, not of the leg.
transcript::Event in_talk(transcript::Event event, const Leg& leg) {
  if (leg.prefix.empty()) return event;
  transcript::Event moved;
  for (std::size_t i = 0; i < event.size(); ++i) {
    const transcript::RecognitionResult result = event[i];
    if (result.is_partial && leg.who == Who::second) continue;
    const std::string id = leg.prefix + std::string(result.id);
    moved.begin_result({.id = id,
                        .channel = result.channel,
                        .transcript = result.transcript,
                        .start = result.start + leg.begins,
                        .end = result.end + leg.begins,
                        .is_partial = result.is_partial});
    for (transcript::Item item : result.items) {
      item.start += leg.begins;
      item.end += leg.begins;
      moved.add_item(item);
    }
  }
  return moved;
}

}  // namespace

// Only the current leg is listened to, and only its thread changes it, within a call of its sink:
// so the calls of this stream's own sink come one at a time, in order.
class StandbyRecogniser::Stream : public ports::RecogniserStream {
 public:
  Stream(StandbyRecogniser& owner, Language language, ports::RecogniserSink sink)
      : owner_(&owner), language_(std::move(language)), sink_(std::move(sink)) {}

  ~Stream() override;

  Result<> begin() {
    auto begun = change_to(Who::first, {});
    if (begun) return begun;
    const ErrorCode code = begun.error().code;
    if (code == ErrorCode::resource_exhausted || code == ErrorCode::not_found) return begun;
    if (!take_over(begun.error())) return begun;
    return {};
  }

  ports::Pushed push(std::span<const std::int16_t> samples) override;
  milliseconds recognised() const override;
  void finish() override;

 private:
  ports::RecogniserSink sink_of(std::size_t leg);
  void on_event(std::size_t leg, transcript::Event event);
  void on_progress(std::size_t leg, milliseconds place);
  void on_end(std::size_t leg, Result<> outcome);

  bool take_over(const Error& reason);
  void give_back();
  Result<> change_to(Who who, const std::function<void()>& notice);

  // With mutex_ held.
  void note(const transcript::Event& event);
  bool is_due_back(const transcript::Event& event) const;
  void begin_leg(std::size_t number, Who who, std::unique_ptr<ports::RecogniserStream> stream);
  void drain();

  // Constant after construction.
  StandbyRecogniser* const owner_;
  const Language language_;
  const ports::RecogniserSink sink_;

  mutable std::mutex mutex_;  // of all below
  KeptSound kept_;
  std::map<std::string, SessionTime> open_;  // results of the leg without a final: their starts
  Leg leg_;
  std::unique_ptr<ports::RecogniserStream> left_;  // the leg's before; says nothing any more
  std::size_t legs_ = 0, takeovers_ = 0, returns_ = 0;
  std::size_t coming_ = 0;              // the leg that is being opened
  std::optional<Error> coming_failed_;  // ... and had ended before it began
  bool changing_ = false;
  milliseconds reached_{0};            // how far the talk was recognised
  std::uint64_t taken_ = 0;            // samples
  std::vector<std::int16_t> waiting_;  // for room in the leg's queue
  milliseconds pause_{0};              // for recovery from the last failure of the first
  milliseconds due_back_{0};           // the place from which the first is tried again
  bool finishing_ = false;
  bool ended_ = false;
  bool closing_ = false;
};

// A change that is under way is made by a call of the leg's stream, whose end waits for it.
StandbyRecogniser::Stream::~Stream() {
  std::unique_ptr<ports::RecogniserStream> current, left;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    current = std::move(leg_.stream);
    left = std::move(left_);
  }
  current.reset();
  left.reset();
}

ports::Pushed StandbyRecogniser::Stream::push(std::span<const std::int16_t> samples) {
  const std::lock_guard lock(mutex_);
  if (finishing_ || ended_) return ports::Pushed::over;
  if (changing_ || !leg_.stream) return ports::Pushed::full;
  drain();
  if (!waiting_.empty()) return ports::Pushed::full;
  const ports::Pushed pushed = leg_.stream->push(samples);
  // The first has just failed: the second comes in a moment.
  if (pushed == ports::Pushed::over && leg_.who == Who::first) return ports::Pushed::full;
  if (pushed == ports::Pushed::taken) {
    kept_.append(samples);
    taken_ += samples.size();
  }
  return pushed;
}

milliseconds StandbyRecogniser::Stream::recognised() const {
  const std::lock_guard lock(mutex_);
  if (!leg_.stream) return reached_;
  return std::max(reached_, leg_.begins + leg_.stream->recognised());
}

void StandbyRecogniser::Stream::finish() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(finishing_, true) || ended_ || changing_) return;
  drain();
}

ports::RecogniserSink StandbyRecogniser::Stream::sink_of(std::size_t leg) {
  ports::RecogniserSink sink;
  sink.on_event = [this, leg](transcript::Event event) { on_event(leg, std::move(event)); };
  sink.on_progress = [this, leg](milliseconds place) { on_progress(leg, place); };
  sink.on_end = [this, leg](Result<> outcome) { on_end(leg, std::move(outcome)); };
  return sink;
}

void StandbyRecogniser::Stream::on_event(std::size_t leg, transcript::Event event) {
  bool is_due = false;
  {
    const std::lock_guard lock(mutex_);
    if (leg != leg_.number) return;
    note(event);
    is_due = is_due_back(event);
    event = in_talk(std::move(event), leg_);
  }
  if (!event.empty()) sink_.on_event(std::move(event));
  if (is_due) give_back();
}

void StandbyRecogniser::Stream::on_progress(std::size_t leg, milliseconds place) {
  milliseconds reached{0};
  {
    const std::lock_guard lock(mutex_);
    if (leg != leg_.number) return;
    reached = reached_ = std::max(reached_, leg_.begins + place);
    if (open_.empty()) kept_.forget_before(leg_.begins + place - lead_in);
    drain();
  }
  if (sink_.on_progress) sink_.on_progress(reached);
}

void StandbyRecogniser::Stream::on_end(std::size_t leg, Result<> outcome) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (leg == coming_)
      coming_failed_ = outcome ? Error{ErrorCode::internal, "the recogniser ended at once", {}}
                               : outcome.error();
    if (leg != leg_.number) return;
    is_first = leg_.who == Who::first;
  }
  if (!outcome && is_first && take_over(outcome.error())) return;
  {
    const std::lock_guard lock(mutex_);
    if (closing_) return;
    ended_ = true;
  }
  sink_.on_end(std::move(outcome));
}

bool StandbyRecogniser::Stream::take_over(const Error& reason) {
  const auto& told = owner_->notices_.on_takeover;
  return change_to(Who::second,
                   [&] {
                     if (told) told(reason);
                   })
      .has_value();
}

void StandbyRecogniser::Stream::give_back() {
  const auto& told = owner_->notices_.on_return;
  if (change_to(Who::first, [&] {
        if (told) told();
      }))
    return;
  const std::lock_guard lock(mutex_);
  due_back_ = kept_.begins() + pause_;
}

// Opens a stream of `who` and goes on with it from where there is no final; tells `notice` before
// that hears anything. Called within a call of the leg's stream, or before there is one. Error: it
// does not open; all is as it was.
Result<> StandbyRecogniser::Stream::change_to(Who who, const std::function<void()>& notice) {
  std::unique_ptr<ports::RecogniserStream> left;
  std::size_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    changing_ = true;
    number = coming_ = ++legs_;
    coming_failed_.reset();
    left = std::move(left_);
  }
  left.reset();  // gives its recogniser room for one more
  auto& recogniser = who == Who::first ? owner_->first_ : owner_->second_;
  auto stream = recogniser->open(language_, sink_of(number));
  std::optional<Error> failed;
  {
    const std::lock_guard lock(mutex_);
    coming_ = 0;
    failed = stream ? coming_failed_ : stream.error();
    if (!failed && closing_) failed = Error{ErrorCode::internal, "the stream is closed", {}};
    if (!failed) {
      begin_leg(number, who, std::move(*stream));
    } else {
      changing_ = false;
      drain();
    }
  }
  if (failed) return tl::unexpected(std::move(*failed));
  if (notice) notice();
  const std::lock_guard lock(mutex_);
  changing_ = false;
  drain();
  return {};
}

void StandbyRecogniser::Stream::begin_leg(std::size_t number, Who who,
                                          std::unique_ptr<ports::RecogniserStream> stream) {
  // What was begun to be said begins there, and not in the quiet before.
  SessionTime start = SessionTime::max();
  for (const auto& [id, begins] : open_) start = std::min(start, begins);
  if (!open_.empty()) kept_.forget_before(start.time_since_epoch());
  open_.clear();
  std::string prefix;
  if (who == Who::second) {
    prefix = ++takeovers_ == 1 ? "standby-" : "standby-" + std::to_string(takeovers_) + "-";
    const Recovery& recovery = owner_->recovery_;
    pause_ = std::min(takeovers_ == 1 ? recovery.pause : 2 * pause_, recovery.longest_pause);
    due_back_ = length_of(taken_) + pause_;
  } else if (takeovers_ > 0) {
    prefix = "again-" + std::to_string(++returns_) + "-";
  }
  left_ = std::move(leg_.stream);
  if (left_) left_->finish();  // it gives back what it uses
  leg_ = {number, who, std::move(prefix), kept_.begins(), std::move(stream)};
  waiting_ = kept_.all();
}

// Keeps account of what the leg has said and what it has not.
void StandbyRecogniser::Stream::note(const transcript::Event& event) {
  for (std::size_t i = 0; i < event.size(); ++i) {
    const transcript::RecognitionResult result = event[i];
    if (result.is_partial) {
      if (open_.size() < most_open) open_.emplace(result.id, result.start + leg_.begins);
      continue;
    }
    open_.erase(std::string(result.id));
    kept_.forget_before(leg_.begins + said_to(result, leg_.who).time_since_epoch());
  }
}

// Whether `event`, the second's, ends what it was saying, at a place where the first is due.
bool StandbyRecogniser::Stream::is_due_back(const transcript::Event& event) const {
  if (leg_.who != Who::second || finishing_ || closing_ || event.empty()) return false;
  return !event[event.size() - 1].is_partial && open_.empty() && kept_.begins() >= due_back_;
}

// Gives the leg what waits for it, as far as its queue has room.
void StandbyRecogniser::Stream::drain() {
  if (!leg_.stream) return;
  std::size_t given = 0;
  while (given < waiting_.size()) {
    const auto next = std::span(waiting_).subspan(given, std::min(piece, waiting_.size() - given));
    if (leg_.stream->push(next) != ports::Pushed::taken) break;
    given += next.size();
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(given));
  if (waiting_.empty() && finishing_) leg_.stream->finish();
}

StandbyRecogniser::StandbyRecogniser(std::unique_ptr<ports::Recogniser> first,
                                     std::unique_ptr<ports::Recogniser> second, Notices notices,
                                     Recovery recovery)
    : first_(std::move(first)),
      second_(std::move(second)),
      notices_(std::move(notices)),
      recovery_(recovery) {}

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
