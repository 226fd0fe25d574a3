#include "providers/aws/transcribe/replay_buffer.hpp"

#include <algorithm>

namespace sotto::providers::aws {

void ReplayBuffer::push(std::span<const std::int16_t> samples) {
  samples_.insert(samples_.end(), samples.begin(), samples.end());
}

std::string ReplayBuffer::take(std::size_t most) {
  const std::size_t count = std::min(most, waiting());
  std::string bytes;
  bytes.reserve(count * 2);
  auto sample = samples_.begin() + static_cast<std::ptrdiff_t>(cursor_ - begin_);
  for (std::size_t i = 0; i < count; ++i, ++sample) {
    const auto value = static_cast<std::uint16_t>(*sample);
    bytes += static_cast<char>(value & 0xFF);
    bytes += static_cast<char>(value >> 8);
  }
  cursor_ += count;
  if (cursor_ - begin_ > most_behind_) forget_before(cursor_ - most_behind_);
  return bytes;
}

void ReplayBuffer::go_to(std::uint64_t place) { cursor_ = std::clamp(place, begin_, end()); }

void ReplayBuffer::forget_before(std::uint64_t place) {
  place = std::min(place, cursor_);
  if (place <= begin_) return;
  samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(place - begin_));
  begin_ = place;
}

}  // namespace sotto::providers::aws
