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

std::string_view to_string(Notice::Kind kind) {
  switch (kind) {
    case Notice::Kind::superseded: return "superseded";
    case Notice::Kind::dropped_late: return "dropped_late";
    case Notice::Kind::duplicate: return "duplicate";
    case Notice::Kind::orphan_flushed: return "orphan_flushed";
    case Notice::Kind::contradicted: return "contradicted";
    case Notice::Kind::discrepancy: return "discrepancy";
    case Notice::Kind::stability_missing: return "stability_missing";
    case Notice::Kind::fallback: return "fallback";
    case Notice::Kind::recover: return "recover";
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

ShownDecision shown_decision(const Notice& notice) {
  switch (notice.kind) {
    case Notice::Kind::superseded: return {"drop", "superseded"};
    case Notice::Kind::dropped_late: return {"drop", "late"};
    case Notice::Kind::duplicate: return {"duplicate", "heard_before"};
    case Notice::Kind::discrepancy: return {"discrepancy", "final_result"};
    case Notice::Kind::fallback: return {"fallback", to_string(notice.cause)};
    case Notice::Kind::recover: return {"recover", to_string(notice.cause)};
    case Notice::Kind::orphan_flushed:
    case Notice::Kind::contradicted:
    case Notice::Kind::stability_missing: break;
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

void Commands::add(Notice notice) {
  notice.result_id = text_.store(notice.result_id);
  commands_.emplace_back(notice);
}

}  // namespace sotto::engine
