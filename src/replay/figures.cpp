#include "replay/figures.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "json/text.hpp"

namespace sotto::replay {

namespace {

std::uint64_t milliseconds_after(SessionTime moment, SessionTime end) {
  return static_cast<std::uint64_t>(std::max<milliseconds::rep>(0, (moment - end).count()));
}

std::uint64_t characters(std::string_view text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

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
  Session& session = sessions_[id];
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const engine::Command& command = commands[i];
    if (const auto* caption = std::get_if<engine::ShowCaption>(&command)) {
      const std::string& text = session.board.show(*caption);
      if (is_last_of_result(commands, i)) session.results.shown(caption->result, text);
      decided(session, *caption);
    } else if (const auto* speak = std::get_if<engine::Speak>(&command)) {
      if (!speak->text.empty()) ++(speak->flushed ? flushes_ : forwards_);
      committed_words_ += speak->words;
      for (const SessionTime end : commands.word_ends(*speak))
        commit_lag_.record(milliseconds_after(at, end));
      if (speak->ends != engine::CutReason::none)
        segment_lag_.record(milliseconds_after(at, speak->end));
    } else {
      const auto& notice = std::get<engine::Notice>(command);
      ++notices_[static_cast<std::size_t>(notice.kind)];
      if (notice.kind == engine::Notice::Kind::contradicted)
        contradicted_words_ += static_cast<std::uint64_t>(notice.value);
    }
  }
}

void Figures::decided(Session& session, const engine::ShowCaption& caption) {
  session.captions.shown(static_cast<std::uint64_t>(caption.segment), caption.text);
  ++(caption.state == engine::ShowCaption::State::replaced ? replacements_ : captions_);
  if (!caption.translate || caption.text.empty()) return;
  ++translations_;
  translated_characters_ += characters(caption.text);
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
  using Kind = engine::Notice::Kind;
  boost::json::object out;
  out["sessions"] = sessions_.size();
  out["events"] = events_;
  out["partial_results"] = partials_;
  out["final_results"] = finals_;
  out["forwards"] = forwards_;
  out["flushes"] = flushes_;
  out["captions"] = captions_;
  out["replacements"] = replacements_;
  out["superseded"] = count(Kind::superseded);
  out["dropped_late"] = count(Kind::dropped_late);
  out["duplicates"] = count(Kind::duplicate);
  out["orphans_flushed"] = count(Kind::orphan_flushed);
  out["discrepancies"] = count(Kind::discrepancy);
  out["fallbacks"] = count(Kind::fallback);
  out["recoveries"] = count(Kind::recover);
  out["sessions_without_stability"] = count(Kind::stability_missing);
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
