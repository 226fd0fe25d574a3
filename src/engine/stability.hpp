#pragma once

#include <optional>

#include "engine/settings.hpp"
#include "engine/word_list.hpp"

namespace sotto::engine {

/// How much of a hypothesis is stable, in words from a given one on.
struct TrustedPrefix {
  std::size_t stable = 0;  ///< words that may be committed
  std::size_t shown = 0;   ///< words that may be shown, the last as provisional; at least `stable`
  float lowest = 1;        ///< the lowest score among the stable words
  bool scores_missing = false;  ///< the recogniser gives nothing to derive a score from
  /// If a word is held because it has no score: how much longer it must stay unchanged.
  std::optional<milliseconds> held_for = std::nullopt;
};

/// The stability of words[index], that is, the probability that it stays until the final result: 1
/// if the recogniser flags it stable; else its calibrated survival; 0 if it is flagged unstable and
/// there is no calibration; nothing if there is neither flag nor calibration. `heard_to` is how far
/// into the audio the hypothesis reaches.
std::optional<float> word_stability(const WordList& words, std::size_t index, SessionTime heard_to,
                                    const Settings& settings);

/// The longest prefixes of the words from `first` on in which every word reaches the thresholds.
/// For words near the end a measured score alone is not enough (see is_unsettled() in the source).
/// Without scores, a word counts as stable, and is shown, when it has been unchanged for
/// `missing_stability_hold`; that includes `idle`, the time since the newest hypothesis.
TrustedPrefix trusted_prefix(const WordList& words, std::size_t first, SessionTime heard_to,
                             milliseconds idle, const Settings& settings);

}  // namespace sotto::engine
