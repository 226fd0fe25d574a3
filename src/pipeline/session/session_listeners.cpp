// The session's second half: its listeners, and what is known of how it does.
#include <algorithm>
#include <utility>

#include "base/utf8.hpp"
#include "pipeline/session/session.hpp"

namespace sotto::pipeline {

// What is posted comes back on the strand, as long as the session lives.
std::function<void(std::function<void()>)> Session::poster() {
  return [weak = self_](std::function<void()> work) {
    if (const auto self = weak->lock())
      self->on_strand([work = std::move(work)](Session&) { work(); });
  };
}

FanoutParts Session::fanout_parts() {
  return {parts_.translator, parts_.synthesiser, parts_.cache, poster(),
          [this] { return timekeeper_->now(); }};
}

FanoutEvents Session::fanout_events() {
  FanoutEvents events;
  events.on_caption = [this](const Caption& caption, const std::string& source, bool catching_up) {
    note_caption(caption, source, catching_up);
  };
  events.on_speech = [this](const Speech& speech, std::size_t listeners) {
    note_speech(speech, listeners);
  };
  events.on_translation = [this](const TranslationOutcome& outcome) {
    meter_.translated(outcome);
    tell(&SessionObserver::on_translation, outcome);
  };
  events.on_repaired = [this](Caption source) {
    source.language = config_.language;
    settled_.settle(std::move(source));
  };
  events.on_listeners = [this] { note_listeners(); };
  events.on_work_done = [this] {
    arm_timer();
    check_idle();
    end_if_done();
  };
  return events;
}

StoreBeforeShow::Parts Session::store_parts() {
  StoreBeforeShow::Parts parts{config_.id, parts_.store, poster(), {}, {}};
  parts.show = [this](const Caption& source) {
    note_settled(settled_.stored_end());
    fanout_.settle(source);
    arm_timer();
    check_idle();
    end_if_done();
  };
  parts.not_stored = [this](const Error& error) { tell(&SessionObserver::on_not_stored, error); };
  return parts;
}

// A change of language is neither.
template <class AnyListener>
void Session::joins(AnyListener& listener) {
  const auto id = listener.id();
  if (id && !fanout_.has(&listener) && attendance_.join(*id, timekeeper_->now()))
    listener.on_counted();
}

template <class AnyListener>
void Session::leaves(const AnyListener& listener) {
  const auto id = listener.id();
  if (id && fanout_.has(&listener)) attendance_.leave(*id, timekeeper_->now());
}

void Session::subscribe(Language language, std::optional<std::uint64_t> since,
                        std::shared_ptr<Listener> listener, std::function<void(Result<>)> done) {
  on_strand([language = std::move(language), since, listener = std::move(listener),
             done = std::move(done)](Session& self) {
    const auto admitted = self.fanout_.admits(listener.get(), language);
    done(admitted);
    if (!admitted) return;
    listener->on_state(self.state());
    const SegmentLog& log = self.settled_.log();
    self.joins(*listener);
    self.fanout_.add(listener, language, since ? log.since(*since) : log.latest(joining_captions));
    self.arm_timer();
  });
}

void Session::unsubscribe(std::shared_ptr<Listener> listener) {
  on_strand([listener = std::move(listener)](Session& self) {
    self.leaves(*listener);
    self.fanout_.remove(listener.get());
    self.check_idle();
  });
}

void Session::subscribe(Language language, std::shared_ptr<SpeechListener> listener,
                        std::function<void(Result<>)> done) {
  on_strand([language = std::move(language), listener = std::move(listener),
             done = std::move(done)](Session& self) {
    const auto admitted = self.fanout_.admits(listener.get(), language);
    done(admitted);
    if (!admitted) return;
    listener->on_state(self.state());
    self.joins(*listener);
    self.fanout_.add(listener, language);
  });
}

void Session::unsubscribe(std::shared_ptr<SpeechListener> listener) {
  on_strand([listener = std::move(listener)](Session& self) {
    self.leaves(*listener);
    self.fanout_.remove(listener.get());
    self.check_idle();
  });
}

Result<bool> Session::rate(const ListenerId& listener, Rating rating) {
  const auto vote = attendance_.rate(listener, rating, timekeeper_->now());
  if (!vote) return tl::unexpected(vote.error());
  if (vote->after_end)
    on_strand([](Session& self) {
      self.tell(&SessionObserver::on_late_votes, self.attendance_.votes(self.timekeeper_->now()));
    });
  return vote->first;
}

void Session::note_listeners() {
  const SessionTime now = timekeeper_->now();
  const auto listeners = fanout_.listeners();
  std::size_t total = 0;
  for (const auto& [language, count] : listeners) total += count;
  meter_.followed(listeners, fanout_.hearers(), now);
  status_.update([&](SessionStatus& status) { status.listeners = listeners; });
  tell(&SessionObserver::on_listeners, total, now);
}

void Session::note_mode(const observation::StepSummary& summary) {
  if (!summary.fallback && !summary.recovery) return;
  const auto mode = summary.fallback ? engine::Mode::final_only : engine::Mode::partial;
  status_.update([mode](SessionStatus& status) { status.mode = mode; });
}

SessionStatus Session::status() const {
  SessionStatus status = status_.read();
  const milliseconds audio = audio_.length();
  status.audio = timeline_.earlier() + audio;
  // A recogniser that says nothing at all lags as well.
  status.lag = std::max(status.lag, audio - stream_->recognised());
  return status;
}

void Session::note_words(const std::vector<milliseconds>& lags) {
  if (lags.empty()) return;
  tell(&SessionObserver::on_words_shown, std::span(lags));
  status_.update([this](SessionStatus& status) { status.word_lag = lag_of(meter_.word_lag()); });
}

void Session::note_caption(const Caption& caption, const std::string& source, bool catching_up) {
  const auto delivery = meter_.sent(caption, source, catching_up, timekeeper_->now());
  note_words(delivery.word_lags);
  if (caption.language == config_.language) return;
  tell(&SessionObserver::on_sent,
       SentCaption{&caption, delivery.says_more, delivery.latency,
                   catching_up ? 1 : fanout_.listeners(caption.language)});
  if (!caption.final || source.empty()) return;
  if (caption.translated) settled_.keep(caption);
  status_.update([this](SessionStatus& status) {
    if (const QuantileSketch& latency = meter_.segment_latency(); latency.count() > 0) {
      status.latency_p50_ms = latency.quantile(0.50);
      status.latency_p95_ms = latency.quantile(0.95);
    }
  });
}

void Session::note_speech(const Speech& speech, std::size_t listeners) {
  tell(&SessionObserver::on_speech,
       SentSpeech{&speech, utf8::length(speech.text), meter_.spoken(speech, timekeeper_->now()),
                  listeners});
}

}  // namespace sotto::pipeline
