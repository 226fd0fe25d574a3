#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace sotto::testing {

/// What the fake runtime of fake_onnx_runtime.cpp has for an OrtRunOptions: a call that can be
/// waited for until it is told to end. Thread-safe.
class FakeRun {
 public:
  void terminate() {
    const std::lock_guard lock(mutex_);
    ++terminated_;
    changed_.notify_all();
  }

  /// Whether it was told to end, within a minute.
  bool wait_until_terminated() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1), [this] { return terminated_ > 0; });
  }

  int terminated() {
    const std::lock_guard lock(mutex_);
    return terminated_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int terminated_ = 0;
};

}  // namespace sotto::testing
