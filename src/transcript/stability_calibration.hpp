#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/session_time.hpp"

namespace sotto::transcript {

/// How likely a partial result's word is to be in the final result as it stands, for one
/// recogniser: measured shares of surviving words, by how many words follow it in the hypothesis
/// and by how long (in audio time) successive hypotheses have agreed on everything up to it.
/// A recogniser's provider ships its table, fitted on recordings.
struct StabilityCalibration {
  static constexpr std::size_t distances = 6;  ///< 0, 1, 2, 3, 4, and 5 or more words after it
  static constexpr std::size_t agreements =
      11;  ///< steps of 100 ms: 0–99 ms, 100–199 ms, …, 1 s or more

  /// survival[words after][agreement step], each in [0, 1].
  std::array<std::array<float, agreements>, distances> survival{};

  /// The probability for a word with `words_after` words behind it, agreed on for `agreed`
  /// (negative counts as zero).
  float probability(std::size_t words_after, milliseconds agreed) const {
    const auto steps =
        static_cast<std::size_t>(std::max<milliseconds::rep>(0, agreed.count()) / 100);
    return survival[std::min(words_after, distances - 1)][std::min(steps, agreements - 1)];
  }
};

}  // namespace sotto::transcript
