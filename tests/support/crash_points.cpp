#include "tests/support/crash_points.hpp"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

namespace sotto::testing {

namespace {

constexpr int refused = 77;

[[noreturn]] void be_traced(const std::function<void()>& work) {
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(refused);
  ::raise(SIGSTOP);
  work();
  ::_exit(0);
}

}  // namespace

std::optional<ChildEnd> run_until_call(int calls, const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no process can be made");
  if (child == 0) be_traced(work);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == refused) return std::nullopt;
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  for (int made = 0, stops = 0;;) {
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return ChildEnd::finished;
    if (!WIFSTOPPED(status))
      throw std::runtime_error("the child ended with status " + std::to_string(status));
    // A stop on entering each call and one on leaving it; other signals are none of ours.
    if (WSTOPSIG(status) != (SIGTRAP | 0x80) || stops++ % 2 != 0) continue;
    if (made++ < calls) continue;
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return ChildEnd::killed;
  }
}

}  // namespace sotto::testing
