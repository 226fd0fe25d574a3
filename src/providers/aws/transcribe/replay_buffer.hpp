#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>

namespace sotto::providers::aws {

/// The end of a talk's audio, 16 kHz mono: what waits to be sent, and what was sent but may have to
/// be sent again. Places are samples since the talk began. Not thread-safe.
class ReplayBuffer {
 public:
  /// `most_behind`: how many samples before the cursor are kept.
  explicit ReplayBuffer(std::size_t most_behind) : most_behind_(most_behind) {}

  void push(std::span<const std::int16_t> samples);

  /// The next samples, at most `most`, as PCM's little-endian bytes; the cursor moves behind them.
  std::string take(std::size_t most);

  /// Moves the cursor back, or on, to `place` or the nearest that is kept.
  void go_to(std::uint64_t place);

  /// What is before `place` is not needed again.
  void forget_before(std::uint64_t place);

  std::uint64_t begin() const { return begin_; }
  std::uint64_t cursor() const { return cursor_; }
  std::uint64_t end() const { return begin_ + samples_.size(); }
  std::size_t waiting() const { return static_cast<std::size_t>(end() - cursor_); }

 private:
  const std::size_t most_behind_;
  std::deque<std::int16_t> samples_;  // from begin_ on
  std::uint64_t begin_ = 0;
  std::uint64_t cursor_ = 0;
};

}  // namespace sotto::providers::aws
