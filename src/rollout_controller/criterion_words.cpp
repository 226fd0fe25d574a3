#include "rollout_controller/criterion_words.hpp"

namespace sotto::rollout_controller {

std::string words_of(const rollout::Criterion& criterion) {
  if (criterion.verdict == rollout::Verdict::inconclusive) {
    std::string words = "Could still be hidden: " + rollout::hidden_in_words({criterion}) + ".";
    if (criterion.more_sessions)
      words += " About " + std::to_string(*criterion.more_sessions) + " sessions more would tell.";
    return words;
  }
  if (criterion.verdict == rollout::Verdict::voided)
    return "Sessions do not fall to the arms as the percentage says, so nothing is compared.";
  if (criterion.verdict != rollout::Verdict::fail) return {};
  if (criterion.both_arms) return "Both arms have it: it is trouble around the feature.";
  if (!criterion.acute) return "It failed within the bake time, and does not fail now.";
  switch (criterion.rule.remedy) {
    case rollout::Remedy::hold: return {};
    case rollout::Remedy::step_back: return "It fails now, which leads to a step back.";
    case rollout::Remedy::disable: return "It fails now, which disables the feature.";
  }
  return {};
}

}  // namespace sotto::rollout_controller
