#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace sotto::testing {

/// Counts calls, and waits for them.
class Bell {
 public:
  void ring() {
    const std::lock_guard lock(mutex_);
    ++rung_;
    changed_.notify_all();
  }

  /// Waits until `met` is true, looking each time it is rung, and again a little later: what comes
  /// true just after a ring may ring no more. False after a minute.
  bool wait_until(const std::function<bool()>& met) {
    constexpr std::chrono::milliseconds again{20};
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    std::unique_lock lock(mutex_);
    for (;;) {
      const int before = rung_;
      lock.unlock();
      if (met()) return true;
      lock.lock();
      if (std::chrono::steady_clock::now() > deadline) return false;
      changed_.wait_for(lock, again, [&] { return rung_ != before; });
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int rung_ = 0;
};

}  // namespace sotto::testing
