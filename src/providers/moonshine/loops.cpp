#include "providers/moonshine/loops.hpp"

#include <algorithm>

namespace sotto::providers::moonshine {
namespace {

// How often the last `period` items stand at the end of `sequence`, one time after the other.
std::size_t repetitions(std::span<const std::int64_t> sequence, std::size_t period) {
  std::size_t times = 1;
  const auto piece = sequence.last(period);
  while (sequence.size() >= (times + 1) * period &&
         std::equal(piece.begin(), piece.end(),
                    sequence.subspan(sequence.size() - (times + 1) * period, period).begin()))
    ++times;
  return times;
}

std::size_t times_too_many(std::size_t period) {
  if (period <= 3) return 6;
  if (period <= 8) return 4;
  return period <= 16 ? 3 : 2;
}

}  // namespace

std::optional<Loop> ending_loop(std::span<const std::int64_t> sequence, std::size_t times) {
  for (std::size_t period = 1; period * times <= sequence.size(); ++period) {
    const std::size_t found = repetitions(sequence, period);
    if (found >= times) return Loop{sequence.size() - found * period, period, found};
  }
  return std::nullopt;
}

bool LoopWatch::add(std::int64_t token) {
  tokens_.push_back(token);
  const std::span<const std::int64_t> all(tokens_);
  for (std::size_t period = 1; 2 * period <= all.size(); ++period)
    if (repetitions(all, period) >= times_too_many(period)) return true;
  return false;
}

}  // namespace sotto::providers::moonshine
