#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/session_time.hpp"

namespace sotto::engine {

/// A segment of a session: a stretch of words that is captioned as one line and spoken as one
/// piece. Numbered from 1 in the order in which segments were opened.
enum class SegmentId : std::uint32_t {};

/// Why a segment ended where it did.
enum class CutReason : std::uint8_t {
  sentence_end,
  clause_end,
  pause,
  phrase_end,  ///< a gap between words, in text without punctuation
  word_limit,
  buffer_timeout,  ///< stable text was held as long as it may be
  buffer_full,
  final_result,  ///< the recogniser's final closed it
  orphan,        ///< the recogniser never said its final
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
    replaced,  ///< a closed segment corrected by its final; empty text removes it
  };

  SegmentId segment{};
  State state = State::open;
  std::string result_id;
  std::string text;              ///< the whole segment as it stands
  std::size_t stable_bytes = 0;  ///< text[0, stable_bytes) is stable, the rest is provisional
  SessionTime start{};           ///< where its first word begins in the audio
  SessionTime end{};             ///< where its last shown word ends
  bool translate = true;         ///< worth a translation now; false: only the source changed
  float stability = 1;           ///< lowest among the stable words, 0–1
};

/// Append-only output: a segment to be spoken, once. Speech never takes anything back.
struct Speak {
  SegmentId segment{};
  std::string result_id;
  std::string text;
  SessionTime start{};
  SessionTime end{};
  CutReason reason{};
  float stability = 1;
};

/// Something worth counting that listeners do not see.
struct Notice {
  enum class Kind : std::uint8_t {
    superseded,      ///< a newer hypothesis came within the rate window
    dropped_late,    ///< older than what it would replace
    duplicate,       ///< the same final again
    orphan_flushed,  ///< a result without a final was flushed
    discrepancy,     ///< a final contradicts more than 20 % of what was committed; value: the share
    stability_missing,  ///< the recogniser says nothing on stability; once a session
    fallback,           ///< final-only mode began
    recover,            ///< partial results are used again
  };
  Kind kind{};
  std::string result_id;
  double value = 0;
};

/// The JSON name, such as "superseded".
std::string_view to_string(Notice::Kind kind);

using Command = std::variant<ShowCaption, Speak, Notice>;
using Commands = std::vector<Command>;

}  // namespace sotto::engine
