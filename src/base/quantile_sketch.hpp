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
  /// Counts one observation.
  void record(std::uint64_t value);

  /// Adds all of `other`'s observations to these.
  void merge(const QuantileSketch& other);

  /// The value below or at which the share `q` of the observations lies (nearest rank); `q` in
  /// [0, 1], clamped. 0 when nothing was recorded.
  double quantile(double q) const;

  std::uint64_t count() const { return count_; }

  /// The exact arithmetic mean, 0 when nothing was recorded.
  double mean() const;

 private:
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
