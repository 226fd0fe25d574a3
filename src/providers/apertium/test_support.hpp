#pragma once

#include <sys/stat.h>

#include <chrono>
#include <string>

#include "providers/apertium/settings.hpp"
#include "supervision/test_support.hpp"

namespace sotto::providers::apertium::test {

/// Settings for tests of Apertium itself: patient, for machines with other work to do.
inline Settings patient_settings() {
  Settings settings;
  settings.deadline = std::chrono::seconds{40};
  return settings;
}

using supervision::test::eventually;
using supervision::test::group_runs;
using supervision::test::TemporaryDirectory;

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
    settings.scratch = std::filesystem::temp_directory_path();
    return settings;
  }

  const TemporaryDirectory& directory() const { return directory_; }

 private:
  TemporaryDirectory directory_;
};

}  // namespace sotto::providers::apertium::test
