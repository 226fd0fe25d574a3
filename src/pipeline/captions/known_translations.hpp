#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/segment.hpp"

namespace sotto::pipeline {

/// What one language's translations of the newest segments are, from each segment's start on: so
/// that a segment that grows needs only its new words translated, and one that has changed in case
/// and marks alone needs nothing. Bounded; not thread-safe.
class KnownTranslations {
 public:
  explicit KnownTranslations(const Language& target);

  struct Known {
    std::size_t bytes = 0;  ///< of the text, from its start; 0: nothing is known
    std::string translation;
  };

  /// The longest beginning of the segment's `text`, no longer than `most` bytes, of which the
  /// translation is known. Where that is all of it, the translation has its case and marks; it is
  /// not all of it where a question or an exclamation has become one, or is none any more.
  Known find(SegmentId segment, std::string_view text, std::size_t most) const;

  /// Takes in the translation of what lies in the segment's `text` behind `known`, which find()
  /// gave. The translation of all of the text.
  std::string add(SegmentId segment, std::string_view text, const Known& known, std::string rest);

  static constexpr std::size_t most_segments = 64;
  static constexpr std::size_t most_parts = 32;  ///< of a segment; then only the whole is known

 private:
  struct Beginning {
    std::string text, translation;
  };
  struct Entry {
    SegmentId segment{};
    std::vector<Beginning> beginnings;  ///< each longer than the one before
  };

  bool spaced_ = true;  ///< the language has spaces between words
  bool nouns_are_capital_ = false;
  std::deque<Entry> entries_;  ///< the newest last
};

/// A translation of `before` as one of `now`, which has the same words with other case and marks:
/// with the case of its first letter and the marks behind its last word. A capital stays where the
/// language writes its nouns with one.
std::string with_letters_of(std::string_view before, std::string_view now, std::string translation,
                            bool nouns_are_capital = false);

}  // namespace sotto::pipeline
