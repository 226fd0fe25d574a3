#include "pipeline/session/session_telemetry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "base/sparse_sketch.hpp"
#include "observation/step_log.hpp"
#include "observation/step_metrics.hpp"
#include "pipeline/session/session_alarms.hpp"

namespace sotto::pipeline {

using telemetry::Counter;
using telemetry::Histogram;
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

void set_votes(rollout::SessionOutcome& outcome, const Votes& votes) {
  outcome.thumbs_up = votes.up;
  outcome.thumbs_neutral = votes.neutral;
  outcome.thumbs_down = votes.down;
}

class SessionTelemetry : public SessionObserver {
 public:
  SessionTelemetry(SessionId id, telemetry::Arm arm, const rollout::Evaluation& decision,
                   TelemetrySinks sinks)
      : id_(std::move(id)), arm_(arm), sinks_(std::move(sinks)), alarms_(sinks_.metrics, arm) {
    outcome_.session_id = id_.str();
    outcome_.canary = arm == telemetry::Arm::canary;
    outcome_.by_bucket = is_by_bucket(decision.reason);
    outcome_.percentage = decision.share;
    outcome_.flag_version = decision.version;
    if (sinks_.on_outcome) outcome_.began_at = sinks_.now();
    sinks_.metrics->move(arm_, telemetry::Gauge::live_sessions, 1);
  }

  // A session that is given up without having ended leaves nothing behind.
  ~SessionTelemetry() override {
    move_listeners(0);
    if (!ended_) sinks_.metrics->move(arm_, telemetry::Gauge::live_sessions, -1);
  }
  SessionTelemetry(const SessionTelemetry&) = delete;
  SessionTelemetry& operator=(const SessionTelemetry&) = delete;

  void on_dropped(std::size_t events) override {
    count(Counter::partial_results_dropped, events);
    if (sinks_.now) alarms_.dropped(events, sinks_.now());
  }

  void on_step(const transcript::Event* heard, const engine::Commands& commands,
               const observation::StepSummary& summary, SessionTime) override {
    observation::write(summary, id_, *sinks_.log);
    observation::count(summary, arm_, *sinks_.metrics);
    const observation::Counts counts = observation::counts_of(summary);
    for (std::size_t i = 0; i < counts.size(); ++i) counted_[i] += counts[i];
    note_alarms(summary);
    if (!sinks_.log->writes(Level::debug)) return;
    if (summary.final_results == 0) remember(commands);
    if (heard && summary.discrepancies > 0) show_discrepancies(summary, *heard);
  }

  void on_sent(const SentCaption& sent) override {
    const Segment& segment = sent.caption->segment;
    usage_.delivered_bytes +=
        (segment.text.size() + segment.provisional.size() + caption_overhead) * sent.listeners;
    translated_ = true;
    if (sent.latency)
      delivered("caption sent", "caption_sent", sent.caption->language, *sent.latency);
    else if (sinks_.now)
      alarms_.active(sinks_.now());
  }

  void on_words_shown(std::span<const milliseconds> lags) override {
    for (const milliseconds lag : lags)
      sinks_.metrics->record(arm_, Histogram::word_lag, static_cast<std::uint64_t>(lag.count()));
  }

  void on_speech(const SentSpeech& sent) override {
    const std::size_t bytes = sent.speech->samples.size() * sizeof(std::int16_t);
    usage_.synthesised_characters += bytes > 0 ? sent.characters : 0;
    usage_.delivered_bytes += bytes * sent.listeners;
    if (bytes == 0) {
      fail();
      return line(Level::error, "speech failed",
                  {{"event", "speech_failed"},
                   {"error_code", "speech_failed"},
                   {"language", sent.speech->language.str()}});
    }
    if (sent.latency) delivered("speech sent", "speech_sent", sent.speech->language, *sent.latency);
  }

  void on_not_stored(const Error& error) override {
    fail();
    line(Level::error, "a caption could not be stored",
         {{"event", "transcript_failed"},
          {"error_code", to_string(error.code)},
          {"error", error.message}});
  }

  void on_translation(const TranslationOutcome& outcome) override {
    const bool known = outcome.kind == TranslationOutcome::Kind::known;
    count(known ? Counter::translation_cache_hits : Counter::translation_cache_misses);
    if (!known) usage_.translated_characters += outcome.characters;
    if (outcome.kind != TranslationOutcome::Kind::failed) return;
    fail();
    line(Level::error, "translation failed",
         {{"event", "translation_failed"}, {"error_code", "translation_failed"}});
  }

  void on_listeners(std::size_t listeners, SessionTime now) override {
    if (ended_) return;  // whoever stays hears nothing more
    usage_.listened += (now - listened_since_) * static_cast<milliseconds::rep>(listeners_);
    listened_since_ = now;
    move_listeners(listeners);
  }

  void on_mode(engine::Mode mode, SessionTime) override {
    line(Level::info, "mode changed",
         {{"event", "mode_changed"}, {"partial_results", mode == engine::Mode::partial}});
  }

  void on_ended(const SessionFigures& figures, const Result<>& outcome, milliseconds audio,
                SessionTime now) override {
    on_listeners(0, now);
    ended_ = true;
    if (!outcome) fail();
    if (sinks_.now) alarms_.ended(figures.orphans, sinks_.now());
    sinks_.metrics->move(arm_, telemetry::Gauge::live_sessions, -1);
    usage_.audio = audio;
    sinks_.metrics->record(arm_, Histogram::orphaned_results_flushed, figures.orphans);
    sinks_.metrics->record(arm_, Histogram::normalized_erasure, whole(figures.erasure * 1000));
    const double cost = telemetry::cost_per_listener_hour(usage_, sinks_.prices);
    if (usage_.listened > milliseconds{0})
      sinks_.metrics->record(arm_, Histogram::cost_per_listener_hour, whole(cost * 1e6));
    if (!outcome)
      line(Level::error, "recogniser failed",
           {{"event", "session_error"},
            {"error_code", to_string(outcome.error().code)},
            {"error", outcome.error().message}});
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

  void on_late_votes(const Votes& votes) override {
    if (ended_ && sinks_.on_late_votes) sinks_.on_late_votes(id_, votes);
  }

 private:
  std::uint64_t counted(Counter counter) const {
    return counted_[static_cast<std::size_t>(counter)];
  }

  void count(Counter counter, std::uint64_t times = 1) {
    counted_[static_cast<std::size_t>(counter)] += times;
    sinks_.metrics->count(arm_, counter, times);
  }

  void fail() {
    count(Counter::session_errors);
    if (sinks_.now) alarms_.failed(sinks_.now());
  }

  void note_alarms(const observation::StepSummary& summary) {
    if (!sinks_.now) return;
    const bool silent = observation::recogniser_fell_silent(summary);
    if (summary.final_results == 0 && summary.dropped == 0 && !silent) return;
    const UtcTime now = sinks_.now();
    if (summary.final_results > 0) alarms_.active(now);
    if (summary.dropped > 0) alarms_.dropped(summary.dropped, now);
    if (silent) alarms_.fell_back(now);
  }

  void delivered(std::string_view message, std::string_view event, const Language& language,
                 milliseconds latency) {
    const auto ms = static_cast<std::uint64_t>(latency.count());
    sinks_.metrics->record(arm_, Histogram::processing_latency, ms);
    if (sinks_.on_outcome) latency_.record(ms);
    for (std::size_t i = 0; i < late_.size() && ms > rollout::late_limits_ms[i]; ++i) ++late_[i];
    if (sinks_.now) alarms_.delivered(latency, sinks_.now());
    line(Level::debug, message,
         {{"event", event},
          {"language", language.str()},
          {"processing_latency_ms", static_cast<double>(latency.count())}});
  }

  rollout::SessionOutcome outcome_of(const SessionFigures& figures, double cost) const {
    rollout::SessionOutcome outcome = outcome_;
    outcome.ended_at = sinks_.now();
    outcome.captions = latency_.count();
    if (outcome.captions > 0) outcome.latency_p95_ms = latency_.quantile(0.95);
    outcome.late = late_;
    outcome.finals = counted(Counter::final_results_processed);
    outcome.errors = counted(Counter::session_errors);
    outcome.dropped = counted(Counter::partial_results_dropped);
    outcome.orphaned = figures.orphans;
    outcome.fallbacks = counted(Counter::transcribe_fallback_triggered);
    if (translated_) outcome.erasure = figures.erasure;
    if (usage_.listened > milliseconds{0}) outcome.cost_per_listener_hour = cost;
    outcome.cache_hits = counted(Counter::translation_cache_hits);
    outcome.cache_misses = counted(Counter::translation_cache_misses);
    outcome.listeners = figures.listeners;
    outcome.listeners_left = figures.listeners_left;
    set_votes(outcome, figures.votes);
    outcome.language = figures.language.str();
    outcome.paired = figures.paired;
    return outcome;
  }

  void move_listeners(std::size_t listeners) {
    sinks_.metrics->move(
        arm_, telemetry::Gauge::listeners,
        static_cast<std::int64_t>(listeners) - static_cast<std::int64_t>(listeners_));
    listeners_ = listeners;
  }

  void line(Level level, std::string_view message,
            std::initializer_list<telemetry::Field> fields) const {
    sinks_.log->write(level, message, {{"session_id", id_.str()}}, fields);
  }

  // What was forwarded of the latest results, for when their final says otherwise.
  void remember(const engine::Commands& commands) {
    for (const engine::Command& command : commands) {
      const auto* piece = std::get_if<engine::Speak>(&command);
      if (!piece || piece->text.empty()) continue;
      std::string& text = forwarded_[std::string(piece->result_id)];
      if (text.size() < most_text) (text += text.empty() ? "" : " ") += piece->text;
      if (forwarded_.size() > most_results) forwarded_.erase(forwarded_.begin());
    }
  }

  void show_discrepancies(const observation::StepSummary& summary,
                          const transcript::Event& heard) const {
    for (const observation::Observed& observed : summary.observed) {
      const auto known = forwarded_.find(observed.result_id);
      if (observed.kind != observation::Observed::Kind::discrepancy || known == forwarded_.end())
        continue;
      for (std::size_t i = 0; i < heard.size(); ++i)
        if (!heard[i].is_partial)
          line(Level::debug, "what was forwarded, and the final",
               {{"event", "discrepancy_texts"},
                {"forwarded", known->second},
                {"final", heard[i].transcript.substr(0, most_text)}});
    }
  }

  const SessionId id_;
  const telemetry::Arm arm_;
  const TelemetrySinks sinks_;
  rollout::SessionOutcome outcome_;  // what was known of it when it began

  // on the session's strand
  std::array<std::uint64_t, telemetry::counter_count> counted_{};
  SparseSketch latency_;  ///< ms; where somebody wants the outcome
  rollout::LateCaptions late_{};
  SessionAlarms alarms_;
  bool translated_ = false;
  telemetry::Usage usage_;
  std::map<std::string, std::string> forwarded_;  ///< by result; at DEBUG only
  std::size_t listeners_ = 0;
  bool ended_ = false;
  SessionTime listened_since_{};
};

}  // namespace

std::shared_ptr<SessionObserver> observe(const SessionId& id, telemetry::Arm arm,
                                         const rollout::Evaluation& decision,
                                         const TelemetrySinks& sinks) {
  return std::make_shared<SessionTelemetry>(id, arm, decision, sinks);
}

}  // namespace sotto::pipeline
