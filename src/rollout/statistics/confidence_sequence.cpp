#include "rollout/statistics/confidence_sequence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sotto::rollout {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

// The variance of the prior on the standardised effect: what one session tells (Kass and Wasserman
// 1995, "A reference Bayesian test for nested hypotheses"). From 0.7 to 2, and with one canary
// session to nine, the median canary session that finds +50 % moves by one, +20 % by two.
constexpr double prior_variance = 1;

// How many standard errors the estimate may be off: the t at which the mixture's Bayes factor
//   (1 + n·g)^(-1/2) · ((1 + t²/ν) / (1 + t²/(ν·(1 + n·g))))^((ν + 1)/2)
// reaches 1/(2·alpha), for n effective values and ν degrees of freedom; by symmetry each
// sign is passed with probability alpha, and half the chance, far smaller, of passing both.
// Infinite while no t is enough.
double boundary(double n, double degrees, double alpha) {
  const double log_growth = std::log1p(n * prior_variance);
  const double log_root = (log_growth - 2 * std::log(2 * alpha)) / (degrees + 1);
  if (!(log_root < log_growth)) return infinite;
  return std::sqrt(degrees * std::expm1(log_root) / -std::expm1(log_root - log_growth));
}

Interval around(double middle, double half_width) {
  if (!std::isfinite(middle) || !std::isfinite(half_width)) return {-infinite, infinite};
  return {middle - half_width, middle + half_width};
}

bool in_range(double alpha) { return alpha > 0 && alpha < 0.5; }

}  // namespace

void Moments::add(double value) {
  if (!std::isfinite(value)) return;
  ++count;
  const double before = value - mean;
  mean += before / static_cast<double>(count);
  squares += before * (value - mean);
}

double Moments::variance() const {
  return count < 2 ? 0 : squares / static_cast<double>(count - 1);
}

Interval mean_interval(const Moments& sample, double alpha) {
  if (!in_range(alpha) || sample.count < 3 || !(sample.squares > 0)) return around(0, infinite);
  const double n = static_cast<double>(sample.count);
  return around(sample.mean, std::sqrt(sample.variance() / n) * boundary(n, n - 1, alpha));
}

Interval difference_interval(const Moments& a, const Moments& b, double alpha) {
  if (!in_range(alpha) || a.count < 2 || b.count < 2) return around(0, infinite);
  const double na = static_cast<double>(a.count), nb = static_cast<double>(b.count);
  const double pooled = (a.squares + b.squares) / (na + nb - 2);
  if (!(pooled > 0)) return around(0, infinite);
  const double n = na * nb / (na + nb);
  const double error_a = std::max(a.variance(), pooled) / na;
  const double error_b = std::max(b.variance(), pooled) / nb;
  const double part = error_a / (error_a + error_b);
  const double degrees = 1 / (part * part / (na - 1) + (1 - part) * (1 - part) / (nb - 1));
  return around(a.mean - b.mean, std::max(std::sqrt(pooled / n) * boundary(n, na + nb - 2, alpha),
                                          std::sqrt(a.variance() / na + b.variance() / nb) *
                                              boundary(n, degrees, alpha)));
}

}  // namespace sotto::rollout
