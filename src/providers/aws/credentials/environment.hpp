#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/session_time.hpp"

namespace sotto::providers::aws {

/// A process's environment: variables, files and programs, behind one interface that tests replace.
class Environment {
 public:
  virtual ~Environment() = default;

  /// An environment variable; nothing where it is missing or empty.
  virtual std::optional<std::string> variable(const std::string& name) const = 0;

  /// A whole file of at most 1 MiB. Errors: `not_found` where there is none or it cannot be read,
  /// `resource_exhausted`. The message names the path.
  virtual Result<std::string> read_file(const std::string& path) const = 0;

  /// Runs a program without a shell and waits for its end: what it wrote to its standard output, at
  /// most 64 KiB. Errors: `not_found`, `unavailable` for an exit code other than 0,
  /// `deadline_exceeded`, `resource_exhausted`. The message names the program and nothing of its
  /// arguments or output.
  virtual Result<std::string> run(const std::vector<std::string>& arguments,
                                  milliseconds patience) const = 0;
};

/// The real environment of this process. Thread-safe as long as no environment variable is changed.
class SystemEnvironment : public Environment {
 public:
  std::optional<std::string> variable(const std::string& name) const override;
  Result<std::string> read_file(const std::string& path) const override;
  Result<std::string> run(const std::vector<std::string>& arguments,
                          milliseconds patience) const override;
};

}  // namespace sotto::providers::aws
