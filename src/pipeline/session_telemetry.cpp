#include "pipeline/session_telemetry.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "base/overloaded.hpp"
#include "base/sparse_sketch.hpp"

namespace sotto::pipeline {

using telemetry::Counter;
using telemetry::Distribution;
using telemetry::Level;

namespace {

// A caption's frame and JSON around its text, about.
constexpr std::size_t caption_overhead = 160;

constexpr std::size_t most_text = 4096, most_results = 16;

std::uint64_t whole(double value) {
  return static_cast<std::uint64_t>(std::llround(std::max(0.0, value)));
}

// Whether a session's bucket put it in its arm.
bool is_by_bucket(rollout::Reason reason) {
  using enum rollout::Reason;
  return reason == rollout || reason == outside_rollout || reason == control_group || reason == a_a;
}

class SessionTelemetry {
 public:
  SessionTelemetry(SessionId id, telemetry::Arm arm, const rollout::Decision& decision,
                   TelemetrySinks sinks)
      : id_(std::move(id)), arm_(arm), sinks_(std::move(sinks)) {
    outcome_.session_id = id_.str();
    outcome_.canary = arm == telemetry::Arm::canary;
    outcome_.by_bucket = is_by_bucket(decision.reason);
    outcome_.percentage = decision.share;
    outcome_.flag_version = decision.version;
    if (sinks_.on_outcome) outcome_.began_at = sinks_.now();
    sinks_.metrics->move(arm_, telemetry::Standing::live_sessions, 1);
  }

  // A session that is given up without having ended leaves nothing behind.
  ~SessionTelemetry() {
    move_listeners(0);
    if (!ended_) sinks_.metrics->move(arm_, telemetry::Standing::live_sessions, -1);
  }
  SessionTelemetry(const SessionTelemetry&) = delete;
  SessionTelemetry& operator=(const SessionTelemetry&) = delete;

  void count(Counter counter, std::uint64_t times = 1) {
    counted_[static_cast<std::size_t>(counter)] += times;
    sinks_.metrics->count(arm_, counter, times);
  }

  // For partial results that made room in the queue: to be called from any thread.
  std::function<void()> on_dropped() const {
    return [dropped = dropped_, metrics = sinks_.metrics, arm = arm_] {
      dropped->fetch_add(1, std::memory_order_relaxed);
      metrics->count(arm, Counter::partial_results_dropped);
    };
  }

  void stepped(const transcript::Event* heard, const engine::Commands& commands, SessionTime now,
               const CaptureClock& captured) {
    std::uint64_t partials = 0, finals = 0;
    if (heard)
      for (std::size_t i = 0; i < heard->size(); ++i)
        ++((*heard)[i].is_partial ? partials : finals);
    if (partials > 0) count(Counter::partial_results_processed, partials);
    if (finals > 0) count(Counter::final_results_processed, finals);
    bool said = false;
    for (const engine::Command& command : commands)
      std::visit(Overloaded{[](const engine::ShowCaption&) {},
                            [&](const engine::Speak& speak) {
                              if (speak.text.empty()) return;
                              said = true;
                              if (finals == 0) remember(speak);
                              spoken(speak, heard ? finals > 0 : false, !heard, now, captured);
                            },
                            [&](const engine::Notice& notice) {
                              said = noticed(notice) || said;
                              if (notice.kind == engine::Notice::Kind::discrepancy && heard)
                                show_discrepancy(notice, *heard);
                            }},
                 command);
    if (partials > 0 && !said) action("buffered");
  }

  void sent(const SentCaption& sent) {
    usage_.delivered_bytes +=
        (sent.caption->text.size() + sent.caption->provisional.size() + caption_overhead) *
        sent.listeners;
    translated_ = true;
    if (!sent.says_more) return;
    took(sent.latency);
    line(Level::debug, "caption sent",
         {{"event", "caption_sent"},
          {"language", sent.caption->language.str()},
          {"processing_latency_ms", static_cast<double>(sent.latency.count())}});
  }

  void speech_sent(const SentSpeech& sent) {
    const std::size_t bytes = sent.speech->samples.size() * sizeof(std::int16_t);
    usage_.synthesised_characters += bytes > 0 ? sent.characters : 0;
    usage_.delivered_bytes += bytes * sent.listeners;
    if (bytes == 0) {
      count(Counter::session_errors);
      return line(Level::error, "speech failed",
                  {{"event", "speech_failed"},
                   {"error_code", "speech_failed"},
                   {"language", sent.speech->language.str()}});
    }
    took(sent.latency);
    line(Level::debug, "speech sent",
         {{"event", "speech_sent"},
          {"language", sent.speech->language.str()},
          {"processing_latency_ms", static_cast<double>(sent.latency.count())}});
  }

  void not_kept(const Error& error) {
    count(Counter::session_errors);
    line(Level::error, "a caption could not be stored",
         {{"event", "transcript_failed"},
          {"error_code", to_string(error.code)},
          {"error", error.message}});
  }

  void translated(const TranslationOutcome& outcome) {
    const bool known = outcome.kind == TranslationOutcome::Kind::known;
    count(known ? Counter::translation_cache_hits : Counter::translation_cache_misses);
    if (!known) usage_.translated_characters += outcome.characters;
    if (outcome.kind != TranslationOutcome::Kind::failed) return;
    count(Counter::session_errors);
    line(Level::error, "translation failed",
         {{"event", "translation_failed"}, {"error_code", "translation_failed"}});
  }

  void listened(std::size_t listeners, SessionTime now) {
    if (ended_) return;  // whoever stays hears nothing more
    usage_.listened += (now - listened_since_) * static_cast<milliseconds::rep>(listeners_);
    listened_since_ = now;
    move_listeners(listeners);
  }

  void mode(engine::Mode mode) {
    line(Level::info, "mode changed",
         {{"event", "mode_changed"}, {"partial_results", mode == engine::Mode::partial}});
  }

  void ended(const SessionFigures& figures, const Result<>& outcome, milliseconds audio,
             SessionTime now) {
    listened(0, now);
    ended_ = true;
    sinks_.metrics->move(arm_, telemetry::Standing::live_sessions, -1);
    usage_.audio = audio;
    sinks_.metrics->record(arm_, Distribution::orphaned_results_flushed, figures.orphans);
    sinks_.metrics->record(arm_, Distribution::normalized_erasure, whole(figures.erasure * 1000));
    const double cost = telemetry::cost_per_listener_hour(usage_, sinks_.prices);
    if (usage_.listened > milliseconds{0})
      sinks_.metrics->record(arm_, Distribution::cost_per_listener_hour, whole(cost * 1e6));
    if (!outcome) {
      count(Counter::session_errors);
      line(Level::error, "recogniser failed",
           {{"event", "session_error"},
            {"error_code", to_string(outcome.error().code)},
            {"error", outcome.error().message}});
    }
    line(Level::info, "session ended",
         {{"event", "session_ended"},
          {"audio_seconds", to_seconds(audio)},
          {"listener_hours", to_seconds(usage_.listened) / 3600},
          {"cost_usd", telemetry::cost_of(usage_, sinks_.prices)},
          {"cost_per_listener_hour_usd", cost},
          {"orphaned_results", static_cast<double>(figures.orphans)},
          {"normalized_erasure", figures.erasure}});
    if (sinks_.on_outcome) sinks_.on_outcome(outcome_of(figures, cost));
  }

 private:
  std::uint64_t counted(Counter counter) const {
    return counted_[static_cast<std::size_t>(counter)];
  }

  void took(milliseconds latency) {
    const auto ms = static_cast<std::uint64_t>(latency.count());
    sinks_.metrics->record(arm_, Distribution::processing_latency, ms);
    if (sinks_.on_outcome) latency_.record(ms);
  }

  rollout::SessionOutcome outcome_of(const SessionFigures& figures, double cost) const {
    rollout::SessionOutcome outcome = outcome_;
    outcome.ended_at = sinks_.now();
    outcome.captions = latency_.count();
    if (outcome.captions > 0) outcome.latency_p95_ms = latency_.quantile(0.95);
    outcome.finals = counted(Counter::final_results_processed);
    outcome.errors = counted(Counter::session_errors);
    outcome.dropped = counted(Counter::partial_results_dropped) + dropped_->load();
    outcome.orphaned = figures.orphans;
    outcome.fallbacks = counted(Counter::transcribe_fallback_triggered);
    if (translated_) outcome.erasure = figures.erasure;
    if (usage_.listened > milliseconds{0}) outcome.cost_per_listener_hour = cost;
    outcome.cache_hits = counted(Counter::translation_cache_hits);
    outcome.cache_misses = counted(Counter::translation_cache_misses);
    outcome.paired = figures.paired;
    return outcome;
  }

  void move_listeners(std::size_t listeners) {
    sinks_.metrics->move(
        arm_, telemetry::Standing::listeners,
        static_cast<std::int64_t>(listeners) - static_cast<std::int64_t>(listeners_));
    listeners_ = listeners;
  }

  void line(Level level, std::string_view message,
            std::initializer_list<telemetry::Field> fields) const {
    sinks_.log->write(level, message, {{"session_id", id_.str()}}, fields);
  }

  void action(std::string_view action) const {
    line(Level::info, "partial result", {{"event", "partial_result"}, {"action", action}});
  }

  void spoken(const engine::Speak& speak, bool by_final, bool by_time, SessionTime now,
              const CaptureClock& captured) const {
    const auto took = std::max(milliseconds{0}, now - captured.captured_at(speak.end));
    line(Level::info, by_final ? "final result" : "partial result",
         {{"event", by_final ? "final_result" : "partial_result"},
          {"action", by_time ? "flushed" : "forwarded"},
          {"stability_score", std::round(static_cast<double>(speak.stability) * 1000) / 1000},
          {"processing_latency_ms", static_cast<double>(took.count())}});
  }

  // What was forwarded of the latest results, for when their final says otherwise.
  void remember(const engine::Speak& speak) {
    if (!sinks_.log->writes(Level::debug)) return;
    std::string& text = forwarded_[std::string(speak.result_id)];
    if (text.size() < most_text) (text += text.empty() ? "" : " ") += speak.text;
    if (forwarded_.size() > most_results) forwarded_.erase(forwarded_.begin());
  }

  void show_discrepancy(const engine::Notice& notice, const transcript::Event& heard) const {
    const auto known = forwarded_.find(std::string(notice.result_id));
    if (known == forwarded_.end()) return;
    for (std::size_t i = 0; i < heard.size(); ++i)
      if (!heard[i].is_partial)
        line(Level::debug, "what was forwarded, and the final",
             {{"event", "discrepancy_texts"},
              {"forwarded", known->second},
              {"final", heard[i].transcript.substr(0, most_text)}});
  }

  // Whether it says what became of a partial result.
  bool noticed(const engine::Notice& notice) {
    using Kind = engine::Notice::Kind;
    switch (notice.kind) {
      case Kind::superseded:
        count(Counter::partial_results_superseded);
        return action("superseded"), true;
      case Kind::dropped_late:
        count(Counter::partial_results_dropped);
        return action("dropped"), true;
      case Kind::duplicate: count(Counter::duplicates_detected); return action("duplicate"), true;
      case Kind::discrepancy:
        count(Counter::partial_final_discrepancies);
        line(Level::warning, "a final differs from what was forwarded",
             {{"event", "discrepancy"}, {"share", static_cast<double>(notice.value)}});
        return false;
      case Kind::fallback:
        count(Counter::transcribe_fallback_triggered);
        line(Level::warning, "the recogniser is silent: finals only",
             {{"event", "session_fallback"}, {"error_code", "recogniser_silent"}});
        return false;
      case Kind::recover:
        line(Level::info, "results come again", {{"event", "session_recovered"}});
        return false;
      case Kind::stability_missing:
        line(Level::warning, "the recogniser says nothing on stability",
             {{"event", "stability_missing"}});
        return false;
      case Kind::orphan_flushed:
      case Kind::contradicted: return false;  // the first is counted at the end
    }
    return false;
  }

  const SessionId id_;
  const telemetry::Arm arm_;
  const TelemetrySinks sinks_;
  rollout::SessionOutcome outcome_;  // what was known of it when it began

  // self-synchronised
  const std::shared_ptr<std::atomic<std::uint64_t>> dropped_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);

  // on the session's strand
  std::array<std::uint64_t, telemetry::counter_count> counted_{};
  SparseSketch latency_;  ///< ms; where somebody wants the outcome
  bool translated_ = false;
  telemetry::Usage usage_;
  std::map<std::string, std::string> forwarded_;  ///< by result; at DEBUG only
  std::size_t listeners_ = 0;
  bool ended_ = false;
  SessionTime listened_since_{};
};

}  // namespace

SessionObserver observe(const SessionId& id, telemetry::Arm arm, const rollout::Decision& decision,
                        const TelemetrySinks& sinks) {
  const auto telemetry = std::make_shared<SessionTelemetry>(id, arm, decision, sinks);
  SessionObserver observer;
  observer.on_step = [telemetry](const transcript::Event* heard, const engine::Commands& commands,
                                 SessionTime now, const CaptureClock& captured) {
    telemetry->stepped(heard, commands, now, captured);
  };
  observer.on_sent = [telemetry](const SentCaption& sent) { telemetry->sent(sent); };
  observer.on_speech = [telemetry](const SentSpeech& sent) { telemetry->speech_sent(sent); };
  observer.on_not_kept = [telemetry](const Error& error) { telemetry->not_kept(error); };
  observer.on_translation = [telemetry](const TranslationOutcome& outcome) {
    telemetry->translated(outcome);
  };
  observer.on_listeners = [telemetry](std::size_t listeners, SessionTime now) {
    telemetry->listened(listeners, now);
  };
  observer.on_dropped = telemetry->on_dropped();
  observer.on_mode = [telemetry](engine::Mode mode, SessionTime) { telemetry->mode(mode); };
  observer.on_ended = [telemetry](const SessionFigures& figures, const Result<>& outcome,
                                  milliseconds audio, SessionTime now) {
    telemetry->ended(figures, outcome, audio, now);
  };
  return observer;
}

}  // namespace sotto::pipeline
