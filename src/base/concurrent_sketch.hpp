#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/quantile_sketch.hpp"

namespace sotto {

/// A QuantileSketch that any number of threads record into without waiting for each other: an
/// observation is two relaxed additions. What read() gives is each observation whole or not at all;
/// its sum may be that of one more or less. 13 kB. Thread-safe.
class ConcurrentSketch {
 public:
  void record(std::uint64_t value) {
    buckets_[QuantileSketch::bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  /// All observations so far.
  QuantileSketch read() const {
    QuantileSketch sketch;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      sketch.buckets_[i] = buckets_[i].load(std::memory_order_relaxed);
      sketch.count_ += sketch.buckets_[i];
    }
    sketch.sum_ = static_cast<double>(sum_.load(std::memory_order_relaxed));
    return sketch;
  }

 private:
  std::array<std::atomic<std::uint32_t>, QuantileSketch::bucket_count> buckets_{};
  std::atomic<std::uint64_t> sum_{0};
};

}  // namespace sotto
