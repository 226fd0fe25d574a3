#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/segment.hpp"

namespace sotto::pipeline {

/// Since when an engine's captions show each word: a word that is replaced by another begins anew,
/// as do those behind it. Words are the same when they are spoken the same. Bounded: of the four
/// segments that were shown last. Not thread-safe.
class ShownWords {
 public:
  /// A segment now reads so.
  void shown(SegmentId id, std::string_view text, SessionTime now);

  /// The segment's next word is said: since when a caption has it; `now` where none does.
  SessionTime said(SegmentId id, std::string_view word, SessionTime now);

 private:
  struct Word {
    std::uint64_t spoken = 0;  ///< engine::spoken_hash()
    SessionTime since{};
  };
  struct Line {
    SegmentId id{};
    std::vector<Word> words;  ///< from the first that is not said yet
    std::size_t said = 0;     ///< words before them
  };

  Line& line(SegmentId id);

  std::array<Line, 4> lines_;
  std::size_t oldest_ = 0;
};

}  // namespace sotto::pipeline
