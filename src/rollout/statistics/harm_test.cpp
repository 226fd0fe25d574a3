#include "rollout/statistics/harm_test.hpp"

#include <limits>

#include "rollout/statistics/bets.hpp"

namespace sotto::rollout {

namespace {

constexpr std::array<double, 5> stakes = {0.04, 0.1, 0.25, 0.6, 0.95};
constexpr std::array<double, 5> weights = {1 / 8.0, 2 / 8.0, 2 / 8.0, 2 / 8.0, 1 / 8.0};
// No bet of a LimitTest needs to win more, at 1e-6 in a million sessions; and what is over is to be
// forgotten within some hundred.
constexpr double most_won = 32;
constexpr std::array<double, 2> range_stakes = {0.5, 0.75}, range_weights = {0.5, 0.5};

// What a session is expected to have: the mean of the control sessions so far, and of one in fifty
// before there are any.
double expected(double control_sum, std::uint64_t control) {
  return std::clamp((control_sum + 0.02) / (static_cast<double>(control) + 1), 0.001, 0.999);
}

}  // namespace

void HarmTest::add(bool canary, double share, double value) {
  if (!by_chance(share)) return;
  const double middle = expected(control_sum, control), score = value - middle;
  const double most = std::min(share / middle, (1 - share) / (1 - middle));
  const double won = canary ? score / share : -score / (1 - share);
  for (std::size_t i = 0; i < stakes.size(); ++i)
    log_wealth[i] += std::log1p(stakes[i] * most * won);
  if (canary) return;
  ++control;
  control_sum += value;
}

double HarmTest::log_evidence() const { return log_mean_wealth(log_wealth, weights); }

void LimitTest::add(double value, double limit) {
  ++count;
  for (std::size_t i = 0; i < stakes.size(); ++i)
    log_wealth[i] = std::min(
        most_won, std::max(log_wealth[i], 0.0) + std::log1p(stakes[i] / limit * (value - limit)));
}

double LimitTest::log_evidence() const {
  if (count == 0) return 0;
  double best = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < stakes.size(); ++i)
    best = std::max(best, log_wealth[i] + std::log(weights[i]));
  return best - std::log(static_cast<double>(count));
}

const std::array<double, DifferenceRange::size>& DifferenceRange::grid() {
  static const std::array<double, size> known = [] {
    constexpr std::array<double, 16> above = {0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1,
                                              0.15,  0.2,  0.25, 0.3,  0.4,  0.5,  0.7,  1};
    std::array<double, size> all{};
    for (std::size_t i = 0; i < above.size(); ++i) {
      all[size / 2 + 1 + i] = above[i];
      all[size / 2 - 1 - i] = -above[i];
    }
    return all;
  }();
  return known;
}

void DifferenceRange::add(bool is_canary, double share, double value) {
  if (!by_chance(share)) return;
  const double middle = expected(control_sum, control), score = value - middle;
  const double won = is_canary ? score / share : -score / (1 - share);
  const double least = std::max(middle / share, (1 - middle) / (1 - share));
  const double most = std::max((1 - middle) / share, middle / (1 - share));
  for (std::size_t i = 0; i < size; ++i) {
    const double beyond = won - grid()[i];
    // What a bet of 1 may lose; a difference that it could not even be is bet against with ten.
    // Where control is small, little is staked against harm: its few sessions say little, and what
    // is known by then is not to be lost by them.
    const double up = std::max(0.1, least + grid()[i]),
                 down = std::max(1 / std::min(share, 1 - share), most - grid()[i]);
    for (std::size_t j = 0; j < range_stakes.size(); ++j) {
      log_above[i][j] += std::log1p(range_stakes[j] / up * beyond);
      log_below[i][j] += std::log1p(-range_stakes[j] / down * beyond);
    }
  }
  ++(is_canary ? canary : control);
  (is_canary ? canary_sum : control_sum) += value;
}

Interval DifferenceRange::interval(double alpha) const {
  const double bound = -std::log(alpha);
  Interval found{-1, 1};
  for (std::size_t i = 0; i < size; ++i) {
    if (log_mean_wealth(log_above[i], range_weights) < bound) break;
    found.low = grid()[i];
  }
  for (std::size_t i = size; i-- > 0;) {
    if (log_mean_wealth(log_below[i], range_weights) < bound) break;
    found.high = grid()[i];
  }
  return found;
}

}  // namespace sotto::rollout
