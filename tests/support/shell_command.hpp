#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/support/file_content.hpp"

namespace sotto::testing {

/// How a command ended, and what it wrote.
struct Ran {
  int code = -1;  ///< -1: by a signal
  std::string out, err;
};

/// Runs a shell's command to its end. What it writes goes through the files `out` and `err` of
/// `folder`, so that two at once need a folder each.
inline Ran run_command(const std::string& command, const std::filesystem::path& folder,
                       const std::string& input = "/dev/null") {
  const std::filesystem::path out = folder / "out", err = folder / "err";
  const std::string redirected =
      command + " >'" + out.string() + "' 2>'" + err.string() + "' <'" + input + "'";
  const int status = std::system(redirected.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(out), content_of(err)};
}

}  // namespace sotto::testing
