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

template <std::size_t count>
Factors<count> ratios() {
  const double step = std::log(1.05) / 2;
  Factors<count> factors{};
  for (std::size_t i = 0; i < count; ++i) {
    factors.log[i] = step * (static_cast<double>(i) - static_cast<double>(count / 2));
    factors.value[i] = std::exp(factors.log[i]);
  }
  return factors;
}

constexpr std::size_t nearest = 2;  // steps: a factor of 1.05

// The logarithm of the prior's weight at 2, 3, … `reach` steps: a fifth log-uniform, the rest
// normal in log r around log 2. The deviation is what 1.4 to 2.8 are from it: what a feature that
// does harm is likely to do, and about what has to be told apart when a doubling is found.
template <std::size_t reach>
const std::array<double, reach - nearest + 1>& log_prior() {
  static const auto prior = [] {
    constexpr std::size_t count = reach - nearest + 1;
    const double step = std::log(1.05) / 2, deviation = std::log(2) / 2;
    std::array<double, count> weights{};
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double z = (step * static_cast<double>(i + nearest) - std::log(2)) / deviation;
      sum += weights[i] = std::exp(-z * z / 2);
    }
    for (double& weight : weights)
      weight = std::log(0.8 * weight / sum + 0.2 / static_cast<double>(count));
    return weights;
  }();
  return prior;
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
  return log_sum_exp(kept_.log_ratio.size(), [this](std::size_t i) { return kept_.log_ratio[i]; }) -
         std::log(static_cast<double>(kept_.log_ratio.size()));
}

void ExcessTest::add(bool canary, double share) {
  if (!by_chance(share)) return;
  static const auto factors = ratios<grid>();
  for (std::size_t i = 0; i < grid; ++i)
    kept_.log_ratio[i] += log_likelihood_ratio(canary, share, factors.value[i], factors.log[i]);
  ++(canary ? kept_.canary : kept_.control);
  kept_.expected += share;
}

double ExcessTest::log_evidence_above(std::size_t index) const {
  const auto& prior = log_prior<reach>();
  return log_sum_exp(prior.size(), [&](std::size_t i) {
    return prior[i] + kept_.log_ratio[index + nearest + i] - kept_.log_ratio[index];
  });
}

double ExcessTest::log_evidence_below(std::size_t index) const {
  const auto& prior = log_prior<reach>();
  return log_sum_exp(prior.size(), [&](std::size_t i) {
    return prior[i] + kept_.log_ratio[index - nearest - i] - kept_.log_ratio[index];
  });
}

double ExcessTest::log_evidence() const {
  return kept_.canary + kept_.control == 0 ? 0 : log_evidence_above(grid / 2);
}

// The log likelihood is concave in log r, so the evidence that r is above r0 falls as r0 grows, and
// a bisection finds the last r0 that it refuses, and likewise below.
Interval ExcessTest::ratio_interval(double alpha) const {
  Interval interval{0, std::numeric_limits<double>::infinity()};
  if (!(alpha > 0 && alpha < 1) || kept_.canary + kept_.control == 0) return interval;
  static const auto factors = ratios<grid>();
  const double bound = -std::log(alpha);
  constexpr std::size_t first = reach, end = 3 * reach + 1;
  // The number of r0 from `first` on for which `holds`, which it does up to some r0 and then not.
  const auto prefix = [](const auto& holds) {
    std::size_t low = first, high = end;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (holds(middle))
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  };
  const std::size_t above = prefix([&](std::size_t i) { return log_evidence_above(i) >= bound; });
  const std::size_t below = prefix([&](std::size_t i) { return log_evidence_below(i) < bound; });
  if (above > first) interval.low = factors.value[above - 1];
  if (below < end) interval.high = factors.value[below];
  return interval;
}

}  // namespace sotto::rollout
