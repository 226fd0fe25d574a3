#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "tests/support/temporary_folder.hpp"

/// For the tests of this module and of those that run programs by it.
namespace sotto::supervision::test {

/// A directory that is gone with the test.
class TemporaryDirectory : public testing::TemporaryFolder {
 public:
  /// Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& content) const {
    const std::string file = (path() / name).string();
    std::ofstream(file) << content;
    return file;
  }
};

/// How many lines `file` has; none when it is missing.
inline std::size_t lines_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::size_t count = 0;
  for (std::string line; std::getline(in, line);) ++count;
  return count;
}

/// Whether a process of this group still runs (a zombie that nobody has reaped yet does not).
inline bool group_runs(pid_t group) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    std::string stat;
    if (!std::getline(file, stat)) continue;
    char state = 0;
    long parent = 0;
    long its_group = 0;
    const std::size_t name_end = stat.rfind(") ");
    if (name_end == std::string::npos) continue;
    if (std::sscanf(stat.c_str() + name_end + 2, "%c %ld %ld", &state, &parent, &its_group) == 3 &&
        its_group == group && state != 'Z') {
      return true;
    }
  }
  return false;
}

/// Looks again and again, for half a minute at most, until `condition` holds.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

}  // namespace sotto::supervision::test
