#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sotto::providers::moonshine {

/// A stretch at the end of a sequence that is the same piece over and over.
struct Loop {
  std::size_t first = 0;   ///< where the first of the repetitions begins
  std::size_t period = 0;  ///< the length of one
  std::size_t times = 0;   ///< whole repetitions, at least 2
};

/// How many items at the end of `sequence` are the same as the one `period` before them. Of
/// `a b c b c b` with a period of 2 that is 3.
std::size_t repeated_items(std::span<const std::int64_t> sequence, std::size_t period);

/// The loop that a decoder goes round in, where `sequence` ends with one: a piece of up to 3 tokens
/// six times, of up to 8 four times, of up to 16 three times, a longer one twice. People do say a
/// word three or four times in a row; no sentence is said so, and a loop goes on, so waiting costs
/// little. Of several that of the shortest piece. Costs the square of the length.
std::optional<Loop> endless_loop(std::span<const std::int64_t> sequence);

/// Notices an endless_loop() while tokens come.
class LoopWatch {
 public:
  /// Takes the next token and tells whether what came so far ends with a loop.
  bool add(std::int64_t token);

 private:
  std::vector<std::int64_t> tokens_;
};

}  // namespace sotto::providers::moonshine
