#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervision/child_process.hpp"

namespace sotto::testing {

/// `sotto serve --no-demo` on a free port, from the first line that it says until it is destroyed.
/// The thread that makes one must live as long.
class ServerProcess {
 public:
  /// With more arguments, and with `environment` over the test's own. What it logs is appended to
  /// the file `log`. Throws where it cannot be started.
  explicit ServerProcess(const std::vector<std::string>& arguments,
                         const std::map<std::string, std::string>& environment = {},
                         const std::string& log = "/dev/null") {
    std::map<std::string, std::string> all = environment;
    for (char** variable = environ; *variable; ++variable) {
      const std::string_view text(*variable);
      const std::size_t end = text.find('=');
      if (end != std::string_view::npos)
        all.emplace(std::string(text.substr(0, end)), std::string(text.substr(end + 1)));
    }
    all["SOTTO_TEST_LOG"] = log;
    supervision::ChildCommand command;
    command.confinement.reset();
    command.arguments = {"/bin/sh",    "-c",       "exec \"$0\" \"$@\" 2>>\"$SOTTO_TEST_LOG\"",
                         SOTTO_BINARY, "serve",    "--port",
                         "0",          "--no-demo"};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    for (const auto& [name, value] : all) command.environment.push_back(name + "=" + value);
    process_.emplace(supervision::ChildProcess::start(command).value());
    first_line_ = read_line();
    const std::size_t found = first_line_.find("localhost:");
    EXPECT_NE(found, std::string::npos) << first_line_;
    if (found != std::string::npos)
      port_ = static_cast<std::uint16_t>(std::stoi(first_line_.substr(found + 10)));
  }

  /// The next line of what it says that has this in it, a minute after the line before at most;
  /// empty where none comes.
  std::string line_with(std::string_view text) const {
    for (std::string line = read_line(); !line.empty(); line = read_line())
      if (line.find(text) != std::string::npos) return line;
    return "";
  }

  /// Without a word, as when the machine fails.
  void kill() {
    if (process_->group() > 0) ::kill(-process_->group(), SIGKILL);
    process_->stop();
  }

  /// 0 where the first line names none.
  std::uint16_t port() const { return port_; }
  const std::string& first_line() const { return first_line_; }

 private:
  // It says no empty ones.
  std::string read_line() const {
    std::string line;
    for (pollfd waiting{process_->output(), POLLIN, 0}; ::poll(&waiting, 1, 60'000) == 1;) {
      char c = 0;
      if (::read(process_->output(), &c, 1) != 1 || c == '\n') break;
      line += c;
    }
    return line;
  }

  std::optional<supervision::ChildProcess> process_;
  std::string first_line_;
  std::uint16_t port_ = 0;
};

}  // namespace sotto::testing
