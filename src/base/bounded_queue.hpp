#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace sotto {

/// A first-in first-out queue that never holds more than `capacity` elements and never drops
/// anything without saying so: push() hands back what did not fit. Not thread-safe; it lives on
/// one strand or under its owner's lock.
template <class T>
class BoundedQueue {
 public:
  /// `capacity` must be at least 1.
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Appends `value`. When the queue is full nothing changes and the value is returned.
  std::optional<T> push(T value) {
    if (full()) return value;
    items_.push_back(std::move(value));
    return std::nullopt;
  }

  /// Appends `value`. When the queue is full its oldest element makes room and is returned.
  std::optional<T> push_evicting_oldest(T value) {
    std::optional<T> evicted;
    if (full()) evicted = pop();
    items_.push_back(std::move(value));
    return evicted;
  }

  /// Removes and returns the oldest element, or nothing when empty.
  std::optional<T> pop() {
    if (items_.empty()) return std::nullopt;
    std::optional<T> value(std::move(items_.front()));
    items_.pop_front();
    return value;
  }

  bool empty() const { return items_.empty(); }
  bool full() const { return items_.size() >= capacity_; }
  std::size_t size() const { return items_.size(); }
  std::size_t capacity() const { return capacity_; }
  void clear() { items_.clear(); }

  /// The queued elements, oldest first, for looking and for coalescing in place.
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  std::size_t capacity_;
  std::deque<T> items_;
};

}  // namespace sotto
