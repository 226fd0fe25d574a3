#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include "base/result.hpp"
#include "model_download/downloader.hpp"

namespace sotto::app {

/// Says how a download goes: over and over in one line for people, every ten seconds for a log.
/// Not thread-safe.
class DownloadProgress {
 public:
  /// Writes to `out`, which must outlive this; `name` begins each line.
  DownloadProgress(std::FILE* out, std::string name);

  /// What tells it; must not outlive this.
  model_download::Hooks hooks();

  /// Ends the line that was written over.
  void end();

 private:
  using Clock = std::chrono::steady_clock;
  void look(std::uint64_t done, std::uint64_t all);

  std::FILE* out_;
  std::string name_;
  bool is_terminal_;
  bool in_line_ = false;
  Clock::time_point said_;
};

}  // namespace sotto::app
