#include "tests/support/change_points.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

namespace sotto::testing {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::minutes patience{1};

enum class Call : unsigned char { writes, renames, says, other };

Call kind_of(std::uint64_t number) {
  switch (number) {
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_ftruncate: return Call::writes;
#ifdef SYS_rename  // not on arm64
    case SYS_rename:
#endif
#ifdef SYS_renameat
    case SYS_renameat:
#endif
    case SYS_renameat2: return Call::renames;
    case SYS_sendto:
    case SYS_sendmsg: return Call::says;
    default: return Call::other;
  }
}

// "socket:[…]" for a socket.
std::string file_of(pid_t child, std::uint64_t descriptor) {
  const std::string link = "/proc/" + std::to_string(child) + "/fd/" + std::to_string(descriptor);
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  return size < 0 ? "" : std::string(path.data(), static_cast<std::size_t>(size));
}

// The next stop of the child; nothing when it has ended, or takes too long.
std::optional<int> next_stop(pid_t child, std::chrono::steady_clock::time_point deadline) {
  int status = 0;
  for (pid_t found = 0; found == 0;) {
    found = ::waitpid(child, &status, WNOHANG | __WALL);
    if (found < 0 || std::chrono::steady_clock::now() > deadline) return std::nullopt;
    if (found == 0) std::this_thread::sleep_for(std::chrono::microseconds{50});
  }
  return WIFSTOPPED(status) ? std::optional(status) : std::nullopt;
}

// What the child is about to do; nothing when it is at no entry of a call.
std::optional<__ptrace_syscall_info> entered(pid_t child) {
  __ptrace_syscall_info call{};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof call, &call) <= 0 ||
      call.op != PTRACE_SYSCALL_INFO_ENTRY)
    return std::nullopt;
  return call;
}

}  // namespace

std::optional<ChildEnd> kill_at_change(
    pid_t child, int changes, const std::function<bool(const std::string& file)>& is_watched,
    const std::function<void()>& begin) {
  const fs::directory_iterator threads("/proc/" + std::to_string(child) + "/task");
  if (std::distance(fs::begin(threads), fs::end(threads)) != 1)
    throw std::logic_error("only a process of one thread can be killed at a change");
  const auto deadline = std::chrono::steady_clock::now() + patience;
  if (::ptrace(PTRACE_SEIZE, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0 ||
      ::ptrace(PTRACE_INTERRUPT, child, nullptr, nullptr) != 0) {
    if (errno == ESRCH) throw std::runtime_error("the process has ended");
    return std::nullopt;
  }
  bool has_begun = false;
  for (int made = 0; const auto status = next_stop(child, deadline);) {
    const auto call = WSTOPSIG(*status) == (SIGTRAP | 0x80) ? entered(child) : std::nullopt;
    const Call kind = call ? kind_of(call->entry.nr) : Call::other;
    const std::string file = kind == Call::writes || kind == Call::says
                                 ? file_of(child, call->entry.args[0])
                                 : std::string();
    if (kind == Call::says || file.starts_with("socket:")) {
      ::ptrace(PTRACE_DETACH, child, nullptr, nullptr);
      return ChildEnd::finished;
    }
    const bool is_change = kind == Call::renames || (kind == Call::writes && is_watched(file));
    if (is_change && made++ == changes) {
      ::kill(child, SIGKILL);
      return ChildEnd::killed;
    }
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    if (!std::exchange(has_begun, true)) begin();
  }
  ::kill(child, SIGKILL);
  throw std::runtime_error("the process has ended, or changed and said nothing for a minute");
}

}  // namespace sotto::testing
