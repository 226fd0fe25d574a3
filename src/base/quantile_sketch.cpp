#include "base/quantile_sketch.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace sotto {

// Values below 2^7 have a bucket each. Above, a value with its highest bit at place b keeps its
// top 8 bits: the row is b - 7, the column its 7 bits after the highest.
std::size_t QuantileSketch::bucket_of(std::uint64_t value) {
  value = std::min<std::uint64_t>(value, (std::uint64_t{1} << max_bits) - 1);
  const auto width = static_cast<int>(std::bit_width(value));
  if (width <= sub_bits) return static_cast<std::size_t>(value);
  const int shift = width - sub_bits - 1;
  const std::uint64_t column = (value >> shift) - (std::uint64_t{1} << sub_bits);
  return (static_cast<std::size_t>(shift + 1) << sub_bits) + static_cast<std::size_t>(column);
}

double QuantileSketch::middle_of(std::size_t bucket) {
  const std::size_t row = bucket >> sub_bits;
  if (row == 0) return static_cast<double>(bucket);
  const std::uint64_t column = bucket & ((std::size_t{1} << sub_bits) - 1);
  const int shift = static_cast<int>(row) - 1;
  const auto low = static_cast<double>((column + (std::uint64_t{1} << sub_bits)) << shift);
  return low + (std::exp2(shift) - 1) / 2;
}

void QuantileSketch::record(std::uint64_t value, std::uint32_t times) {
  buckets_[bucket_of(value)] += times;
  count_ += times;
  sum_ += static_cast<double>(value) * times;
}

void QuantileSketch::merge(const QuantileSketch& other) {
  std::transform(buckets_.begin(), buckets_.end(), other.buckets_.begin(), buckets_.begin(),
                 std::plus<>());
  count_ += other.count_;
  sum_ += other.sum_;
}

void QuantileSketch::subtract(const QuantileSketch& earlier) {
  std::transform(buckets_.begin(), buckets_.end(), earlier.buckets_.begin(), buckets_.begin(),
                 std::minus<>());
  count_ -= earlier.count_;
  sum_ -= earlier.sum_;
}

std::uint64_t QuantileSketch::count_up_to(double value) const {
  std::uint64_t count = 0;
  for (std::size_t bucket = 0; bucket < bucket_count && middle_of(bucket) <= value; ++bucket)
    count += buckets_[bucket];
  return count;
}

double QuantileSketch::quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) return middle_of(bucket);
  }
  return middle_of(bucket_count - 1);
}

double QuantileSketch::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

}  // namespace sotto
