#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "transcript/event.hpp"

namespace sotto::pipeline {

/// The queue from a recogniser's thread to the session's strand. Bounded for partial results: past
/// the bound the oldest event that holds only partials makes room; finals are never dropped.
/// Thread-safe.
class EventInbox {
 public:
  static constexpr std::size_t max_events = 64;

  struct Taken {
    std::deque<transcript::Event> events;  ///< everything that waited, oldest first
    std::size_t dropped = 0;               ///< that made room since the last time
  };

  /// True: the queue was empty, so the reader must be woken.
  bool push(transcript::Event event) {
    const std::lock_guard lock(mutex_);
    const bool was_empty = events_.empty();
    if (events_.size() >= max_events) {
      const auto partial = std::find_if(events_.begin(), events_.end(), only_partials);
      if (partial != events_.end()) {
        events_.erase(partial);
        ++dropped_;
      }
    }
    events_.push_back(std::move(event));
    return was_empty;
  }

  Taken take() {
    const std::lock_guard lock(mutex_);
    return {std::exchange(events_, {}), std::exchange(dropped_, 0)};
  }

 private:
  static bool only_partials(const transcript::Event& event) {
    for (std::size_t i = 0; i < event.size(); ++i)
      if (!event[i].is_partial) return false;
    return true;
  }

  std::mutex mutex_;
  std::deque<transcript::Event> events_;
  std::size_t dropped_ = 0;
};

}  // namespace sotto::pipeline
