#include "replay/figures.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "base/utf8.hpp"
#include "json/text.hpp"

namespace sotto::replay {

namespace {

double rounded(double value) { return std::round(value * 10'000) / 10'000; }

boost::json::object latency(const QuantileSketch& sketch) {
  return {{"p50", sketch.quantile(0.5)},
          {"p95", sketch.quantile(0.95)},
          {"p99", sketch.quantile(0.99)},
          {"mean", rounded(sketch.mean())},
          {"count", sketch.count()}};
}

}  // namespace

void Figures::heard(const transcript::Event& event) {
  ++events_;
  for (std::size_t i = 0; i < event.size(); ++i) ++(event[i].is_partial ? partials_ : finals_);
}

void Figures::decided(const SessionId& id, SessionTime at, const engine::Commands& commands) {
  const observation::StepSummary summary = observation::summarise(nullptr, commands, at);
  count(summary);
  Session& session = sessions_[id];
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const auto* caption = std::get_if<engine::ShowCaption>(&commands[i]);
    if (!caption) continue;
    const std::string& text = session.board.show(*caption);
    if (is_last_of_result(commands, i)) session.results.shown(caption->result, text);
    decided(session, *caption);
  }
}

void Figures::count(const observation::StepSummary& summary) {
  forwards_ += summary.forwards;
  flushes_ += summary.flushes;
  committed_words_ += summary.committed_words;
  contradicted_words_ += summary.contradicted_words;
  superseded_ += summary.superseded;
  dropped_ += summary.dropped;
  duplicates_ += summary.duplicates;
  orphans_ += summary.orphans;
  discrepancies_ += summary.discrepancies;
  fallbacks_ += observation::recogniser_fell_silent(summary) ? 1U : 0U;
  recoveries_ += observation::recogniser_recovered(summary) ? 1U : 0U;
  without_stability_ += summary.stability_missing ? 1U : 0U;
  for (const milliseconds latency : summary.decision_latencies)
    commit_lag_.record(static_cast<std::uint64_t>(latency.count()));
  for (const milliseconds latency : summary.segment_latencies)
    segment_lag_.record(static_cast<std::uint64_t>(latency.count()));
}

void Figures::decided(Session& session, const engine::ShowCaption& caption) {
  session.captions.shown(static_cast<std::uint64_t>(caption.segment), caption.text);
  ++(caption.state == engine::ShowCaption::State::replaced ? replacements_ : captions_);
  if (!caption.translate || caption.text.empty()) return;
  ++translations_;
  translated_characters_ += utf8::length(caption.text.substr(caption.reuse_bytes));
}

double Figures::contradicted_share() const {
  return committed_words_ == 0
             ? 0
             : static_cast<double>(contradicted_words_) / static_cast<double>(committed_words_);
}

double Figures::share(engine::ErasureMeter Session::*meter) const {
  double erased = 0, words = 0;
  for (const auto& [id, session] : sessions_) {
    erased += static_cast<double>((session.*meter).erased());
    words += static_cast<double>((session.*meter).words());
  }
  return words == 0 ? 0 : erased / words;
}

std::string Figures::summary_json() const {
  boost::json::object out;
  out["sessions"] = sessions_.size();
  out["events"] = events_;
  out["partial_results"] = partials_;
  out["final_results"] = finals_;
  out["forwards"] = forwards_;
  out["flushes"] = flushes_;
  out["captions"] = captions_;
  out["replacements"] = replacements_;
  out["superseded"] = superseded_;
  out["dropped_late"] = dropped_;
  out["duplicates"] = duplicates_;
  out["orphans_flushed"] = orphans_;
  out["discrepancies"] = discrepancies_;
  out["fallbacks"] = fallbacks_;
  out["recoveries"] = recoveries_;
  out["sessions_without_stability"] = without_stability_;
  out["committed_words"] = committed_words_;
  out["contradicted_words"] = contradicted_words_;
  out["commit_latency_ms"] = latency(commit_lag_);
  out["segment_latency_ms"] = latency(segment_lag_);
  out["erasure"] = rounded(erasure());
  out["result_erasure"] = rounded(result_erasure());
  out["translations"] = translations_;
  out["translated_characters"] = translated_characters_;
  return json::to_text(boost::json::object{{"summary", std::move(out)}});
}

}  // namespace sotto::replay
