#pragma once

#include <CLI/CLI.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sotto::app {

/// A setting of a command in force, and where its value comes from: `default`, the file's name, the
/// variable's name, or `command line`.
struct Setting {
  std::string name;
  std::string value;
  std::string source;
};

/// Gives each option of a command that was not set otherwise its value in a TOML file (`port =
/// 9000`, names as on the command line), and tells what is in force. So the weakest is the default,
/// then the file, the environment, the command line. No file where `file` is empty. Call it once,
/// after parsing. Errors: `not_found`, `invalid_argument` naming the setting.
Result<std::vector<Setting>> read_configuration(CLI::App& command, const std::string& file);

/// A table of the settings, or {"NAME":{"value","source"}}.
void print_settings(std::ostream& out, const std::vector<Setting>& settings, bool json);

}  // namespace sotto::app
