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

  /// Waits until `met` is true, looking each time it is rung; false after a minute.
  bool wait_until(const std::function<bool()>& met) {
    std::unique_lock lock(mutex_);
    for (;;) {
      const int before = rung_;
      lock.unlock();
      if (met()) return true;
      lock.lock();
      if (!changed_.wait_for(lock, std::chrono::minutes(1), [&] { return rung_ != before; }))
        return false;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int rung_ = 0;
};

}  // namespace sotto::testing
