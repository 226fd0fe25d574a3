#pragma once

#include <ostream>
#include <unordered_map>

#include "base/ids.hpp"
#include "engine/command.hpp"
#include "replay/caption_board.hpp"

namespace sotto::replay {

/// Writes an engine's commands as JSON, a decision a line:
///
///   {"at_ms":…,"session_id":…,"action":…,"result_id":…,"text":…,"reason":…,"stability":…,
///    "channel":"speech"|"captions"}
///
/// `action` is, on the speech channel, `forward` (words committed because they are stable or final;
/// `reason` says why the segment ends with them, or "stable") or `flush` (committed for want of a
/// final), and `discrepancy`; on the captions channel `caption` and `replace` (`text` is what the
/// whole result reads now), `drop` (`reason`: "late" or "superseded") and `duplicate`; `fallback`
/// and `recover` have "no_results", "results_resumed" or "mode_change" for a reason. For each
/// session the texts of its `forward` and `flush` lines, joined by spaces, are what was spoken.
class DecisionLines {
 public:
  explicit DecisionLines(std::ostream& out) : out_(out) {}

  /// Writes the commands of one step. What has no line: pieces without words, and notices that the
  /// summary counts.
  void write(const SessionId& session, SessionTime at, const engine::Commands& commands);

 private:
  void write(const SessionId& session, SessionTime at, const engine::ShowCaption& caption,
             const std::string& text, bool replaced);
  void write(const SessionId& session, SessionTime at, const engine::Speak& speak);
  void write(const SessionId& session, SessionTime at, const engine::Diagnostic& diagnostic);

  std::ostream& out_;
  std::unordered_map<SessionId, CaptionBoard> boards_;
};

}  // namespace sotto::replay
