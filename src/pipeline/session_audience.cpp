// The session's second half: its listeners, and what is known of how it does.
#include <algorithm>
#include <utility>

#include "pipeline/session.hpp"

namespace sotto::pipeline {

namespace {

std::size_t characters_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

AudienceParts Session::audience_parts() {
  AudienceParts parts;
  parts.translator = parts_.translator;
  parts.synthesiser = parts_.synthesiser;
  parts.cache = parts_.cache;
  parts.post = [weak = self_](std::function<void()> work) {
    if (const auto self = weak->lock())
      self->on_strand([work = std::move(work)](Session&) { work(); });
  };
  return parts;
}

AudienceEvents Session::audience_events() {
  AudienceEvents events;
  events.on_caption = [this](const Caption& caption, const std::string& source) {
    note_caption(caption, source);
  };
  events.on_speech = [this](const Speech& speech, std::size_t listeners) {
    note_speech(speech, listeners);
  };
  events.on_translation = [this](const TranslationOutcome& outcome) {
    meter_.translated(outcome);
    if (observer_.on_translation) observer_.on_translation(outcome);
  };
  events.on_listeners = [this] { note_listeners(); };
  events.on_work_done = [this] {
    check_idle();
    end_if_done();
  };
  return events;
}

void Session::subscribe(Language language, std::optional<std::uint64_t> since,
                        std::shared_ptr<Listener> listener, std::function<void(Result<>)> done) {
  on_strand([language = std::move(language), since, listener = std::move(listener),
             done = std::move(done)](Session& self) {
    const auto admitted = self.audience_.admits(listener.get(), language);
    done(admitted);
    if (!admitted) return;
    listener->on_state(self.state_.load());
    self.audience_.add(listener, language,
                       since ? self.log_.since(*since) : self.log_.latest(joining_captions));
  });
}

void Session::unsubscribe(std::shared_ptr<Listener> listener) {
  on_strand([listener = std::move(listener)](Session& self) {
    self.audience_.remove(listener.get());
    self.check_idle();
  });
}

void Session::subscribe(Language language, std::shared_ptr<SpeechListener> listener,
                        std::function<void(Result<>)> done) {
  on_strand([language = std::move(language), listener = std::move(listener),
             done = std::move(done)](Session& self) {
    const auto admitted = self.audience_.admits(listener.get(), language);
    done(admitted);
    if (!admitted) return;
    listener->on_state(self.state_.load());
    self.audience_.add(listener, language);
  });
}

void Session::unsubscribe(std::shared_ptr<SpeechListener> listener) {
  on_strand([listener = std::move(listener)](Session& self) {
    self.audience_.remove(listener.get());
    self.check_idle();
  });
}

void Session::note_listeners() {
  const auto listeners = audience_.listeners();
  std::size_t total = 0;
  for (const auto& [language, count] : listeners) total += count;
  {
    const std::lock_guard lock(status_mutex_);
    status_.listeners = listeners;
  }
  if (observer_.on_listeners) observer_.on_listeners(total, timekeeper_->now());
}

void Session::note_mode(engine::Mode mode) {
  const std::lock_guard lock(status_mutex_);
  status_.mode = mode;
}

void Session::note_lag(milliseconds lag) {
  const std::lock_guard lock(status_mutex_);
  status_.lag = lag;
}

SessionStatus Session::status() const {
  SessionStatus status;
  {
    const std::lock_guard lock(status_mutex_);
    status = status_;
  }
  status.audio = time_before_ + pushed();
  // A recogniser that says nothing at all lags as well.
  status.lag = std::max(status.lag, pushed() - stream_->recognised());
  return status;
}

void Session::note_caption(const Caption& caption, const std::string& source) {
  if (caption.language == config_.language) return;
  const SessionTime end = caption.end - time_before_;
  const auto note = meter_.sent(caption, end, source, timekeeper_->now(), captured_);
  if (observer_.on_sent)
    observer_.on_sent(
        {&caption, note.says_more, note.latency, audience_.listeners(caption.language)});
  if (!caption.final || source.empty()) return;
  if (caption.translated && parts_.store)
    parts_.store->append(config_.id,
                         {caption.seq, static_cast<std::uint32_t>(caption.segment),
                          caption.language, caption.text, caption.start, caption.end},
                         [](const Result<>&) {});  // it can be translated again
  const std::lock_guard lock(status_mutex_);
  status_.latency_p50_ms = meter_.segment_latency().quantile(0.50);
  status_.latency_p95_ms = meter_.segment_latency().quantile(0.95);
}

void Session::note_speech(const Speech& speech, std::size_t listeners) {
  if (!observer_.on_speech) return;
  const SessionTime end = speech.end - time_before_;
  const auto took = std::max(milliseconds{0}, timekeeper_->now() - captured_.captured_at(end));
  observer_.on_speech({&speech, characters_of(speech.text), took, listeners});
}

}  // namespace sotto::pipeline
