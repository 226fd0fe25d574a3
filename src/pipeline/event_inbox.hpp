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

  struct Pushed {
    bool was_empty = false;  ///< the reader must be woken
    bool dropped = false;    ///< a partial made room
  };

  Pushed push(transcript::Event event) {
    const std::lock_guard lock(mutex_);
    Pushed pushed{.was_empty = events_.empty(), .dropped = false};
    if (events_.size() >= max_events) {
      const auto partial = std::find_if(events_.begin(), events_.end(), only_partials);
      if (partial != events_.end()) {
        events_.erase(partial);
        pushed.dropped = true;
      }
    }
    events_.push_back(std::move(event));
    return pushed;
  }

  /// Everything that waits, oldest first.
  std::deque<transcript::Event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

 private:
  static bool only_partials(const transcript::Event& event) {
    for (std::size_t i = 0; i < event.size(); ++i)
      if (!event[i].is_partial) return false;
    return true;
  }

  std::mutex mutex_;
  std::deque<transcript::Event> events_;
};

}  // namespace sotto::pipeline
