#pragma once

#include <filesystem>

namespace sotto::providers::local {

/// Only one process opens a database in this folder while this object lives: when two switch a new
/// file to its write-ahead log at once, SQLite lets one fail instead of wait. Waits at most a
/// second. If the folder cannot be locked, that risk remains. Not thread-safe.
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
