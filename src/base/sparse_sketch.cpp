#include "base/sparse_sketch.hpp"

#include <algorithm>
#include <cmath>

namespace sotto {

void SparseSketch::record(std::uint64_t value) {
  const auto number = static_cast<std::uint32_t>(QuantileSketch::bucket_of(value));
  auto place = std::lower_bound(
      buckets_.begin(), buckets_.end(), number,
      [](const Bucket& bucket, std::uint32_t wanted) { return bucket.number < wanted; });
  if (place == buckets_.end() || place->number != number)
    place = buckets_.insert(place, {number, 0});
  ++place->count;
  ++count_;
  sum_ += static_cast<double>(value);
}

double SparseSketch::quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (const Bucket& bucket : buckets_) {
    seen += bucket.count;
    if (seen >= rank) return QuantileSketch::middle_of(bucket.number);
  }
  return QuantileSketch::middle_of(buckets_.back().number);
}

}  // namespace sotto
