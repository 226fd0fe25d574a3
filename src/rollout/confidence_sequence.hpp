// Statistics that hold under continuous looking: whoever looks after every session, and stops when
// it pleases, is wrong no more often than one who looks once.
#pragma once

#include <cstdint>

namespace sotto::rollout {

/// Count, mean and squared deviations of a sample (Welford 1962, "Note on a method for calculating
/// corrected sums of squares and products"). Not thread-safe.
struct Moments {
  std::uint64_t count = 0;
  double mean = 0;
  double squares = 0;  ///< sum of squared deviations from the mean

  void add(double value);
  /// Unbiased; 0 for fewer than two values.
  double variance() const;
  friend bool operator==(const Moments&, const Moments&) = default;
};

/// From low to high; infinite where nothing is known.
struct Interval {
  double low;
  double high;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// A confidence sequence for the mean of a sample: with probability 1 - 2·alpha the true mean is
/// inside at every count at once, with 1 - alpha it is not below (not above). `alpha` in (0, 0.5).
/// The t-test's mixture with a normal prior on the standardised mean (Lai 1976, "On confidence
/// sequences"; Wang and Ramdas 2023, "Anytime-valid t-tests and confidence sequences for Gaussian
/// means with unknown variance"). Infinite below three values.
Interval mean_interval(const Moments& sample, double alpha);

/// The same for the mean of `a` less the mean of `b`, two independent samples that grow in any
/// order, with the larger of the pooled and of Welch's standard error: their variances may differ.
Interval difference_interval(const Moments& a, const Moments& b, double alpha);

}  // namespace sotto::rollout
