#include "pipeline/session.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "base/overloaded.hpp"

namespace sotto::pipeline {

namespace asio = boost::asio;

namespace {

constexpr int sample_rate = 16'000;

milliseconds length_of(std::uint64_t samples) {
  return milliseconds{static_cast<milliseconds::rep>(samples * 1000 / sample_rate)};
}

}  // namespace

Result<std::shared_ptr<Session>> Session::start(SessionConfig config, SessionParts parts,
                                                SessionObserver observer) {
  config.engine.calibration = parts.recogniser->calibration(config.language);
  auto engine = engine::Engine::create(config.engine);
  if (!engine) return tl::unexpected(engine.error());
  std::shared_ptr<Session> session(
      new Session(std::move(config), std::move(parts), std::move(observer), std::move(*engine)));
  *session->self_ = session;
  if (auto opened = session->open_recogniser(); !opened) return tl::unexpected(opened.error());
  return session;
}

Session::Session(SessionConfig config, SessionParts parts, SessionObserver observer,
                 engine::Engine engine)
    : config_(std::move(config)),
      parts_(std::move(parts)),
      observer_(std::move(observer)),
      strand_(asio::make_strand(parts_.executor)),
      timekeeper_(parts_.timekeeper(strand_)),
      engine_(std::move(engine)),
      audience_(config_.language, config_.max_listeners, audience_parts(), audience_events()) {
  status_.mode = config_.engine.mode;
  if (config_.shadow) shadow_.emplace(config_.engine);
  for (const SettledSegment& segment : config_.settled) {
    log_.add(segment);
    last_seq_ = std::max(last_seq_, segment.seq);
    segments_before_ = std::max(segments_before_, static_cast<std::uint32_t>(segment.id));
    time_before_ = std::max(time_before_, segment.end.time_since_epoch());
  }
}

Session::~Session() {
  stream_.reset();  // first: its sink uses the rest
  timekeeper_->cancel();
}

// The sink never owns the session, not even for a moment: the recogniser's thread must not be the
// one that destroys it, since that waits for the sink.
Result<> Session::open_recogniser() {
  const std::weak_ptr<Session> weak = weak_from_this();
  const auto later = [weak, strand = strand_](auto work) {
    asio::post(strand, [weak, work = std::move(work)] {
      if (const auto self = weak.lock()) work(*self);
    });
  };
  ports::RecogniserSink sink;
  sink.on_event = [later, inbox = inbox_,
                   on_dropped = observer_.on_dropped](transcript::Event event) {
    const EventInbox::Pushed pushed = inbox->push(std::move(event));
    if (pushed.dropped && on_dropped) on_dropped();
    if (pushed.was_empty) later([](Session& self) { self.take_events(); });
  };
  sink.on_progress = [later](milliseconds place) {
    later([place](Session& self) { self.recognised(place); });
  };
  sink.on_end = [later](Result<> outcome) {
    later([outcome = std::move(outcome)](Session& self) { self.recogniser_ended(outcome); });
  };
  auto stream = parts_.recogniser->open(config_.language, std::move(sink));
  if (!stream) return tl::unexpected(stream.error());
  stream_ = std::move(*stream);
  return {};
}

milliseconds Session::pushed() const { return length_of(samples_pushed_.load()); }

// Whoever speaks while no result comes should not wait for a recogniser that has died. What the
// recogniser refuses counts too.
void Session::listen_for_speech(std::span<const std::int16_t> samples) {
  {
    const std::lock_guard lock(speech_mutex_);
    if (!speech_.take(samples)) return;
  }
  asio::post(strand_, [self = shared_from_this()] {
    if (self->state_.load() != SessionState::ended) self->step(engine::SpeechDetected{});
  });
}

ports::Pushed Session::push_audio(std::span<const std::int16_t> samples) {
  listen_for_speech(samples);
  if (const auto pushed = stream_->push(samples); pushed != ports::Pushed::taken) return pushed;
  const std::uint64_t total = samples_pushed_.fetch_add(samples.size()) + samples.size();
  captured_.note(SessionTime{length_of(total)}, timekeeper_->now());
  SessionState waiting = SessionState::waiting;
  if (state_.compare_exchange_strong(waiting, SessionState::live))
    on_strand([](Session& self) { self.audience_.tell(SessionState::live); });
  return ports::Pushed::taken;
}

void Session::finish() { stream_->finish(); }

void Session::set_mode(engine::Mode mode, std::function<void()> done) {
  on_strand([mode, done = std::move(done)](Session& self) {
    if (self.state_.load() != SessionState::ended) {
      if (self.observer_.on_mode) self.observer_.on_mode(mode, self.timekeeper_->now());
      self.note_mode(mode);
      self.step(engine::ModeChange{mode});
    }
    if (done) done();
  });
}

void Session::set_paused(bool paused) {
  on_strand([paused](Session& self) {
    SessionState from = paused ? SessionState::live : SessionState::paused;
    const SessionState to = paused ? SessionState::paused : SessionState::live;
    if (self.state_.compare_exchange_strong(from, to)) self.audience_.tell(to);
  });
}

void Session::take_events() {
  for (const transcript::Event& event : inbox_->take()) {
    const SessionTime now = timekeeper_->now();
    if (observer_.on_event) observer_.on_event(event, now);
    step(engine::Heard{&event});
    meter_.heard(event, captured_);
  }
}

void Session::step(const engine::Event& event) {
  const SessionTime now = timekeeper_->now();
  commands_.clear();
  engine_.step(event, now, commands_);
  for (const engine::Command& command : commands_) {
    if (observer_.on_command) observer_.on_command(command, now);
    carry_out(command);
  }
  if (observer_.on_step) {
    const auto* heard = std::get_if<engine::Heard>(&event);
    observer_.on_step(heard ? heard->event : nullptr, commands_, now, captured_);
  }
  if (shadow_) {
    shadow_->note(commands_, now, captured_);
    shadow_->step(event, now, captured_);
  }
  arm_timer();
}

// One alarm for both engines, at whichever's time comes first.
void Session::arm_timer() {
  std::optional<SessionTime> next = engine_.next_tick();
  const auto shadows = shadow_ ? shadow_->next_tick() : std::nullopt;
  if (shadows && (!next || *shadows < *next)) next = shadows;
  if (!next) return timekeeper_->cancel();
  timekeeper_->wake_at(*next, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) asio::dispatch(self->strand_, [self] { self->tick(); });
  });
}

// The session's engine hears of no time but its own: it does the same with a shadow and without.
void Session::tick() {
  const SessionTime now = timekeeper_->now();
  const std::optional<SessionTime> due = engine_.next_tick();
  if (due && *due <= now) return step(engine::Tick{});
  if (shadow_) shadow_->step(engine::Tick{}, now, captured_);
  arm_timer();
}

void Session::carry_out(const engine::Command& command) {
  std::visit(Overloaded{[&](const engine::ShowCaption& caption) { show(caption); },
                        [&](engine::Speak piece) {
                          piece.segment = engine::SegmentId{
                              segments_before_ + static_cast<std::uint32_t>(piece.segment)};
                          piece.start += time_before_;
                          piece.end += time_before_;
                          audience_.speak(piece);
                        },
                        [&](const engine::Notice& notice) { noticed(notice); }},
             command);
}

// Segments and times go on where an earlier run of the session ended.
void Session::show(engine::ShowCaption caption) {
  meter_.source_shown(caption);
  caption.segment =
      engine::SegmentId{segments_before_ + static_cast<std::uint32_t>(caption.segment)};
  caption.start += time_before_;
  caption.end += time_before_;
  if (caption.state == engine::ShowCaption::State::open)
    audience_.show(caption, log_.seq());
  else
    settle(caption);
}

// What listeners may count on is on the disk before they see it.
void Session::settle(const engine::ShowCaption& caption) {
  SettledSegment segment{++last_seq_, caption.segment, std::string(caption.text), caption.start,
                         caption.end};
  ++unsettled_;
  if (!parts_.store) return settled(std::move(segment), {});
  ports::StoredCaption stored{segment.seq,      static_cast<std::uint32_t>(segment.id),
                              config_.language, segment.text,
                              segment.start,    segment.end};
  parts_.store->append(
      config_.id, std::move(stored),
      [weak = weak_from_this(), segment = std::move(segment)](Result<> kept) {
        if (const auto self = weak.lock())
          self->on_strand([segment, kept](Session& session) { session.settled(segment, kept); });
      });
}

void Session::settled(SettledSegment segment, const Result<>& kept) {
  --unsettled_;
  if (!kept && observer_.on_not_kept) observer_.on_not_kept(kept.error());
  log_.add(segment);
  audience_.settle(segment);
  end_if_done();
}

void Session::noticed(const engine::Notice& notice) {
  meter_.noticed(notice);
  if (notice.kind == engine::Notice::Kind::fallback) note_mode(engine::Mode::final_only);
  if (notice.kind == engine::Notice::Kind::recover) note_mode(engine::Mode::partial);
}

void Session::recognised(milliseconds place) {
  recognised_ = place;
  const milliseconds lag = captured_.end().time_since_epoch() - place;
  meter_.recognised(lag);
  lag_.add(place, lag);
  note_lag(lag_.longest());
  check_idle();
}

void Session::recogniser_ended(Result<> outcome) {
  take_events();
  outcome_ = std::move(outcome);
  step(engine::EndOfAudio{});
  recogniser_ended_ =
      true;  // after what that says: whatever is settled asks whether it was the last
  end_if_done();
}

void Session::end_if_done() {
  if (!recogniser_ended_ || unsettled_ > 0 || !audience_.idle() ||
      state_.exchange(SessionState::ended) == SessionState::ended)
    return;
  timekeeper_->cancel();
  if (observer_.on_ended) observer_.on_ended(figures_now(), outcome_, pushed(), timekeeper_->now());
  audience_.tell(SessionState::ended);
  check_idle();
}

void Session::when_idle(std::function<void()> handler) {
  on_strand([handler = std::move(handler)](Session& self) {
    self.idle_handlers_.push_back(handler);
    self.check_idle();
  });
}

void Session::check_idle() {
  if (idle_handlers_.empty()) return;
  const bool heard_all = recognised_ >= pushed();
  const bool idle = heard_all && unsettled_ == 0 && audience_.idle();
  if (state_.load() != SessionState::ended && !idle) return;
  for (const auto& handler : std::exchange(idle_handlers_, {})) handler();
}

void Session::figures(std::function<void(const SessionFigures&)> handler) {
  on_strand([handler = std::move(handler)](Session& self) { handler(self.figures_now()); });
}

SessionFigures Session::figures_now() const {
  SessionFigures figures = meter_.figures();
  if (shadow_) figures.paired = shadow_->figures();
  return figures;
}

Result<> Session::outcome() const { return outcome_; }

}  // namespace sotto::pipeline
