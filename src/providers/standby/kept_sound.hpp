#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/sample_clock.hpp"

namespace sotto::providers::standby {

/// The sound of a talk since the last final, to be heard again by somebody else. Bounded: the
/// oldest goes first. Not thread-safe.
class KeptSound {
 public:
  static constexpr milliseconds most{90'000};

  void append(std::span<const std::int16_t> samples) {
    samples_.insert(samples_.end(), samples.begin(), samples.end());
    // Whole milliseconds, so that times stay exact.
    drop(samples_in(std::chrono::ceil<milliseconds>(audio_length(samples_.size()) - most)));
  }

  /// Nothing before `place` in the talk is needed any more.
  void forget_before(milliseconds place) {
    drop(std::min(samples_in(place - audio_length(first_)), samples_.size()));
  }

  /// Where in the talk the kept sound begins.
  milliseconds begins() const { return length_of(first_); }

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
