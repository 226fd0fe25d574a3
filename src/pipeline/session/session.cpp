#include "pipeline/session/session.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include "base/overloaded.hpp"
#include "base/sample_clock.hpp"

namespace sotto::pipeline {

namespace asio = boost::asio;

Result<std::shared_ptr<Session>> Session::start(SessionConfig config, SessionParts parts,
                                                SessionObservers observers) {
  config.engine.calibration = parts.recogniser->calibration(config.language);
  auto engine = engine::Engine::create(config.engine);
  if (!engine) return tl::unexpected(engine.error());
  std::shared_ptr<Session> session(
      new Session(std::move(config), std::move(parts), std::move(observers), std::move(*engine)));
  *session->self_ = session;
  if (auto opened = session->open_recogniser(); !opened) return tl::unexpected(opened.error());
  return session;
}

Session::Session(SessionConfig config, SessionParts parts, SessionObservers observers,
                 engine::Engine engine)
    : config_(std::move(config)),
      parts_(std::move(parts)),
      observers_(std::move(observers)),
      strand_(asio::make_strand(parts_.executor)),
      begin_(RunBegin::of(config_.age, config_.settled)),
      timekeeper_(parts_.timekeeper(strand_)),
      timeline_(config_.settled, begin_.segment),
      status_(config_.engine.mode),
      attendance_(config_.max_listeners * listeners_per_place, config_.votes_after_end,
                  config_.voters_listened),
      engine_(std::move(engine)),
      fanout_(config_.language, config_.max_listeners, fanout_parts(), fanout_events()),
      settled_(store_parts(), config_.settled, begin_.seq),
      meter_(config_.language) {
  status_.update([this](SessionStatus& status) { status.settled = timeline_.earlier(); });
  if (config_.shadow) shadow_.emplace(config_.engine);
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
  sink.on_event = [later, inbox = inbox_](transcript::Event event) {
    if (inbox->push(std::move(event))) later([](Session& self) { self.take_events(); });
  };
  sink.on_progress = [later](milliseconds place) {
    later([place](Session& self) { self.recognised(place); });
  };
  sink.on_end = [later](Result<> outcome) {
    later([outcome = std::move(outcome)](Session& self) { self.recogniser_ended(outcome); });
  };
  auto stream = parts_.open_stream ? parts_.open_stream(config_.language, std::move(sink))
                                   : parts_.recogniser->open(config_.language, std::move(sink));
  if (!stream) return tl::unexpected(stream.error());
  stream_ = std::move(*stream);
  return {};
}

// Whoever speaks while no result comes should not wait for a recogniser that has died. What the
// recogniser refuses counts too, but not what waits for one.
ports::Pushed Session::push_audio(std::span<const std::int16_t> samples) {
  const auto pushed = stream_->push(samples);
  if (pushed == ports::Pushed::busy) return pushed;
  if (audio_.somebody_talks(samples))
    on_strand([](Session& self) {
      if (!self.life_.over()) self.step(engine::SpeechDetected{});
    });
  if (pushed == ports::Pushed::full)
    timeline_.shift(audio_.length(), static_cast<std::int64_t>(samples.size()));
  if (pushed != ports::Pushed::taken) return pushed;
  audio_.taken(samples.size(), timekeeper_->now());
  if (life_.audio_came())
    on_strand([now = timekeeper_->now()](Session& self) {
      self.attendance_.talk_began(now);
      self.fanout_.tell(self.life_.state());
    });
  return ports::Pushed::taken;
}

void Session::push_silence(std::uint64_t stands_for) {
  const std::vector<std::int16_t> silence(sample_rate);
  auto shift = static_cast<std::int64_t>(stands_for);
  if (stream_->push(silence) == ports::Pushed::taken) {  // nobody spoke it: it may be dropped
    audio_.taken(silence.size(), timekeeper_->now());
    shift -= static_cast<std::int64_t>(silence.size());
  }
  timeline_.shift(audio_.length(), shift);
}

void Session::finish(std::function<void()> ended) {
  stream_->finish();
  if (!ended) return;
  on_strand([ended = std::move(ended)](Session& self) {
    if (self.life_.over()) return ended();
    self.end_handlers_.push_back(ended);
  });
}

void Session::set_mode(engine::Mode mode, std::function<void()> done) {
  on_strand([mode, done = std::move(done)](Session& self) {
    if (!self.life_.over()) {
      self.tell(&SessionObserver::on_mode, mode, self.timekeeper_->now());
      self.status_.update([mode](SessionStatus& status) { status.mode = mode; });
      self.step(engine::ModeChange{mode});
    }
    if (done) done();
  });
}

void Session::set_paused(bool paused) {
  on_strand([paused](Session& self) {
    if (self.life_.pause(paused)) self.fanout_.tell(self.life_.state());
  });
}

void Session::speaker_gone() {
  on_strand([](Session& self) {
    if (self.life_.audio_missed()) self.fanout_.tell(self.life_.state());
  });
}

void Session::take_events() {
  const EventInbox::Taken taken = inbox_->take();
  if (taken.dropped > 0) tell(&SessionObserver::on_dropped, taken.dropped);
  for (const transcript::Event& event : taken.events) {
    tell(&SessionObserver::on_event, event, timekeeper_->now());
    const auto summary = step(engine::TranscriptReceived{&event});
    if (summary.duplicates < summary.final_results)  // its words are known otherwise
      note_words(meter_.heard(event, audio_.captured()));
  }
}

observation::StepSummary Session::step(const engine::Event& event) {
  const SessionTime now = timekeeper_->now();
  const CaptureClock& captured = audio_.captured();
  const auto* heard = std::get_if<engine::TranscriptReceived>(&event);
  const transcript::Event* transcript = heard ? heard->event : nullptr;
  commands_.clear();
  engine_.step(event, now, commands_);
  observation::StepSummary summary = observation::summarise(
      transcript, commands_, now,
      [&captured](SessionTime place) { return captured.captured_at(place); });
  meter_.stepped(summary);
  note_mode(summary);
  for (const engine::Command& command : commands_) carry_out(command);
  tell(&SessionObserver::on_step, transcript, commands_, summary, now);
  if (shadow_) {
    shadow_->note(commands_, now, captured);
    shadow_->step(event, now, captured);
  }
  arm_timer();
  return summary;
}

// One alarm for both engines and the captions, at whichever's time comes first.
void Session::arm_timer() {
  std::optional<SessionTime> next;
  const auto also = [&](std::optional<SessionTime> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  if (!life_.over()) {
    also(engine_.next_tick());
    if (shadow_) also(shadow_->next_tick());
    also(fanout_.next_tick());
  }
  if (!next) return timekeeper_->cancel();
  timekeeper_->wake_at(*next, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) asio::dispatch(self->strand_, [self] { self->tick(); });
  });
}

// The session's engine hears of no time but its own: it does the same with a shadow and without.
void Session::tick() {
  const SessionTime now = timekeeper_->now();
  const auto due = [now](std::optional<SessionTime> at) { return at && *at <= now; };
  if (due(fanout_.next_tick())) fanout_.tick(now);
  if (due(engine_.next_tick())) {
    step(engine::Tick{});
    return;
  }
  if (shadow_ && due(shadow_->next_tick())) shadow_->step(engine::Tick{}, now, audio_.captured());
  arm_timer();
}

void Session::carry_out(const engine::Command& command) {
  std::visit(Overloaded{[&](const engine::ShowCaption& caption) { show(caption); },
                        [&](const engine::Speak& piece) {
                          fanout_.speak(timeline_.placed(piece),
                                        audio_.captured().captured_at(piece.end));
                        },
                        [](const engine::Diagnostic&) {}},
             command);
}

void Session::show(const engine::ShowCaption& shown) {
  meter_.source_shown(shown);
  Caption caption;
  caption.segment = timeline_.placed(shown);
  caption.segment.seq = settled_.log().seq();
  caption.language = config_.language;
  caption.captured = audio_.captured().captured_at(shown.end);
  caption.reuse_bytes = shown.reuse_bytes;
  if (shown.state == engine::ShowCaption::State::open) {
    open_ = caption.segment.id;
    return fanout_.show(caption, shown.translate);
  }
  if (open_ == caption.segment.id) open_.reset();
  caption.final = true;
  caption.segment.text = shown.text;
  caption.segment.provisional.clear();
  settled_.settle(std::move(caption));
}

void Session::recognised(milliseconds place) {
  recognised_ = place;
  const milliseconds lag = audio_.captured().end().time_since_epoch() - place;
  meter_.recognised(lag);
  lag_.add(place, lag);
  // Nobody has spoken for so long, or nothing was understood.
  constexpr milliseconds silent{30'000};
  if (!open_ && settled_.waiting() == 0 && place > silent)
    note_settled(timeline_.placed(SessionTime{place - silent}));
  status_.update([&](SessionStatus& status) { status.lag = lag_.longest(); });
  check_idle();
}

void Session::note_settled(SessionTime place) {
  status_.update([place](SessionStatus& status) {
    status.settled = std::max(status.settled, place.time_since_epoch());
  });
}

void Session::recogniser_ended(Result<> outcome) {
  take_events();
  step(engine::EndOfAudio{});
  // After what that says: whatever is settled asks whether it was the last.
  life_.recogniser_ended(std::move(outcome));
  end_if_done();
}

void Session::end_if_done() {
  if (!life_.end_unless(work_waits())) return;
  timekeeper_->cancel();
  attendance_.session_ended(timekeeper_->now());
  tell(&SessionObserver::on_ended, figures_now(), life_.outcome(), audio_.length(),
       timekeeper_->now());
  fanout_.tell(SessionState::ended);
  for (const auto& handler : std::exchange(end_handlers_, {})) handler();
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
  const bool heard_all = recognised_ >= audio_.length();
  if (!life_.over() && (!heard_all || work_waits())) return;
  for (const auto& handler : std::exchange(idle_handlers_, {})) handler();
}

void Session::figures(std::function<void(const SessionFigures&)> handler) {
  on_strand([handler = std::move(handler)](Session& self) { handler(self.figures_now()); });
}

SessionFigures Session::figures_now() const {
  SessionFigures figures = meter_.figures();
  if (shadow_) figures.paired = shadow_->figures();
  const CaptureClock& captured = audio_.captured();
  figures.language = config_.language;
  figures.listeners = attendance_.listeners();
  figures.votes = attendance_.votes(timekeeper_->now());
  figures.listeners_left = attendance_.left_early(captured.captured_at(captured.end()));
  return figures;
}

}  // namespace sotto::pipeline
