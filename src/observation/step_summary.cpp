#include "observation/step_summary.hpp"

#include <algorithm>

#include "base/overloaded.hpp"

namespace sotto::observation {

namespace {

using engine::Cause;
using engine::Diagnostic;
using Kind = Observed::Kind;

class Summary {
 public:
  Summary(const transcript::Event* heard, SessionTime at, const CapturedAt& captured)
      : heard_(heard), at_(at), captured_(captured) {
    if (!heard) return;
    for (std::size_t i = 0; i < heard->size(); ++i)
      ++((*heard)[i].is_partial ? summary_.partial_results : summary_.final_results);
  }

  void add(const engine::ShowCaption& caption) {
    if (caption.state == engine::ShowCaption::State::closed) ++summary_.segments_closed;
  }

  void add(const engine::Speak& piece, const engine::Commands& commands) {
    summary_.committed_words += piece.words;
    for (const SessionTime end : commands.word_ends(piece))
      summary_.decision_latencies.push_back(latency(end));
    if (piece.ends != engine::CutReason::none)
      summary_.segment_latencies.push_back(latency(piece.end));
    if (piece.text.empty()) return;
    ++(piece.flushed ? summary_.flushes : summary_.forwards);
    told_ = true;
    Observed words{Kind::words, heard_ ? Action::forwarded : Action::flushed};
    words.by_final = summary_.final_results > 0;
    words.stability = static_cast<double>(piece.stability);
    words.latency = latency(piece.end);
    summary_.observed.push_back(std::move(words));
  }

  void add(const Diagnostic& diagnostic) {
    switch (diagnostic.kind) {
      case Diagnostic::Kind::superseded: return set_aside(Action::superseded, summary_.superseded);
      case Diagnostic::Kind::dropped_late: return set_aside(Action::dropped, summary_.dropped);
      case Diagnostic::Kind::duplicate: return set_aside(Action::duplicate, summary_.duplicates);
      case Diagnostic::Kind::orphan_flushed: ++summary_.orphans; return;
      case Diagnostic::Kind::contradicted:
        summary_.contradicted_words += static_cast<std::uint64_t>(diagnostic.value);
        return;
      case Diagnostic::Kind::discrepancy:
        ++summary_.discrepancies;
        summary_.observed.push_back({.kind = Kind::discrepancy,
                                     .share = diagnostic.value,
                                     .result_id = std::string(diagnostic.result_id)});
        return;
      case Diagnostic::Kind::stability_missing:
        summary_.stability_missing = true;
        summary_.observed.push_back({.kind = Kind::stability_missing});
        return;
      case Diagnostic::Kind::fallback:
        summary_.fallback = diagnostic.cause;
        if (diagnostic.cause != Cause::mode_change) summary_.observed.push_back({Kind::fallback});
        return;
      case Diagnostic::Kind::recover:
        summary_.recovery = diagnostic.cause;
        if (diagnostic.cause != Cause::mode_change) summary_.observed.push_back({Kind::recovery});
        return;
    }
  }

  // A partial result of which nothing was said at all waits for more.
  StepSummary done() && {
    if (summary_.partial_results > 0 && !told_)
      summary_.observed.push_back({Kind::set_aside, Action::buffered});
    return std::move(summary_);
  }

 private:
  void set_aside(Action action, std::uint64_t& count) {
    ++count;
    told_ = true;
    summary_.observed.push_back({Kind::set_aside, action});
  }

  milliseconds latency(SessionTime end) const {
    return std::max(milliseconds{0}, at_ - (captured_ ? captured_(end) : end));
  }

  const transcript::Event* heard_;
  const SessionTime at_;
  const CapturedAt& captured_;
  bool told_ = false;  ///< what became of the result
  StepSummary summary_;
};

}  // namespace

std::string_view to_string(Action action) {
  switch (action) {
    case Action::forwarded: return "forwarded";
    case Action::flushed: return "flushed";
    case Action::buffered: return "buffered";
    case Action::superseded: return "superseded";
    case Action::dropped: return "dropped";
    case Action::duplicate: return "duplicate";
  }
  return "buffered";
}

StepSummary summarise(const transcript::Event* heard, const engine::Commands& commands,
                      SessionTime at, const CapturedAt& captured) {
  Summary summary(heard, at, captured);
  for (const engine::Command& command : commands)
    std::visit(Overloaded{[&](const engine::ShowCaption& caption) { summary.add(caption); },
                          [&](const engine::Speak& piece) { summary.add(piece, commands); },
                          [&](const Diagnostic& diagnostic) { summary.add(diagnostic); }},
               command);
  return std::move(summary).done();
}

bool recogniser_fell_silent(const StepSummary& summary) {
  return summary.fallback && *summary.fallback != Cause::mode_change;
}

bool recogniser_recovered(const StepSummary& summary) {
  return summary.recovery && *summary.recovery != Cause::mode_change;
}

}  // namespace sotto::observation
