// How the running tests of this module bet. Arms are drawn by chance: a session falls to the canary
// with a known probability p, whatever is going to be measured in it. So for any score h of a
// session that is not made from its arm, ξ = h/p in the canary and -h/(1-p) in control has the mean
// 0 where the feature changes nothing, and a wealth that bets λ on it, ∏(1 + λ·ξ), has the mean 1
// at all times: it exceeds 1/alpha at any time with probability alpha at the most (Ville 1939,
// "Étude critique de la notion de collectif"; Ham, Bojinov, Lindon and Tingley 2022, "Design-based
// confidence sequences"; Waudby-Smith and Ramdas 2023, "Estimating means of bounded random
// variables by betting"). Nothing is said of the measurements: they may have heavy tails, two
// peaks, days that are bad for both arms, and drift. What is known before a session may go into its
// score.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace sotto::rollout {

/// Whether a session's arm was left to chance at all.
inline bool by_chance(double share) { return share > 0 && share < 1; }

/// The logarithm of the weighted mean of wealths whose logarithms are given; the weights add up to
/// 1.
template <std::size_t count>
double log_mean_wealth(const std::array<double, count>& log_wealth,
                       const std::array<double, count>& weights) {
  const double largest = *std::max_element(log_wealth.begin(), log_wealth.end());
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += weights[i] * std::exp(log_wealth[i] - largest);
  return largest + std::log(sum);
}

}  // namespace sotto::rollout
