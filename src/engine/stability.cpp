#include "engine/stability.hpp"

#include <algorithm>

namespace sotto::engine {

std::optional<float> word_stability(const WordList& words, std::size_t index, SessionTime heard_to,
                                    const Settings& settings) {
  const Word& word = words[index];
  if (word.flag == transcript::StableFlag::stable) return 1.0f;
  if (settings.calibration)
    return settings.calibration->probability(words.size() - index - 1,
                                             heard_to - word.agreed_since);
  if (word.flag == transcript::StableFlag::unstable) return 0.0f;
  return std::nullopt;
}

namespace {

// A measured score is an average, and the end of a hypothesis is where it is least to be relied on:
// a recogniser cuts its newest word short where the audio ends, and the one before it with it.
// Such words are not committed on their score alone until they have stood for this long; the newest
// never is.
constexpr milliseconds settling_time{300};

bool is_unsettled(const WordList& words, std::size_t index, SessionTime heard_to) {
  if (words[index].flag == transcript::StableFlag::stable) return false;
  const std::size_t after = words.size() - index - 1;
  return after == 0 || (after == 1 && heard_to - words[index].agreed_since < settling_time);
}

}  // namespace

TrustedPrefix trusted_prefix(const WordList& words, std::size_t first, SessionTime heard_to,
                             milliseconds idle, const Settings& settings) {
  TrustedPrefix trusted;
  const auto wanted = static_cast<float>(settings.min_stability_threshold);
  const auto worth_showing = static_cast<float>(settings.provisional_threshold);
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
    stable =
        stable && *score >= wanted && !(settings.calibration && is_unsettled(words, i, heard_to));
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
