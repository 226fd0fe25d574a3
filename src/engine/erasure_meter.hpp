#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sotto::engine {

/// Normalized erasure (Arivazhagan et al. 2020, "Re-translation versus Streaming for Simultaneous
/// Translation"): over all revisions of a line, the words of the old text beyond the common prefix
/// with the new, summed, over the words of the line's last text. Provisional words count; a word
/// whose case or marks change is not erased. Not thread-safe.
class ErasureMeter {
 public:
  /// The line with the number `line` now reads `text`.
  void shown(std::uint64_t line, std::string_view text);

  /// Words erased per word of the last texts; 0 before anything was shown.
  double value() const;

  /// The two sides of value(): words erased so far, and words of all lines as they read now.
  std::uint64_t erased() const { return erased_; }
  std::uint64_t words() const;

 private:
  static constexpr std::size_t max_lines = 64;  ///< older ones are not corrected any more

  std::map<std::uint64_t, std::string> lines_;
  std::uint64_t erased_ = 0;
  std::uint64_t older_words_ = 0;
};

}  // namespace sotto::engine
