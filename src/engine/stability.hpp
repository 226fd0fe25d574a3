#pragma once

#include <optional>
#include <span>

#include "engine/settings.hpp"
#include "engine/word.hpp"

namespace sotto::engine {

/// How many words of a hypothesis may be trusted, counted from a given word on.
struct TrustedPrefix {
  std::size_t stable = 0;  ///< words that may be spoken or settled
  std::size_t shown =
      0;             ///< words that may be shown, the last ones as provisional; at least `stable`
  float lowest = 1;  ///< the lowest score among the stable words
  bool scores_missing = false;  ///< the recogniser says nothing that a score can be derived from
};

/// The stability of words[index]: 1 where the recogniser flags it stable; 0 where it flags it
/// unstable and nobody measured the recogniser; else its calibrated probability of being in the
/// final; nothing where there is neither flag nor calibration. `heard_to` is how far the hypothesis
/// reaches.
std::optional<float> word_stability(std::span<const Word> words, std::size_t index,
                                    SessionTime heard_to, const Settings& settings);

/// The longest prefixes of words[first, …) whose lowest word reaches the thresholds. Where scores
/// are missing, a word counts as stable, and is shown, once unchanged for `missing_stability_hold`.
TrustedPrefix trusted_prefix(std::span<const Word> words, std::size_t first, SessionTime heard_to,
                             const Settings& settings);

}  // namespace sotto::engine
