#pragma once

#include <chrono>

#include "base/session_time.hpp"

namespace sotto::supervision {

/// A moment of the supervision's clock; who calls says what time it is.
using SupervisionTime = std::chrono::steady_clock::time_point;

/// How long to wait before each next try: `first`, doubled with every failure in a row up to
/// `largest`. No jitter: who waits restarts a process of its own, there is no herd to spread.
/// Not thread-safe.
class BackOff {
 public:
  /// `first` must be positive and at most `largest`.
  BackOff(milliseconds first, milliseconds largest) : first_(first), largest_(largest) {}

  /// The wait after one more failure.
  milliseconds next();

  /// A success: the next wait is `first` again.
  void reset() { last_ = milliseconds{0}; }

 private:
  milliseconds first_;
  milliseconds largest_;
  milliseconds last_{0};
};

/// Stops trying what keeps failing (M. Nygard, Release It!, "Circuit Breaker"): closed until
/// `threshold` failures in a row, then open, which allows nothing for `open_for`, then one probe:
/// its success closes the breaker, its failure opens it for as long again. Not thread-safe.
class CircuitBreaker {
 public:
  /// `threshold` must be at least 1.
  CircuitBreaker(int threshold, milliseconds open_for)
      : threshold_(threshold), open_for_(open_for) {}

  /// Whether a try may be made now. After `true` from an open breaker the caller owes a
  /// succeeded() or failed(); until then every further answer is `false`.
  bool allows(SupervisionTime now);

  void succeeded();
  void failed(SupervisionTime now);

  /// How long until the next probe; zero when a try is allowed.
  milliseconds remaining(SupervisionTime now) const;

 private:
  enum class State { closed, open, probing };

  int threshold_;
  milliseconds open_for_;
  State state_ = State::closed;
  int failures_ = 0;
  SupervisionTime opened_at_{};
};

}  // namespace sotto::supervision
