#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "providers/apertium/settings.hpp"

namespace sotto::providers::apertium::test {

/// Settings for tests of Apertium itself: patient, for machines with other work to do.
inline Settings patient_settings() {
  Settings settings;
  settings.deadline = std::chrono::seconds{40};
  return settings;
}

/// A directory that is gone with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "sotto-apertium-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }

  const std::filesystem::path& path() const { return path_; }

  std::string write(const std::string& name, const std::string& content) const {
    const std::string file = (path_ / name).string();
    std::ofstream(file) << content;
    return file;
  }

 private:
  std::filesystem::path path_;
};

/// A modes directory whose one pair, en to es, is any shell command, and a stand-in for Apertium's
/// mode program that prints it.
class FakeEngine {
 public:
  explicit FakeEngine(const std::string& command) {
    directory_.write("eng-spa.mode", command + "\n");
    ::chmod(directory_.write("print-mode", "#!/bin/sh\nexec cat \"$2\"\n").c_str(), 0700);
  }

  /// Fakes that fail the first time they are started, or do `first`, and work from then on.
  static std::string first_time(const TemporaryDirectory& place, const std::string& first) {
    return "sh " +
           place.write("first.sh", "if mkdir " + (place.path() / "started").string() +
                                       " 2>/dev/null; then " + first + "; else exec cat; fi\n");
  }

  Settings settings() const {
    Settings settings;
    settings.modes_directory = directory_.path();
    settings.mode_program = (directory_.path() / "print-mode").string();
    settings.deadline = patient_settings().deadline;
    settings.first_back_off = milliseconds{5};
    return settings;
  }

  const TemporaryDirectory& directory() const { return directory_; }

 private:
  TemporaryDirectory directory_;
};

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

}  // namespace sotto::providers::apertium::test
