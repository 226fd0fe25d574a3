#include "server/sessions/recogniser_shares.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "audio/speech_meter.hpp"
#include "base/sample_clock.hpp"
#include "server/sessions/recogniser_pool.hpp"

namespace sotto::server {

namespace {

using ports::Pushed;
using Pool = RecogniserShares::Pool;

// What is heard while there is no recogniser: the beginning of what is said is in it.
constexpr std::size_t most_held = sample_rate;

std::string prefix_of(std::size_t leg) {
  return leg <= 1 ? std::string() : "r" + std::to_string(leg) + "-";
}

// A result of one recogniser, in the time of the stream.
transcript::Event in_stream(transcript::Event event, std::size_t leg, milliseconds begins) {
  const std::string prefix = prefix_of(leg);
  if (prefix.empty() && begins == milliseconds{0}) return event;
  transcript::Event moved;
  for (std::size_t i = 0; i < event.size(); ++i) {
    const transcript::RecognitionResult result = event[i];
    const std::string id = prefix + std::string(result.id);
    moved.begin_result({.id = id,
                        .channel = result.channel,
                        .transcript = result.transcript,
                        .start = result.start + begins,
                        .end = result.end + begins,
                        .is_partial = result.is_partial});
    for (transcript::Item item : result.items) {
      item.start += begins;
      item.end += begins;
      moved.add_item(item);
    }
  }
  return moved;
}

bool has_words(const transcript::Event& event) {
  for (std::size_t i = 0; i < event.size(); ++i)
    if (!event[i].transcript.empty()) return true;
  return false;
}

// A stream's one recogniser after the other. It lives as long as one of them does.
class Legs : public std::enable_shared_from_this<Legs> {
 public:
  Legs(std::shared_ptr<Pool> pool, ports::Recogniser* recogniser, Claimant claimant,
       Language language, ports::RecogniserSink sink)
      : pool_(std::move(pool)),
        recogniser_(recogniser),
        language_(std::move(language)),
        claim_(std::make_shared<RecogniserClaim>(std::move(claimant))),
        sink_(std::move(sink)) {}

  void begin() {
    claim_->rest = [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->rest();
    };
  }

  Pushed push(std::span<const std::int16_t> samples) {
    const std::lock_guard pushing(push_mutex_);
    if (const auto stream = current()) {
      const Pushed pushed = stream->push(samples);
      if (pushed == Pushed::taken) return taken(samples.size());
      if (pushed == Pushed::full) return pushed;
    }
    return at_rest() ? wake(samples) : Pushed::over;
  }

  milliseconds recognised() const {
    const std::lock_guard lock(state_mutex_);
    return stream_ ? begins_ + stream_->recognised() : length_of(pushed_);
  }

  void finish() {
    std::shared_ptr<ports::RecogniserStream> stream;
    {
      const std::lock_guard lock(state_mutex_);
      if (std::exchange(over_, true)) return;
      if (resting_ && !drained_) return;  // its end is passed on
      if (!resting_) stream = stream_;
    }
    if (stream) return stream->finish();
    end({});
  }

  // No call of the sink after this.
  void close() {
    {
      const std::lock_guard calling(sink_mutex_);
      closed_ = true;
    }
    std::shared_ptr<ports::RecogniserStream> stream;
    {
      const std::lock_guard lock(state_mutex_);
      over_ = true;
      stream = std::exchange(stream_, nullptr);
    }
    stream.reset();
    pool_->release(claim_);
  }

 private:
  std::shared_ptr<ports::RecogniserStream> current() const {
    const std::lock_guard lock(state_mutex_);
    return resting_ || over_ ? nullptr : stream_;
  }

  bool at_rest() const {
    const std::lock_guard lock(state_mutex_);
    return !over_ && (resting_ || !stream_);
  }

  Pushed taken(std::size_t samples) {
    claim_->heard = pool_->now().time_since_epoch().count();
    const std::lock_guard lock(state_mutex_);
    pushed_ += samples;
    return Pushed::taken;
  }

  // Audio without a recogniser: the first takes one, and after a rest somebody who speaks does.
  // Silence after a rest takes one that is free.
  Pushed wake(std::span<const std::int16_t> samples) {
    if (leg_ > 0 && meter_.take(samples)) wanted_ = true;
    const bool need = leg_ == 0 || wanted_;
    if (!drained() || !pool_->take(claim_, need)) return need ? Pushed::busy : hold(samples);
    if (const auto opened = open(); !opened) {
      pool_->release(claim_);
      if (opened.error().code != ErrorCode::resource_exhausted) {
        end(tl::unexpected(opened.error()));
        return Pushed::over;
      }
      return need ? Pushed::busy : hold(samples);
    }
    const auto stream = current();
    if (!stream) return Pushed::busy;  // given away again already
    const std::vector<std::int16_t> before(held_.begin(), held_.end());
    held_.clear();
    wanted_ = false;
    if (!before.empty()) (void)stream->push(before);  // a new stream has room
    const Pushed pushed = stream->push(samples);
    return pushed == Pushed::taken ? taken(samples.size()) : Pushed::full;
  }

  // The last recogniser has said all that it had to say, or there was none.
  bool drained() {
    std::shared_ptr<ports::RecogniserStream> last;
    const std::lock_guard lock(state_mutex_);
    if (!resting_) return true;
    if (!drained_) return false;
    last = std::exchange(stream_, nullptr);  // not within a call of its sink
    resting_ = drained_ = false;
    return true;
  }

  Pushed hold(std::span<const std::int16_t> samples) {
    held_.insert(held_.end(), samples.begin(), samples.end());
    if (held_.size() > most_held)
      held_.erase(held_.begin(), held_.end() - static_cast<std::ptrdiff_t>(most_held));
    (void)taken(samples.size());
    call([this] { sink_.on_progress(recognised()); });
    return Pushed::taken;
  }

  Result<> open() {
    const std::size_t leg = ++leg_;
    const milliseconds begins = length_of(pushed_ - held_.size());
    ports::RecogniserSink sink;
    const std::weak_ptr<Legs> weak = weak_from_this();
    sink.on_event = [weak, leg, begins](transcript::Event event) {
      if (const auto self = weak.lock()) self->on_event(std::move(event), leg, begins);
    };
    sink.on_progress = [weak, begins](milliseconds place) {
      if (const auto self = weak.lock())
        self->call([&] { self->sink_.on_progress(begins + place); });
    };
    sink.on_end = [weak](Result<> outcome) {
      if (const auto self = weak.lock()) self->on_end(std::move(outcome));
    };
    auto opened = recogniser_->open(language_, std::move(sink));
    if (!opened) {
      --leg_;
      return tl::unexpected(opened.error());
    }
    std::shared_ptr<ports::RecogniserStream> stream = std::move(*opened);
    const std::lock_guard lock(state_mutex_);
    begins_ = begins;
    stream_ = std::move(stream);
    return {};
  }

  void on_event(transcript::Event event, std::size_t leg, milliseconds begins) {
    if (has_words(event)) claim_->understood = pool_->now().time_since_epoch().count();
    call([&] { sink_.on_event(in_stream(std::move(event), leg, begins)); });
  }

  void on_end(Result<> outcome) {
    {
      const std::lock_guard lock(state_mutex_);
      drained_ = true;
      if (resting_ && !over_) return;
      over_ = true;
    }
    end(std::move(outcome));
  }

  // Another session has its recogniser now.
  void rest() {
    std::shared_ptr<ports::RecogniserStream> stream;
    {
      const std::lock_guard lock(state_mutex_);
      if (over_ || !stream_) return;
      resting_ = true;
      stream = stream_;
    }
    stream->finish();
  }

  void end(Result<> outcome) {
    {
      const std::lock_guard lock(state_mutex_);
      over_ = true;
    }
    pool_->release(claim_);
    call([&] {
      if (!std::exchange(ended_, true)) sink_.on_end(std::move(outcome));
    });
  }

  template <class Call>
  void call(Call make) {
    const std::lock_guard calling(sink_mutex_);
    if (!closed_) make();
  }

  // constant after construction
  const std::shared_ptr<Pool> pool_;
  ports::Recogniser* const recogniser_;
  const Language language_;
  const std::shared_ptr<RecogniserClaim> claim_;
  const ports::RecogniserSink sink_;

  // of one push() at a time
  std::mutex push_mutex_;
  audio::SpeechMeter meter_{
      // by loudness: it misses nobody who speaks
      audio::VoiceActivity(audio::Aggressiveness::low, audio::VoiceActivity::Method::energy)};
  std::deque<std::int16_t> held_;  ///< the last audio without a recogniser
  bool wanted_ = false;            ///< somebody speaks, and there is none
  std::size_t leg_ = 0;            ///< recognisers so far

  mutable std::mutex state_mutex_;  ///< guards:
  std::shared_ptr<ports::RecogniserStream> stream_;
  milliseconds begins_{0};    ///< where its audio begins
  std::uint64_t pushed_ = 0;  ///< samples
  bool resting_ = false;      ///< the stream's recogniser was given away
  bool drained_ = false;      ///< and has said all
  bool over_ = false;

  std::mutex sink_mutex_;  ///< one call of the sink at a time; guards:
  bool closed_ = false, ended_ = false;
};

class SharedStream : public ports::RecogniserStream {
 public:
  explicit SharedStream(std::shared_ptr<Legs> legs) : legs_(std::move(legs)) {}
  ~SharedStream() override { legs_->close(); }

  Pushed push(std::span<const std::int16_t> samples) override { return legs_->push(samples); }
  milliseconds recognised() const override { return legs_->recognised(); }
  void finish() override { legs_->finish(); }

 private:
  const std::shared_ptr<Legs> legs_;
};

}  // namespace

RecogniserShares::RecogniserShares(SharesConfig config, ports::Recogniser* recogniser)
    : pool_(std::make_shared<Pool>(std::move(config))), recogniser_(recogniser) {}

RecogniserShares::~RecogniserShares() = default;

Result<std::unique_ptr<ports::RecogniserStream>> RecogniserShares::open(
    Claimant claimant, const Language& language, ports::RecogniserSink sink) {
  const auto known = recogniser_->languages();
  if (std::find(known.begin(), known.end(), language) == known.end())
    return fail(ErrorCode::not_found, "no recogniser here hears \"" + language.str() + '"',
                "language");
  const auto legs =
      std::make_shared<Legs>(pool_, recogniser_, std::move(claimant), language, std::move(sink));
  legs->begin();
  return std::make_unique<SharedStream>(legs);
}

RecogniserShares::Use RecogniserShares::use() const { return {pool_->live(), pool_->most()}; }

}  // namespace sotto::server
