#pragma once

#include <optional>

#include "engine/settings.hpp"
#include "engine/word_list.hpp"

namespace sotto::engine {

/// How far a hypothesis may be trusted, counted in words from a given one on.
struct TrustedPrefix {
  std::size_t stable = 0;  ///< words that may be spoken or settled
  std::size_t shown = 0;   ///< words that may be shown, the last as provisional; at least `stable`
  float lowest = 1;        ///< the lowest score among the stable words
  bool scores_missing = false;  ///< the recogniser says nothing that a score can be derived from
  /// Where a word is held for want of a score: how much longer it must stand.
  std::optional<milliseconds> held_for = std::nullopt;
};

/// The stability of words[index], the probability that it is in the final as it stands: 1 where the
/// recogniser flags it stable; else its calibrated survival; 0 where it is flagged unstable and
/// nobody measured the recogniser; nothing where there is neither flag nor calibration. `heard_to`
/// is how far into the audio the hypothesis reaches.
std::optional<float> word_stability(const WordList& words, std::size_t index, SessionTime heard_to,
                                    const Settings& settings);

/// The longest prefixes of the words from `first` on whose lowest word reaches the thresholds.
/// Of the two newest words a measured score counts only in part (see is_unsettled() in the source).
/// Where scores are missing, a word counts as stable, and is shown, once it has stood unchanged for
/// `missing_stability_hold`, counting `idle`: how long nothing newer was heard.
TrustedPrefix trusted_prefix(const WordList& words, std::size_t first, SessionTime heard_to,
                             milliseconds idle, const Settings& settings);

}  // namespace sotto::engine
