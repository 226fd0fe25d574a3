#pragma once

#include <cstdint>
#include <string>

#include "base/session_time.hpp"

namespace sotto {

/// A segment of a session: a stretch of words that is captioned as one line and spoken as one
/// piece. Numbered from 1 in the order in which segments were opened.
enum class SegmentId : std::uint32_t {};

/// What a segment says, in one language.
struct Segment {
  /// The session's settled revisions so far, this one counted once it is settled. Shared by all
  /// languages; a listener that reconnects says the highest one it has of a settled segment.
  std::uint64_t seq = 0;
  SegmentId id{};
  std::string text;         ///< words that stand; a settled segment without text was removed
  std::string provisional;  ///< words after them that may still change, with their leading space
  SessionTime start{};      ///< where its first word begins in the audio
  SessionTime end{};        ///< where its last word ends
  friend bool operator==(const Segment&, const Segment&) = default;
};

}  // namespace sotto
