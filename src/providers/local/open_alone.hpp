#pragma once

#include <filesystem>

namespace sotto::providers::local {

/// Whoever opens a database of this folder does so alone while this lives: of two that turn a new
/// file to its write-ahead log at once, SQLite lets one fail instead of wait. Waits a second at the
/// most; where the folder cannot be locked, they have to take that risk. Not thread-safe.
class OpenAlone {
 public:
  explicit OpenAlone(const std::filesystem::path& folder);
  ~OpenAlone();
  OpenAlone(const OpenAlone&) = delete;
  OpenAlone& operator=(const OpenAlone&) = delete;

 private:
  const int fd_;
};

}  // namespace sotto::providers::local
