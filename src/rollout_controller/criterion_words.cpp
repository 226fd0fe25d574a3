#include "rollout_controller/criterion_words.hpp"

namespace sotto::rollout_controller {

std::string words_of(const rollout::Criterion& criterion) {
  if (criterion.verdict != rollout::Verdict::fail) return {};
  if (!criterion.acute) return "It failed within the bake time, and does not fail now.";
  switch (criterion.rule.remedy) {
    case rollout::Remedy::hold: return {};
    case rollout::Remedy::step_back: return "It fails now, which leads to a step back.";
    case rollout::Remedy::disable: return "It fails now, which disables the feature.";
  }
  return {};
}

}  // namespace sotto::rollout_controller
