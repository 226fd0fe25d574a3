#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sotto::tuning {

/// chrF (Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation") over a corpus:
/// n-grams of 1 to 6 characters, white space left out, recall counted twice as much as precision
/// (beta 2), the arithmetic mean of precisions and recalls over n. Not thread-safe.
class ChrF {
 public:
  /// A segment's translation, and what it is held against. UTF-8.
  void add(std::string_view translation, std::string_view reference);

  /// 0 to 100; 100 where nothing was added.
  double value() const;

 private:
  static constexpr std::size_t orders = 6;
  struct Counts {
    std::uint64_t matched = 0, translation = 0, reference = 0;
  };
  std::array<Counts, orders> counts_{};
};

}  // namespace sotto::tuning
