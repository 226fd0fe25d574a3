#pragma once

#include <span>
#include <vector>

#include "base/session_time.hpp"
#include "providers/moonshine/words.hpp"

namespace sotto::providers::moonshine {

/// What the speech detector heard in one frame of an utterance.
struct FrameNote {
  float probability = 0;  ///< that it holds speech
  float level_db = 0;
};

/// Where a word is in its utterance.
struct WordTime {
  milliseconds start{};
  milliseconds end{};

  friend bool operator==(const WordTime&, const WordTime&) = default;
};

/// Estimates where the words of an utterance are, since the model gives no times. The time in which
/// somebody speaks (by the detector and by loudness) is shared out by the words' lengths, so a
/// pause falls between two words. `heard_by[i]`, where it is above 0, is how far into the utterance
/// the first hypothesis with word i reached: the word ends before. Times rise and lie within the
/// frames. docs/stability.md says how good they are.
std::vector<WordTime> estimate_times(std::span<const Word> words, std::span<const FrameNote> frames,
                                     std::span<const milliseconds> heard_by);

}  // namespace sotto::providers::moonshine
