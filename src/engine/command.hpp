#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/segment.hpp"
#include "base/session_time.hpp"
#include "base/text_arena.hpp"

namespace sotto::engine {

using sotto::SegmentId;

/// Why a segment ended where it did.
enum class CutReason : std::uint8_t {
  none,  ///< it has not ended yet
  sentence_end,
  clause_end,
  pause,
  phrase_end,  ///< a gap between words, in text without punctuation
  word_limit,
  buffer_timeout,  ///< stable text was held as long as it may be
  buffer_full,
  final_result,  ///< the recogniser's final closed it
  orphan,        ///< the recogniser never gave its final
  end_of_audio,
};

/// The JSON name, such as "sentence_end".
std::string_view to_string(CutReason reason);

/// Revisable output: what every listener should now see for a segment, in place of whatever it saw
/// for it before.
struct ShowCaption {
  enum class State : std::uint8_t {
    open,      ///< the segment may still grow
    closed,    ///< the segment has ended; a final may yet correct it
    replaced,  ///< a segment corrected by its final; empty text removes it
  };

  SegmentId segment{};
  State state = State::open;
  std::uint32_t result = 0;  ///< which of the session's results, counted from 1 as they appeared
  std::string_view result_id;
  std::string_view text;         ///< the whole segment as it stands
  std::size_t stable_bytes = 0;  ///< text[0, stable_bytes) is stable, the rest is provisional
  SessionTime start{};           ///< where its first word begins in the audio
  SessionTime end{};             ///< where its last shown word ends
  bool translate = true;         ///< worth a translation now; false: only the source changed
  /// text[0, reuse_bytes) are words whose translation is to stay, as they went there before, in one
  /// or several parts; of all of them where a segment that has ended needs none. Who has not all of
  /// those parts translates from where they end.
  std::size_t reuse_bytes = 0;
  float stability = 1;  ///< lowest among the stable words, 0–1
};

/// Append-only output: words committed to speech, once. A segment comes in pieces, in order, as its
/// words become stable; its last piece says why it ended. Speech never takes anything back.
struct Speak {
  SegmentId segment{};
  std::string_view result_id;
  std::string_view text;  ///< the new words; empty where only the end of the segment is new
  SessionTime start{};
  SessionTime end{};
  CutReason ends = CutReason::none;  ///< anything else: the segment is complete with this piece
  bool flushed = false;          ///< committed because of a time limit, a full buffer or the end
  float stability = 1;           ///< lowest of its words, 0–1
  std::uint32_t first_time = 0;  ///< Commands::word_ends()
  std::uint32_t words = 0;
};

/// Why an engine waits for finals from here on, or uses partial results again.
enum class Cause : std::uint8_t {
  none,             ///< of what is neither a fallback nor a recovery
  no_results,       ///< somebody speaks, and the recogniser says nothing
  results_resumed,  ///< it says something again
  mode_change,      ///< an operator asked for it: a kill, an override, a step back
};

/// The JSON name, such as "no_results"; empty for `none`.
std::string_view to_string(Cause cause);

/// A diagnostic: an event to log and count, which listeners do not see.
struct Diagnostic {
  enum class Kind : std::uint8_t {
    superseded,         ///< a newer hypothesis came within the rate window
    dropped_late,       ///< older than what it would replace
    duplicate,          ///< the same result again
    orphan_flushed,     ///< a result without a final was flushed
    contradicted,       ///< a final has other words than were committed; value: how many
    discrepancy,        ///< it contradicts more than 20 % of their characters; value: the share
    stability_missing,  ///< the recogniser gives no stability; once a session
    fallback,           ///< finals only from here on
    recover,            ///< partial results are used again
  };
  Kind kind{};
  std::string_view result_id;
  double value = 0;
  Cause cause = Cause::none;  ///< of fallback and recover
};

/// The JSON name, such as "superseded".
std::string_view to_string(Diagnostic::Kind kind);

/// What `sotto replay` says an engine did, such as "drop", and why, such as "late". An empty
/// action: it is not shown.
struct ShownDecision {
  std::string_view action, reason;
};
ShownDecision shown_decision(const Diagnostic& diagnostic);

using Command = std::variant<ShowCaption, Speak, Diagnostic>;

/// The commands of an engine, in order. It owns the text that its commands view. A list that is
/// cleared and filled again stops allocating. Movable; views live until clear(). Not thread-safe.
class Commands {
 public:
  /// Empties the list and keeps its memory.
  void clear();

  /// Appends a command and copies the text it views.
  void add(ShowCaption caption);
  void add(Speak speak, std::span<const SessionTime> word_ends);
  void add(Diagnostic diagnostic);

  /// Where in the audio each of a piece's words ends.
  std::span<const SessionTime> word_ends(const Speak& speak) const {
    return std::span(times_).subspan(speak.first_time, speak.words);
  }

  bool empty() const { return commands_.empty(); }
  std::size_t size() const { return commands_.size(); }
  const Command& operator[](std::size_t index) const { return commands_[index]; }
  auto begin() const { return commands_.begin(); }
  auto end() const { return commands_.end(); }

 private:
  std::vector<Command> commands_;
  std::vector<SessionTime> times_;
  TextArena text_;
};

}  // namespace sotto::engine
