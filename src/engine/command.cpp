#include "engine/command.hpp"

#include <string_view>

namespace sotto::engine {

std::string_view to_string(CutReason reason) {
  switch (reason) {
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
    case Notice::Kind::discrepancy: return "discrepancy";
    case Notice::Kind::stability_missing: return "stability_missing";
    case Notice::Kind::fallback: return "fallback";
    case Notice::Kind::recover: return "recover";
  }
  return "unknown";
}

}  // namespace sotto::engine
