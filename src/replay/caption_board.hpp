#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/command.hpp"

namespace sotto::replay {

/// What a session's captions read, result by result: a result's segments joined in order. Keeps the
/// newest results only; older ones are not corrected any more. Not thread-safe.
class CaptionBoard {
 public:
  /// Applies a caption, of which a step may have several for a result; returns what its whole
  /// result now reads, provisional words included. Lives until the next call.
  const std::string& show(const engine::ShowCaption& caption);

 private:
  static constexpr std::size_t max_results = 16;  ///< twice what an engine tracks

  std::map<std::uint32_t, std::map<engine::SegmentId, std::string>> results_;
  std::string text_;
};

/// Whether commands[index], a caption, is its result's last in the step: what a result reads
/// changes only once a step.
bool is_last_of_result(const engine::Commands& commands, std::size_t index);

}  // namespace sotto::replay
