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
