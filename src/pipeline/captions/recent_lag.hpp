#pragma once

#include <algorithm>

#include "base/session_time.hpp"

namespace sotto::pipeline {

/// The longest lag of the last 5 to 10 seconds of a session's audio. One thread at a time.
class RecentLag {
 public:
  /// `place`: how far the audio was recognised when it lagged so; places never go back.
  void add(milliseconds place, milliseconds lag) {
    if (place - began_ >= half) {
      before_ = place - began_ < 2 * half ? now_ : milliseconds{0};
      now_ = milliseconds{0};
      began_ = place;
    }
    now_ = std::max(now_, lag);
  }

  milliseconds longest() const { return std::max(before_, now_); }

 private:
  static constexpr milliseconds half{5000};

  milliseconds began_{0};
  milliseconds before_{0}, now_{0};
};

}  // namespace sotto::pipeline
