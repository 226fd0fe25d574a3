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

std::size_t characters_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

Result<std::shared_ptr<Session>> Session::start(SessionConfig config, SessionParts parts,
                                                SessionObserver observer) {
  config.engine.calibration = parts.recogniser->calibration(config.language);
  auto engine = engine::Engine::create(config.engine);
  if (!engine) return tl::unexpected(engine.error());
  std::shared_ptr<Session> session(
      new Session(std::move(config), std::move(parts), std::move(observer), std::move(*engine)));
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
      engine_(std::move(engine)) {}

Session::~Session() {
  stream_.reset();  // first: its sink uses the rest
  timekeeper_->cancel();
}

// The sink never owns the session, not even for a moment: the recogniser's thread must not be the
// one that destroys it, since that waits for the sink.
Result<> Session::open_recogniser() {
  const std::weak_ptr<Session> weak = weak_from_this();
  const auto on_strand = [weak, strand = strand_](auto work) {
    asio::post(strand, [weak, work = std::move(work)] {
      if (const auto self = weak.lock()) work(*self);
    });
  };
  ports::RecogniserSink sink;
  sink.on_event = [on_strand, inbox = inbox_,
                   on_dropped = observer_.on_dropped](transcript::Event event) {
    const EventInbox::Pushed pushed = inbox->push(std::move(event));
    if (pushed.dropped && on_dropped) on_dropped();
    if (pushed.was_empty) on_strand([](Session& self) { self.take_events(); });
  };
  sink.on_progress = [on_strand](milliseconds place) {
    on_strand([place](Session& self) { self.recognised(place); });
  };
  sink.on_end = [on_strand](Result<> outcome) {
    on_strand([outcome = std::move(outcome)](Session& self) { self.recogniser_ended(outcome); });
  };
  auto stream = parts_.recogniser->open(config_.language, std::move(sink));
  if (!stream) return tl::unexpected(stream.error());
  stream_ = std::move(*stream);
  return {};
}

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

bool Session::push_audio(std::span<const std::int16_t> samples) {
  listen_for_speech(samples);
  if (!stream_->push(samples)) return false;
  const std::uint64_t total = samples_pushed_.fetch_add(samples.size()) + samples.size();
  captured_.note(SessionTime{length_of(total)}, timekeeper_->now());
  SessionState waiting = SessionState::waiting;
  if (state_.compare_exchange_strong(waiting, SessionState::live))
    asio::post(strand_, [self = shared_from_this()] {
      for (auto& [language, lane] : self->lanes_) lane.tell(SessionState::live);
    });
  return true;
}

void Session::finish() { stream_->finish(); }

void Session::set_mode(engine::Mode mode, std::function<void()> done) {
  asio::post(strand_, [self = shared_from_this(), mode, done = std::move(done)] {
    if (self->state_.load() != SessionState::ended) {
      if (self->observer_.on_mode) self->observer_.on_mode(mode, self->timekeeper_->now());
      self->step(engine::ModeChange{mode});
    }
    if (done) done();
  });
}

std::vector<Language> Session::languages() const {
  std::vector<Language> languages{config_.language};
  for (const LanguagePair& pair : parts_.translator->pairs())
    if (pair.source == config_.language) languages.push_back(pair.target);
  std::sort(languages.begin(), languages.end());
  return languages;
}

void Session::subscribe(Language language, std::optional<std::uint64_t> since,
                        std::shared_ptr<Listener> listener, std::function<void(Result<>)> done) {
  asio::post(strand_, [self = shared_from_this(), language = std::move(language), since,
                       listener = std::move(listener), done = std::move(done)] {
    const std::vector<Language> offered = self->languages();
    if (!std::binary_search(offered.begin(), offered.end(), language)) {
      std::string list;
      for (const Language& known : offered) list += (list.empty() ? "" : ", ") + known.str();
      return done(fail(
          ErrorCode::not_found,
          "language \"" + language.str() + "\" is not available; this talk has: " + list, "lang"));
    }
    std::size_t listeners = 0;
    for (const auto& [known, lane] : self->lanes_) listeners += lane.listeners();
    if (listeners >= self->config_.max_listeners)
      return done(fail(
          ErrorCode::resource_exhausted,
          "the talk has its limit of " + std::to_string(self->config_.max_listeners) + " listeners",
          "session_id"));
    done({});
    listener->on_state(self->state_.load());
    self->lane(language).add(
        listener, since ? self->log_.since(*since) : self->log_.latest(joining_captions));
    self->tell_listeners();
  });
}

void Session::unsubscribe(std::shared_ptr<Listener> listener) {
  asio::post(strand_, [self = shared_from_this(), listener = std::move(listener)] {
    for (auto& [language, lane] : self->lanes_) lane.remove(listener.get());
    self->tell_listeners();
    self->check_idle();
  });
}

void Session::tell_listeners() {
  if (!observer_.on_listeners) return;
  std::size_t listeners = 0;
  for (const auto& [language, lane] : lanes_) listeners += lane.listeners();
  observer_.on_listeners(listeners, timekeeper_->now());
}

LanguageLane& Session::lane(const Language& language) {
  const auto known = lanes_.find(language);
  if (known != lanes_.end()) return known->second;
  LanguageLane::Translate translate;
  if (language != config_.language)
    translate = [this, language](const std::string& text,
                                 std::function<void(Result<std::string>)> done) {
      this->translate(language, text, std::move(done));
    };
  LanguageLane::Sent sent = [this](const Caption& caption, const std::string& source) {
    note_sent(caption, source);
  };
  return lanes_.try_emplace(language, language, std::move(translate), std::move(sent))
      .first->second;
}

void Session::translate(const Language& target, const std::string& text,
                        std::function<void(Result<std::string>)> done) {
  const LanguagePair pair{config_.language, target};
  if (auto known = parts_.cache->find(pair, text, TranslationCache::Clock::now())) {
    ++figures_.cache_hits;
    if (observer_.on_translation)
      observer_.on_translation({TranslationOutcome::Kind::known, characters_of(text)});
    return done(std::move(*known));
  }
  ++figures_.translation_calls;
  parts_.translator->translate(
      pair, text,
      [weak = weak_from_this(), pair, text,
       done = std::move(done)](Result<std::string> translation) {
        const auto self = weak.lock();
        if (!self) return;
        asio::post(self->strand_, [self, pair, text, done,
                                   translation = std::move(translation)]() mutable {
          if (translation) {
            self->parts_.cache->store(pair, text, *translation, TranslationCache::Clock::now());
          } else {
            ++self->figures_.translation_failures;
          }
          if (self->observer_.on_translation)
            self->observer_.on_translation(
                {translation ? TranslationOutcome::Kind::made : TranslationOutcome::Kind::failed,
                 characters_of(text)});
          done(std::move(translation));
          self->check_idle();
          self->end_if_done();
        });
      });
}

void Session::take_events() {
  for (const transcript::Event& event : inbox_->take()) {
    const SessionTime now = timekeeper_->now();
    if (observer_.on_event) observer_.on_event(event, now);
    step(engine::Heard{&event});
    count_heard(event);
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
  arm_timer();
}

void Session::arm_timer() {
  const std::optional<SessionTime> next = engine_.next_tick();
  if (!next) return timekeeper_->cancel();
  timekeeper_->wake_at(*next, [weak = weak_from_this()] {
    if (const auto self = weak.lock())
      asio::dispatch(self->strand_, [self] { self->step(engine::Tick{}); });
  });
}

void Session::carry_out(const engine::Command& command) {
  std::visit(Overloaded{[&](const engine::ShowCaption& caption) { show(caption); },
                        [&](const engine::Speak&) {},  // a synthesiser's port takes these
                        [&](const engine::Notice& notice) { count(notice); }},
             command);
}

void Session::show(const engine::ShowCaption& caption) {
  const bool settled = caption.state != engine::ShowCaption::State::open;
  const std::uint64_t seq = settled ? log_.settle(caption) : log_.seq();
  if (caption.state == engine::ShowCaption::State::closed) ++figures_.segments;
  source_erasure_.shown(static_cast<std::uint64_t>(caption.segment), caption.text);
  for (auto& [language, lane] : lanes_) lane.show(caption, seq);
}

void Session::count(const engine::Notice& notice) {
  switch (notice.kind) {
    case engine::Notice::Kind::superseded: ++figures_.superseded; break;
    case engine::Notice::Kind::dropped_late: ++figures_.dropped; break;
    case engine::Notice::Kind::duplicate: ++figures_.duplicates; break;
    case engine::Notice::Kind::orphan_flushed: ++figures_.orphans; break;
    case engine::Notice::Kind::discrepancy: ++figures_.discrepancies; break;
    case engine::Notice::Kind::fallback: ++figures_.fallbacks; break;
    case engine::Notice::Kind::contradicted:
    case engine::Notice::Kind::stability_missing:
    case engine::Notice::Kind::recover: break;
  }
}

void Session::count_heard(const transcript::Event& event) {
  for (std::size_t i = 0; i < event.size(); ++i) {
    const transcript::RecognitionResult result = event[i];
    ++(result.is_partial ? figures_.partials : figures_.finals);
    if (result.is_partial) continue;
    word_latency_.final_heard(result,
                              [&](SessionTime place) { return captured_.captured_at(place); });
    figures_.source_words += static_cast<std::uint64_t>(
        std::count_if(result.items.begin(), result.items.end(), [](const transcript::Item& item) {
          return item.kind == transcript::ItemKind::pronunciation;
        }));
  }
}

void Session::note_sent(const Caption& caption, const std::string& source) {
  if (caption.language == config_.language) return;
  const SessionTime now = timekeeper_->now();
  erasure_[caption.language].shown(static_cast<std::uint64_t>(caption.segment),
                                   caption.text + caption.provisional);
  word_latency_.shown(caption.end, now);

  // A segment's latency counts from its first translation that said all of it, settled or not yet.
  SentText& before = sent_[{caption.segment, caption.language}];
  const bool says_more = before.source != source;
  if (says_more) before = {source, now};
  if (observer_.on_sent) {
    const auto took = std::max(milliseconds{0}, now - captured_.captured_at(caption.end));
    observer_.on_sent({&caption, says_more, took, lanes_.at(caption.language).listeners()});
  }
  if (caption.final && !source.empty()) {
    const milliseconds took = before.at - captured_.captured_at(caption.end);
    figures_.segment_latency.record(
        static_cast<std::uint64_t>(std::max<milliseconds::rep>(0, took.count())));
  }
  if (sent_.size() > 64) sent_.erase(sent_.begin());
}

void Session::recognised(milliseconds place) {
  recognised_ = place;
  const milliseconds lag = captured_.end().time_since_epoch() - place;
  figures_.recogniser_lag.record(
      static_cast<std::uint64_t>(std::max<milliseconds::rep>(0, lag.count())));
  check_idle();
}

void Session::recogniser_ended(Result<> outcome) {
  take_events();
  outcome_ = std::move(outcome);
  recogniser_ended_ = true;
  step(engine::EndOfAudio{});
  end_if_done();
}

void Session::end_if_done() {
  const bool idle = std::all_of(lanes_.begin(), lanes_.end(),
                                [](const auto& entry) { return entry.second.idle(); });
  if (!recogniser_ended_ || !idle || state_.exchange(SessionState::ended) == SessionState::ended)
    return;
  timekeeper_->cancel();
  if (observer_.on_ended)
    observer_.on_ended(figures_now(), outcome_, length_of(samples_pushed_.load()),
                       timekeeper_->now());
  for (auto& [language, lane] : lanes_) lane.tell(SessionState::ended);
  check_idle();
}

void Session::when_idle(std::function<void()> handler) {
  asio::post(strand_, [self = shared_from_this(), handler = std::move(handler)] {
    self->idle_handlers_.push_back(handler);
    self->check_idle();
  });
}

void Session::check_idle() {
  if (idle_handlers_.empty()) return;
  const bool heard_all = recognised_ >= length_of(samples_pushed_.load());
  const bool lanes_idle = std::all_of(lanes_.begin(), lanes_.end(),
                                      [](const auto& entry) { return entry.second.idle(); });
  if (state_.load() != SessionState::ended && !(heard_all && lanes_idle)) return;
  for (const auto& handler : std::exchange(idle_handlers_, {})) handler();
}

void Session::figures(std::function<void(const SessionFigures&)> handler) {
  asio::post(strand_, [self = shared_from_this(), handler = std::move(handler)] {
    handler(self->figures_now());
  });
}

SessionFigures Session::figures_now() const {
  SessionFigures figures = figures_;
  figures.word_latency = word_latency_.sketch();
  figures.source_erasure = source_erasure_.value();
  for (const auto& [language, meter] : erasure_)
    figures.erasure += meter.value() / static_cast<double>(erasure_.size());
  return figures;
}

Result<> Session::outcome() const { return outcome_; }

}  // namespace sotto::pipeline
