#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/session_time.hpp"

namespace sotto::providers::standby {

/// The sound of a talk since the last final, to be heard again by somebody else. Bounded: the
/// oldest goes first. Not thread-safe.
class KeptSound {
 public:
  static constexpr std::size_t samples_per_ms = 16;
  static constexpr milliseconds most{90'000};

  void append(std::span<const std::int16_t> samples) {
    samples_.insert(samples_.end(), samples.begin(), samples.end());
    const std::size_t bound = static_cast<std::size_t>(most.count()) * samples_per_ms;
    if (samples_.size() <= bound) return;
    // Whole milliseconds, so that times stay exact.
    const std::size_t extra = samples_.size() - bound + samples_per_ms - 1;
    drop(extra - extra % samples_per_ms);
  }

  /// Nothing before `place` in the talk is needed any more.
  void forget_before(milliseconds place) {
    const std::int64_t first = place.count() * static_cast<std::int64_t>(samples_per_ms);
    const std::int64_t extra = first - static_cast<std::int64_t>(first_);
    if (extra > 0) drop(std::min(static_cast<std::size_t>(extra), samples_.size()));
  }

  /// Where in the talk the kept sound begins.
  milliseconds begins() const {
    return milliseconds{static_cast<milliseconds::rep>(first_ / samples_per_ms)};
  }

  std::vector<std::int16_t> all() const { return {samples_.begin(), samples_.end()}; }

 private:
  void drop(std::size_t count) {
    samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(count));
    first_ += count;
  }

  std::deque<std::int16_t> samples_;
  std::uint64_t first_ = 0;  // the place of the first in the talk, in samples
};

}  // namespace sotto::providers::standby
