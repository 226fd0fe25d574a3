#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "providers/moonshine/onnx_runtime.hpp"

namespace sotto::providers::moonshine {

/// Ends calls that take too long: one thread that cancels each at its deadline. Thread-safe.
class CallWatch {
 public:
  using Clock = std::chrono::steady_clock;

  CallWatch();
  ~CallWatch();
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

  /// Watches one call for as long as it lives.
  class Watched {
   public:
    Watched(CallWatch& watch, onnx::Cancellation& call, Clock::time_point deadline);
    ~Watched();
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

   private:
    CallWatch* const watch_;
    std::multimap<Clock::time_point, onnx::Cancellation*>::iterator place_;
    onnx::Cancellation* const call_;
  };

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, onnx::Cancellation*> calls_;  // guarded by mutex_
  bool stopping_ = false;                                        // guarded by mutex_
  std::thread thread_;
};

}  // namespace sotto::providers::moonshine
