#pragma once

#include <array>
#include <cstdint>

namespace sotto {

/// A mergeable histogram of non-negative integers with a bounded relative error: log-linear
/// buckets, 128 sub-buckets per power of two (the scheme of HdrHistogram, G. Tene). Every reported
/// quantile is within 0.4 % of an observed value of that rank, whatever the distribution's shape.
/// Values are in the caller's unit (microseconds or milliseconds); 0 to 2^32 - 1, larger ones count
/// as the largest. Fixed size, no allocation, not thread-safe; merge() adds two.
class QuantileSketch {
 public:
  /// Counts one observation, or several of the same value.
  void record(std::uint64_t value, std::uint32_t times = 1);

  /// Adds all of `other`'s observations to these.
  void merge(const QuantileSketch& other);

  /// Takes away the observations of an earlier state of this sketch: what came since is left.
  void subtract(const QuantileSketch& earlier);

  /// How many observations are at most `value`, within the same relative error.
  std::uint64_t count_up_to(double value) const;

  /// The largest observation, within the same relative error; 0 when nothing was recorded.
  double max() const { return quantile(1); }

  /// Calls `take(value, count)` for each bucket that holds something, smallest first; recording
  /// those values so many times gives the same buckets.
  template <class Take>
  void visit(Take take) const {
    for (std::size_t bucket = 0; bucket < bucket_count; ++bucket)
      if (buckets_[bucket] > 0)
        take(static_cast<std::uint64_t>(middle_of(bucket)), buckets_[bucket]);
  }

  /// The value below or at which the share `q` of the observations lies (nearest rank); `q` in
  /// [0, 1], clamped. 0 when nothing was recorded.
  double quantile(double q) const;

  std::uint64_t count() const { return count_; }

  /// The exact arithmetic mean, 0 when nothing was recorded.
  double mean() const;

  /// The sum of all observations.
  double sum() const { return sum_; }
  /// The exact one, where the observations were recorded from another sketch's buckets.
  void set_sum(double sum) { sum_ = sum; }

 private:
  friend class ConcurrentSketch;
  friend class SparseSketch;
  static constexpr int sub_bits = 7;
  static constexpr int max_bits = 32;
  static constexpr std::size_t bucket_count = (max_bits - sub_bits + 1) << sub_bits;

  static std::size_t bucket_of(std::uint64_t value);
  static double middle_of(std::size_t bucket);

  std::array<std::uint32_t, bucket_count> buckets_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace sotto
