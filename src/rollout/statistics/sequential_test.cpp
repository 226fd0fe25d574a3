#include "rollout/statistics/sequential_test.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sotto::rollout {

namespace {

// What a session tells of odds that are `factor` times those of `share`: the logarithm of its arm's
// probability then, over that of its arm's probability by `share`.
double log_likelihood_ratio(bool canary, double share, double factor, double log_factor) {
  return (canary ? log_factor : 0.0) - std::log1p(share * (factor - 1));
}

bool by_chance(double share) { return share > 0 && share < 1; }

// log(sum of exp(term(i))) for i below count, without overflow; at least one term is finite.
template <class Term>
double log_sum_exp(std::size_t count, const Term& term) {
  double largest = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, term(i));
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += std::exp(term(i) - largest);
  return largest + std::log(sum);
}

template <std::size_t count>
struct Factors {
  std::array<double, count> log, value;
};

// Sizes grow by 15 %, as a tilt that is just found is known to about a quarter of itself.
template <std::size_t count>
Factors<count> tilts() {
  Factors<count> factors{};
  for (std::size_t i = 0; i < count; ++i) {
    const double size = 0.01 * std::pow(1.15, static_cast<double>(i / 2));
    factors.log[i] = i % 2 == 0 ? size : -size;
    factors.value[i] = std::exp(factors.log[i]);
  }
  return factors;
}

}  // namespace

void SampleRatioTest::add(bool canary, double share) {
  if (!by_chance(share)) return;
  static const auto factors = tilts<2 * sizes>();
  for (std::size_t i = 0; i < kept_.log_ratio.size(); ++i)
    kept_.log_ratio[i] += log_likelihood_ratio(canary, share, factors.value[i], factors.log[i]);
  ++(canary ? kept_.canary : kept_.control);
  kept_.expected += share;
}

double SampleRatioTest::log_evidence() const {
  if (kept_.canary + kept_.control == 0) return 0;
  // Five times the weight where a split that went wrong is likely to be: from 10 % to 120 % off.
  static const auto log_weights = [] {
    const auto factors = tilts<2 * sizes>();
    std::array<double, 2 * sizes> weights{};
    double sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double size = std::abs(factors.log[i]);
      sum += weights[i] = size >= 0.1 && size <= 0.8 ? 5 : 1;
    }
    for (double& weight : weights) weight = std::log(weight / sum);
    return weights;
  }();
  return log_sum_exp(kept_.log_ratio.size(),
                     [this](std::size_t i) { return log_weights[i] + kept_.log_ratio[i]; });
}

bool SampleRatioTest::excludes(double factor, double alpha) const {
  static const auto factors = tilts<2 * sizes>();
  const double bound = -std::log(alpha);
  // The largest size that is within the factor, of either sign: the likelihood falls beyond it.
  bool known = false, all = true;
  for (std::size_t i = 0; i + 1 < kept_.log_ratio.size(); i += 2) {
    if (factors.log[i] > std::log(factor)) break;
    known = true;
    all = -kept_.log_ratio[i] >= bound && -kept_.log_ratio[i + 1] >= bound;
  }
  return known && all;
}

}  // namespace sotto::rollout
