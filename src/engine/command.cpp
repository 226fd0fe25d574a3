#include "engine/command.hpp"

#include <utility>

namespace sotto::engine {

std::string_view to_string(CutReason reason) {
  switch (reason) {
    case CutReason::none: return "none";
    case CutReason::sentence_end: return "sentence_end";
    case CutReason::clause_end: return "clause_end";
    case CutReason::pause: return "pause";
    case CutReason::phrase_end: return "phrase_end";
    case CutReason::word_limit: return "word_limit";
    case CutReason::buffer_timeout: return "buffer_timeout";
    case CutReason::buffer_full: return "buffer_full";
    case CutReason::final_result: return "final_result";
    case CutReason::orphan: return "orphan";
    case CutReason::end_of_audio: return "end_of_audio";
  }
  return "unknown";
}

std::string_view to_string(Diagnostic::Kind kind) {
  switch (kind) {
    case Diagnostic::Kind::superseded: return "superseded";
    case Diagnostic::Kind::dropped_late: return "dropped_late";
    case Diagnostic::Kind::duplicate: return "duplicate";
    case Diagnostic::Kind::orphan_flushed: return "orphan_flushed";
    case Diagnostic::Kind::contradicted: return "contradicted";
    case Diagnostic::Kind::discrepancy: return "discrepancy";
    case Diagnostic::Kind::stability_missing: return "stability_missing";
    case Diagnostic::Kind::fallback: return "fallback";
    case Diagnostic::Kind::recover: return "recover";
  }
  return "unknown";
}

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::none: return "";
    case Cause::no_results: return "no_results";
    case Cause::results_resumed: return "results_resumed";
    case Cause::mode_change: return "mode_change";
  }
  return "";
}

ShownDecision shown_decision(const Diagnostic& diagnostic) {
  switch (diagnostic.kind) {
    case Diagnostic::Kind::superseded: return {"drop", "superseded"};
    case Diagnostic::Kind::dropped_late: return {"drop", "late"};
    case Diagnostic::Kind::duplicate: return {"duplicate", "heard_before"};
    case Diagnostic::Kind::discrepancy: return {"discrepancy", "final_result"};
    case Diagnostic::Kind::fallback: return {"fallback", to_string(diagnostic.cause)};
    case Diagnostic::Kind::recover: return {"recover", to_string(diagnostic.cause)};
    case Diagnostic::Kind::orphan_flushed:
    case Diagnostic::Kind::contradicted:
    case Diagnostic::Kind::stability_missing: break;
  }
  return {};
}

void Commands::clear() {
  commands_.clear();
  times_.clear();
  text_.clear();
}

void Commands::add(ShowCaption caption) {
  caption.result_id = text_.store(caption.result_id);
  caption.text = text_.store(caption.text);
  commands_.emplace_back(caption);
}

void Commands::add(Speak speak, std::span<const SessionTime> word_ends) {
  speak.result_id = text_.store(speak.result_id);
  speak.text = text_.store(speak.text);
  speak.first_time = static_cast<std::uint32_t>(times_.size());
  speak.words = static_cast<std::uint32_t>(word_ends.size());
  times_.insert(times_.end(), word_ends.begin(), word_ends.end());
  commands_.emplace_back(speak);
}

void Commands::add(Diagnostic diagnostic) {
  diagnostic.result_id = text_.store(diagnostic.result_id);
  commands_.emplace_back(diagnostic);
}

}  // namespace sotto::engine
