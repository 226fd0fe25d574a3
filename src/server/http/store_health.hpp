#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>

#include "base/result.hpp"

namespace sotto::server {

/// How the session store does, for those who ask; both may be empty. Thread-safe.
struct StoreHealth {
  /// Whether it can be written, and has stored all that it was given; may wait for seconds.
  std::function<Result<>()> check;
  /// How many captions, ends and decisions are kept in memory because it cannot be written.
  std::function<std::size_t()> not_stored;
};

/// Asks for something that takes time no more than once a second, however many want to know.
/// Thread-safe; who asks meanwhile waits for the answer.
class AskedOnce {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds valid{1};

  explicit AskedOnce(std::function<Result<>()> ask) : ask_(std::move(ask)) {}

  Result<> answer(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (!answer_ || now < asked_at_ || now - asked_at_ >= valid) {
      answer_ = ask_();
      asked_at_ = now;
    }
    return *answer_;
  }

 private:
  const std::function<Result<>()> ask_;
  std::mutex mutex_;  // guards the rest
  Clock::time_point asked_at_{};
  std::optional<Result<>> answer_;
};

}  // namespace sotto::server
