// Statistics that hold under continuous looking: whoever looks after every session, and stops when
// it pleases, is wrong no more often than one who looks once. Pure functions of values: safe to
// call from any thread, and the same values give the same bits.
#pragma once

#include <cstdint>

namespace sotto::rollout {

/// Count, mean and squared deviations of a sample (Welford 1962, "Note on a method for calculating
/// corrected sums of squares and products"). Not thread-safe.
struct Moments {
  std::uint64_t count = 0;
  double mean = 0;
  double squares = 0;  ///< sum of squared deviations from the mean

  /// Takes a value in. What is not finite is passed over: one such value would hide all others.
  void add(double value);
  /// Unbiased, in the values' unit squared; 0 for fewer than two values.
  double variance() const;
  friend bool operator==(const Moments&, const Moments&) = default;
};

/// From low to high; infinite where nothing is known.
struct Interval {
  double low;
  double high;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// A confidence sequence for the mean of a sample, in its unit: with probability 1 - 2·alpha the
/// true mean is inside at every count at once, and with 1 - alpha it is never below (never above).
/// `alpha` in (0, 0.5); for another the interval is infinite. The t-test's mixture with a normal
/// prior on the standardised mean (Lai 1976, "On confidence sequences"; Wang and Ramdas 2023,
/// "Anytime-valid t-tests and confidence sequences for Gaussian means with unknown variance"),
/// inverted. Infinite below three values, while they cannot tell yet (at 0.001, below seven), and
/// while all are the same: a variance of zero says that the unit is coarse, not that the mean is
/// known.
Interval mean_interval(const Moments& sample, double alpha);

/// The same for the mean of `a` less the mean of `b`, two independent samples that grow in any
/// order: the mixture behind the two-sample t-test (Rouder et al. 2009, "Bayesian t tests for
/// accepting and rejecting the null hypothesis"; Gronau, Ly and Wagenmakers 2020, "Informed
/// Bayesian t-tests").
///
/// Their variances may differ: it is the wider of two intervals, one with the pooled standard error
/// and its degrees of freedom, exact where the variances are equal, and one with Welch's (1947,
/// "The generalization of 'Student's' problem when several different population variances are
/// involved"). In Welch's degrees of freedom either variance counts as no less than the pooled one,
/// or a few values that lie close together by luck would pass for a small variance that is well
/// known. It takes the values for about normal: heavy tails make it wrong more often, so it decides
/// no rollback (rank_test.hpp does).
///
/// Infinite below two values in either sample, while they cannot tell yet (one to nine at 0.001:
/// below seven against sixty-three), and while each sample has only one value.
Interval difference_interval(const Moments& a, const Moments& b, double alpha);

}  // namespace sotto::rollout
