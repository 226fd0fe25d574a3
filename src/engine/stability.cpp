#include "engine/stability.hpp"

#include <algorithm>

namespace sotto::engine {

std::optional<float> word_stability(const WordList& words, std::size_t index, SessionTime heard_to,
                                    const Settings& settings) {
  const Word& word = words[index];
  if (word.flag == transcript::StableFlag::stable) return 1.0f;
  if (settings.calibration)
    return settings.calibration->probability(words.size() - index - 1, heard_to - word.agreed_since,
                                             word.confidence.value());
  if (word.flag == transcript::StableFlag::unstable) return 0.0f;
  return std::nullopt;
}

namespace {

// A measured score is an average over all moments at which a word was like this. At the first such
// moment, when it would be committed, it has changed just before, and is changed again more often.
// So a word near the end of the hypothesis is not committed on its score alone until it has stood
// for the calibration's settling time, unless the table is certain of it. Of the two newest, which
// the recogniser cuts short where the audio ends, none is sooner, and the newest never.
// docs/stability.md has what that costs and saves.
constexpr std::size_t settled_behind = 4;  // more words behind it settle it at once
constexpr float certain = 0.99f;

bool is_unsettled(const WordList& words, std::size_t index, float score, SessionTime heard_to,
                  milliseconds settling) {
  if (words[index].flag == transcript::StableFlag::stable || settling == milliseconds{0})
    return false;
  const std::size_t after = words.size() - index - 1;
  if (after == 0) return true;
  if (after > settled_behind || (after > 1 && score >= certain)) return false;
  return heard_to - words[index].agreed_since < settling;
}

}  // namespace

TrustedPrefix trusted_prefix(const WordList& words, std::size_t first, SessionTime heard_to,
                             milliseconds idle, const Settings& settings) {
  TrustedPrefix trusted;
  const auto wanted = static_cast<float>(settings.min_stability_threshold);
  const auto worth_showing = static_cast<float>(provisional_threshold(settings));
  bool stable = true;
  for (std::size_t i = first; i < words.size(); ++i) {
    std::optional<float> score = word_stability(words, i, heard_to, settings);
    if (!score) {
      trusted.scores_missing = true;
      const milliseconds stood = heard_to - words[i].agreed_since + idle;
      const bool held = stood < settings.missing_stability_hold;
      if (held && !trusted.held_for) trusted.held_for = settings.missing_stability_hold - stood;
      score = held ? 0.0f : 1.0f;
    }
    stable = stable && *score >= wanted &&
             !(settings.calibration &&
               is_unsettled(words, i, *score, heard_to, settings.calibration->settling));
    if (stable) {
      ++trusted.stable;
      trusted.lowest = std::min(trusted.lowest, *score);
    } else if (*score < worth_showing) {
      break;
    }
    ++trusted.shown;
  }
  return trusted;
}

}  // namespace sotto::engine
