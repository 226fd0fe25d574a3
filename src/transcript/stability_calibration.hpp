#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

#include "base/session_time.hpp"

namespace sotto::transcript {

/// How likely a partial result's word is to be in the final result as it stands, for one
/// recogniser: measured shares of surviving words, by how many words follow it in the hypothesis
/// and by how long (in audio time) successive hypotheses have agreed on everything up to it. Where
/// the recogniser says with each word how sure it is, that moves the share up or down.
/// A recogniser's provider ships its table, fitted on recordings.
struct StabilityCalibration {
  static constexpr std::size_t distances = 6;  ///< 0, 1, 2, 3, 4, and 5 or more words after it
  static constexpr std::size_t agreements =
      11;  ///< steps of 100 ms: 0–99 ms, 100–199 ms, …, 1 s or more
  static constexpr std::size_t confidences = 8;
  /// Where one step of confidence ends and the next begins.
  static constexpr std::array<float, confidences - 1> confidence_edges{0.3f,  0.5f,  0.7f, 0.85f,
                                                                       0.93f, 0.97f, 0.99f};
  /// No share is above this: 1 is for recognisers that promise.
  static constexpr float highest = 0.999f;

  /// survival[words after][agreement step], each in [0, 1].
  std::array<std::array<float, agreements>, distances> survival{};

  /// What a word's confidence adds to the log-odds of its share, by step; rising. All 0 for a
  /// recogniser that gives none.
  std::array<float, confidences> confidence_shift{};

  /// A word near the end of a hypothesis is not committed on its score alone before it has stood
  /// for this long: at the first moment at which it would be, it has just changed, and the score is
  /// an average over all moments. Two steps of the recogniser or so; 0 goes by the score alone.
  milliseconds settling{400};

  /// From which score on a word is worth showing as provisional, where nobody says otherwise.
  float provisional = 0.88f;

  /// The step that a confidence (0 to 1) belongs to.
  static std::size_t confidence_step(float confidence) {
    return static_cast<std::size_t>(
        std::upper_bound(confidence_edges.begin(), confidence_edges.end(), confidence) -
        confidence_edges.begin());
  }

  /// The probability for a word with `words_after` words behind it, agreed on for `agreed`
  /// (negative counts as zero), of which the recogniser is so sure.
  float probability(std::size_t words_after, milliseconds agreed,
                    std::optional<float> confidence = std::nullopt) const {
    const auto steps =
        static_cast<std::size_t>(std::max<milliseconds::rep>(0, agreed.count()) / 100);
    const float share =
        survival[std::min(words_after, distances - 1)][std::min(steps, agreements - 1)];
    if (!confidence) return share;
    const float shift = confidence_shift[confidence_step(*confidence)];
    return shift == 0 ? share : moved(share, shift);
  }

  /// `share` with its log-odds moved by `shift`.
  static float moved(float share, float shift) {
    if (share <= 0 || share >= 1) return share;
    const float odds = share / (1 - share) * std::exp(shift);
    return std::min(highest, odds / (1 + odds));
  }

  friend bool operator==(const StabilityCalibration&, const StabilityCalibration&) = default;
};

}  // namespace sotto::transcript
