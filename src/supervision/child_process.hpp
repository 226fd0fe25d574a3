#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "supervision/confinement.hpp"

namespace sotto::supervision {

/// Owns a file descriptor; -1 is none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

/// What to run. Nothing is inherited but the working directory and the resource limits, which a
/// confinement lowers.
struct ChildCommand {
  std::vector<std::string> arguments;    ///< the program's absolute path first
  std::vector<std::string> environment;  ///< `NAME=value`, all of it
  /// What the child itself (not what it starts) gets when the thread that started it ends.
  int parent_death_signal = SIGKILL;
  /// What it may do; nothing here: all that this process may.
  std::optional<Confinement> confinement = Confinement{};
};

/// A child in a process group of its own, talked to over pipes; its stderr goes to /dev/null. It
/// gets default signal dispositions, an empty signal mask and no descriptor beyond 0, 1 and 2.
/// Movable, not thread-safe.
class ChildProcess {
 public:
  /// Starts `command`. The calling thread must live as long as the child is wanted, see
  /// `parent_death_signal`. Errors: `not_found` or `permission_denied` where the program cannot
  /// be run, `resource_exhausted` where the system has no process or descriptor left.
  static Result<ChildProcess> start(const ChildCommand& command);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess() { stop(); }

  /// Ends and reaps the whole group: SIGTERM first, so that a shell can collect what it started;
  /// SIGKILL for what is left after `grace`. Blocks for hardly more than `grace`. Twice is once.
  void stop(milliseconds grace = milliseconds{200});

  /// The group's id, which is the child's own; 0 after stop().
  pid_t group() const { return pid_; }

  /// Writes to the child's stdin; non-blocking. SIGPIPE is the caller's to block.
  int input() const { return input_.get(); }
  /// Reads from the child's stdout; non-blocking.
  int output() const { return output_.get(); }

  /// Ends the child's stdin; input() is -1 from then on. Twice is once.
  void close_input() { input_.reset(); }

  /// What the child ended with: its exit code, or 128 and the signal's number; nothing while it
  /// runs and after stop().
  std::optional<int> exit_code() const;

  /// A descriptor that poll() finds readable once the child has ended; an invalid one where the
  /// kernel has none (before Linux 5.3).
  UniqueFd end_event() const;

 private:
  ChildProcess(pid_t pid, UniqueFd input, UniqueFd output)
      : pid_(pid), input_(std::move(input)), output_(std::move(output)) {}

  pid_t pid_ = 0;
  UniqueFd input_;
  UniqueFd output_;
};

/// This process's PATH, or Debian's where it has none.
std::string search_path();

/// The absolute path of an executable: `name` itself if it has a slash, else found in the PATH
/// given as `search_path`.
std::optional<std::string> find_program(std::string_view name, std::string_view search_path);

}  // namespace sotto::supervision
