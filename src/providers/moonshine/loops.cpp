#include "providers/moonshine/loops.hpp"

namespace sotto::providers::moonshine {
namespace {

// How often the last `period` items stand at the end of `sequence`, one time after the other.
std::size_t repetitions(std::span<const std::int64_t> sequence, std::size_t period) {
  return repeated_items(sequence, period) / period + 1;
}

std::size_t times_too_many(std::size_t period) {
  if (period <= 3) return 6;
  if (period <= 8) return 4;
  return period <= 16 ? 3 : 2;
}

}  // namespace

std::size_t repeated_items(std::span<const std::int64_t> sequence, std::size_t period) {
  std::size_t count = 0;
  while (count + period < sequence.size() &&
         sequence[sequence.size() - 1 - count] == sequence[sequence.size() - 1 - count - period])
    ++count;
  return count;
}

std::optional<Loop> endless_loop(std::span<const std::int64_t> sequence) {
  for (std::size_t period = 1; 2 * period <= sequence.size(); ++period) {
    const std::size_t found = repetitions(sequence, period);
    if (found >= times_too_many(period))
      return Loop{sequence.size() - found * period, period, found};
  }
  return std::nullopt;
}

bool LoopWatch::add(std::int64_t token) {
  tokens_.push_back(token);
  return endless_loop(tokens_).has_value();
}

}  // namespace sotto::providers::moonshine
