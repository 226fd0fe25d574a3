#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "supervision/child_process.hpp"
#include "supervision/waiting.hpp"

namespace sotto::providers::apertium {

/// What Apertium's processes have and may do.
struct Surroundings {
  std::vector<std::string> environment;  ///< all of it
  supervision::Confinement confinement;
};

/// Asks Apertium's own program for the shell pipeline of a mode with NUL-flushing switched on
/// (`program -z mode_file`): it holds `$1` (generation option) and `$2` (tagger option). Takes
/// about 20 ms. Errors: `unavailable`, `deadline_exceeded`.
Result<std::string> read_mode_command(const std::string& program, const std::string& mode_file,
                                      const Surroundings& surroundings,
                                      const supervision::WaitLimit& limit);

/// One running Apertium pipeline. After any failed exchange() it is of no more use and has to be
/// destroyed, which ends its processes. Not thread-safe; the thread that started it must outlive
/// it and have SIGPIPE blocked.
class Pipeline {
 public:
  /// Starts `command`, which begins with a simple command, under /bin/sh. Its dictionaries are
  /// still being loaded when this returns.
  static Result<Pipeline> start(const std::string& command, const Surroundings& surroundings);

  /// Sends `text` (one prepared line) and waits for its translation, raw but unescaped. Each
  /// request carries a number that must come back at the end of its answer. Errors:
  /// `deadline_exceeded` without an answer in time; `unavailable` where the processes ended,
  /// answered over 64 kB, or answered something else, and when `limit.stop_fd` said stop.
  Result<std::string> exchange(std::string_view text, const supervision::WaitLimit& limit);

  pid_t group() const { return process_.group(); }

  /// Readable between requests only when something is wrong: an end, or words nobody asked for.
  int output() const { return process_.output(); }

 private:
  explicit Pipeline(supervision::ChildProcess process) : process_(std::move(process)) {}

  supervision::ChildProcess process_;
  std::uint64_t requests_ = 0;
};

}  // namespace sotto::providers::apertium
