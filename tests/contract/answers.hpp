#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sotto::contract {

/// Collects answers: how often each request was answered, with what, and in which order.
/// Thread-safe; shared with the completions, so that one that comes too late is still seen.
template <class T>
class AnswersOf {
 public:
  struct Answer {
    std::size_t request;
    Result<T> result;
  };

  std::function<void(Result<T>)> completion(std::size_t request) {
    return [state = state_, request](Result<T> result) {
      const std::lock_guard lock(state->mutex);
      state->answers.push_back({request, std::move(result)});
      state->changed.notify_all();
    };
  }

  /// Waits until `count` answers are there; false when they do not come within 100 seconds.
  bool wait_for(std::size_t count) {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, std::chrono::seconds{100},
                                    [&] { return state_->answers.size() >= count; });
  }

  std::vector<Answer> all() const {
    const std::lock_guard lock(state_->mutex);
    return state_->answers;
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Answer> answers;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace sotto::contract
