#include "supervision/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "supervision/prepared_confinement.hpp"

namespace sotto::supervision {

namespace {

/// Above every number that the child's own descriptors get, so that no dup2() meets its source.
constexpr int lowest_parent_fd = 10;
constexpr int exec_report_fd = 3;

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

UniqueFd moved_up(int fd) {
  UniqueFd low(fd);
  return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, lowest_parent_fd));
}

std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  Pipe pipe{moved_up(ends[0]), moved_up(ends[1])};
  if (!pipe.read_end.valid() || !pipe.write_end.valid()) return std::nullopt;
  return pipe;
}

/// Everything the child needs after the fork, where nothing may be allocated.
struct ChildPlan {
  char* const* arguments;
  char* const* environment;
  int input;
  int output;
  int errors;
  int report;
  int death_signal;
  pid_t parent;
  PreparedConfinement* confinement;  // none: null
};

[[noreturn]] void report_and_exit(int fd) {
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(fd, &error, sizeof error);
  ::_exit(127);
}

void default_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Runs in the child between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(const ChildPlan& plan) {
  ::setpgid(0, 0);
  if (plan.confinement != nullptr) plan.confinement->limit();
  if (::dup2(plan.input, 0) < 0 || ::dup2(plan.output, 1) < 0 || ::dup2(plan.errors, 2) < 0 ||
      ::dup3(plan.report, exec_report_fd, O_CLOEXEC) < 0) {
    report_and_exit(plan.report);
  }
  ::closefrom(exec_report_fd + 1);
  ::prctl(PR_SET_PDEATHSIG, plan.death_signal);
  if (::getppid() != plan.parent) ::_exit(127);  // it died before prctl()
  default_signals();
  if (plan.confinement != nullptr) plan.confinement->filter();
  ::execve(plan.arguments[0], plan.arguments, plan.environment);
  report_and_exit(exec_report_fd);
}

/// Forks with every signal blocked: no handler of the parent runs in the child.
pid_t fork_into(const ChildPlan& plan) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) become(plan);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return pid;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (const std::string& s : strings) out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

tl::unexpected<Error> system_failure(const std::string& what, int error) {
  const ErrorCode code = error == ENOENT                     ? ErrorCode::not_found
                         : error == EACCES || error == EPERM ? ErrorCode::permission_denied
                         : error == EMFILE || error == ENFILE || error == EAGAIN || error == ENOMEM
                             ? ErrorCode::resource_exhausted
                             : ErrorCode::internal;
  return fail(code, what + ": " + std::strerror(error));
}

bool make_non_blocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

UniqueFd process_descriptor(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

/// Whether child `pid` ends within `limit`; it is not reaped. False at once on kernels before 5.3.
bool ends_within(pid_t pid, milliseconds limit) {
  const UniqueFd process = process_descriptor(pid);
  if (!process.valid()) return false;
  pollfd wanted{process.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wanted, 1, static_cast<int>(limit.count()));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) >= 0 || errno == EINTR) {
    if (pid > 0) return;
  }
}

}  // namespace

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void UniqueFd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<ChildProcess> ChildProcess::start(const ChildCommand& command) {
  const std::vector<char*> arguments = pointers(command.arguments);
  const std::vector<char*> environment = pointers(command.environment);
  std::optional<PreparedConfinement> confinement;
  if (command.confinement) confinement.emplace(*command.confinement, command.arguments.front());
  auto input = make_pipe();
  auto output = make_pipe();
  auto report = make_pipe();
  const UniqueFd errors = moved_up(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!input || !output || !report || !errors.valid()) {
    return system_failure("no descriptor for " + command.arguments.front(), errno);
  }
  const pid_t pid =
      fork_into({arguments.data(), environment.data(), input->read_end.get(),
                 output->write_end.get(), errors.get(), report->write_end.get(),
                 command.parent_death_signal, ::getpid(), confinement ? &*confinement : nullptr});
  if (pid < 0) return system_failure("cannot start " + command.arguments.front(), errno);
  ::setpgid(pid, pid);  // the child does it too: whoever is first
  report->write_end.reset();
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(report->read_end.get(), &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  ChildProcess child(pid, std::move(input->write_end), std::move(output->read_end));
  if (got > 0) {
    reap(std::exchange(child.pid_, 0));
    return system_failure("cannot run " + command.arguments.front(), error);
  }
  if (!make_non_blocking(child.input()) || !make_non_blocking(child.output())) {
    return system_failure("cannot set up the pipes of " + command.arguments.front(), errno);
  }
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    stop();
    pid_ = std::exchange(other.pid_, 0);
    input_ = std::move(other.input_);
    output_ = std::move(other.output_);
  }
  return *this;
}

void ChildProcess::stop(milliseconds grace) {
  if (pid_ <= 0) return;
  const pid_t group = std::exchange(pid_, 0);
  input_.reset();
  output_.reset();
  ::kill(-group, SIGTERM);
  ends_within(group, grace);
  ::kill(-group, SIGKILL);  // before the leader is reaped: until then its number is not reused
  reap(group);
  reap(-group);  // what came to us as orphans, where we are process 1 or a subreaper
}

std::optional<int> ChildProcess::exit_code() const {
  siginfo_t info{};
  constexpr int look_only = WEXITED | WNOHANG | WNOWAIT;
  if (pid_ <= 0 || ::waitid(P_PID, static_cast<id_t>(pid_), &info, look_only) != 0) {
    return std::nullopt;
  }
  if (info.si_pid != pid_) return std::nullopt;
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

UniqueFd ChildProcess::end_event() const {
  if (pid_ <= 0) return {};
  return process_descriptor(pid_);
}

std::string search_path() {
  const char* const path = std::getenv("PATH");
  return path != nullptr && *path != '\0' ? path : "/usr/local/bin:/usr/bin:/bin";
}

std::optional<std::string> find_program(std::string_view name, std::string_view search_path) {
  const auto executable = [](const std::string& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string_view::npos) {
    std::string path = std::filesystem::absolute(name).string();
    if (!executable(path)) return std::nullopt;
    return path;
  }
  while (!search_path.empty()) {
    const std::size_t colon = search_path.find(':');
    const std::string_view folder = search_path.substr(0, colon);
    search_path.remove_prefix(colon == std::string_view::npos ? search_path.size() : colon + 1);
    std::string path = std::string(folder) + "/" + std::string(name);
    if (folder.starts_with('/') && executable(path)) return path;
  }
  return std::nullopt;
}

}  // namespace sotto::supervision
