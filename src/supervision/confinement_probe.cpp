// Does one deed, named by the first argument, that a confined child should not be able to do, and
// says `done`, or the name of the error that it is refused with:
//
//   confinement_probe DEED [ARGUMENT]
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

// 0 or an error number.
using Deed = std::function<int(const std::string& argument)>;

int error_of(long result) { return result < 0 ? errno : 0; }

int number(const std::string& text) { return std::atoi(text.c_str()); }

sockaddr_in loopback(const std::string& port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(number(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_tcp(const std::string& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  if (fd < 0) return errno;
  return error_of(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

int send_udp(const std::string& port) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  const sockaddr_in address = loopback(port);
  if (fd < 0) return errno;
  return error_of(
      ::sendto(fd, "x", 1, 0, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

int make_socket(const std::string& family) {
  return error_of(::socket(number(family), SOCK_DGRAM, 0));
}

int make_pair(const std::string&) {
  int pair[2];
  return error_of(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

int open_file(const std::string& path, int flags) {
  return error_of(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

int read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char byte = 0;
  if (fd < 0) return errno;
  return error_of(::read(fd, &byte, 1));
}

int read_folder(const std::string& path) { return ::opendir(path.c_str()) == nullptr ? errno : 0; }

int start_process(const std::string&) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  return pid < 0 ? errno : error_of(::waitpid(pid, nullptr, 0));
}

int start_thread(const std::string&) {
  try {
    std::thread([] {}).join();
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}

// Where it succeeds that program speaks.
int become(const std::string& path) {
  ::execl(path.c_str(), path.c_str(), "done", nullptr);
  return errno;
}

int take_memory(const std::string& megabytes) {
  void* memory = std::malloc(static_cast<std::size_t>(number(megabytes)) << 20U);
  if (memory != nullptr) std::memset(memory, 1, 4096);
  return memory == nullptr ? ENOMEM : 0;
}

int open_many(const std::string& count) {
  for (int i = 0; i < number(count); ++i)
    if (::open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) return errno;
  return 0;
}

int attach(const std::string& pid) {
  const long result = ::ptrace(PTRACE_SEIZE, number(pid), nullptr, nullptr);
  return error_of(result);
}

int write_memory_file(const std::string& bytes) {
  const int fd = static_cast<int>(::syscall(SYS_memfd_create, "probe", 0U));
  const std::string content(static_cast<std::size_t>(number(bytes)), 'x');
  std::signal(SIGXFSZ, SIG_IGN);
  if (fd < 0) return errno;
  const ssize_t wrote = ::write(fd, content.data(), content.size());
  if (wrote >= 0 && wrote < static_cast<ssize_t>(content.size())) return EFBIG;
  return error_of(wrote);
}

int limit_other(const std::string& pid) {
  rlimit now{};
  if (::prlimit(number(pid), RLIMIT_CPU, nullptr, &now) != 0) return errno;
  return error_of(::prlimit(number(pid), RLIMIT_CPU, &now, nullptr));
}

int own_pipe_to(const std::string& pid) { return error_of(::fcntl(0, F_SETOWN, number(pid))); }

int call(long result) { return error_of(result); }

const std::map<std::string, Deed> deeds = {
    {"tcp", connect_tcp},
    {"udp", send_udp},
    {"socket", make_socket},
    {"socketpair", make_pair},
    {"create", [](const std::string& path) { return open_file(path, O_WRONLY | O_CREAT); }},
    {"write", [](const std::string& path) { return open_file(path, O_WRONLY); }},
    {"truncate", [](const std::string& path) { return call(::truncate(path.c_str(), 0)); }},
    {"remove", [](const std::string& path) { return call(::unlink(path.c_str())); }},
    {"folder", [](const std::string& path) { return call(::mkdir(path.c_str(), 0700)); }},
    {"mode", [](const std::string& path) { return call(::chmod(path.c_str(), 0777)); }},
    {"owner",
     [](const std::string& path) { return call(::chown(path.c_str(), ::getuid(), ::getgid())); }},
    {"touch",
     [](const std::string& path) { return call(::utimensat(AT_FDCWD, path.c_str(), nullptr, 0)); }},
    {"read", read_file},
    {"list", read_folder},
    {"fork", start_process},
    {"thread", start_thread},
    {"exec", become},
    {"memory", take_memory},
    {"descriptors", open_many},
    {"ptrace", attach},
    {"memory-file", write_memory_file},
    {"limit", limit_other},
    {"signal", [](const std::string& pid) { return call(::kill(number(pid), 0)); }},
    {"own-signal", [](const std::string&) { return call(::kill(::getpid(), 0)); }},
    {"pipe-signal", own_pipe_to},
    {"group", [](const std::string&) { return call(::setpgid(0, ::getpgid(::getppid()))); }},
    {"clone3", [](const std::string&) { return call(::syscall(SYS_clone3, nullptr, 0)); }},
    {"unshare", [](const std::string&) { return call(::unshare(CLONE_FS)); }},
    {"mount",
     [](const std::string& path) {
       return call(::mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr));
     }},
    {"terminal", [](const std::string&) { return call(::ioctl(0, TIOCSTI, "x")); }},
    {"keys", [](const std::string&) { return call(::syscall(SYS_keyctl, 0, -2, 0)); }},
    {"personality",
     [](const std::string&) { return call(::syscall(SYS_personality, 0xffffffffUL)); }},
    {"privileges",
     [](const std::string&) { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? EPERM : 0; }},
    {"core",
     [](const std::string&) {
       rlimit core{};
       ::getrlimit(RLIMIT_CORE, &core);
       return core.rlim_max == 0 ? EPERM : 0;
     }},
};

}  // namespace

int main(int argc, char** argv) {
  const auto deed = deeds.find(argc > 1 ? argv[1] : "");
  if (deed == deeds.end()) {
    std::cout << "no such deed\n";
    return 2;
  }
  const int error = deed->second(argc > 2 ? argv[2] : "");
  std::cout << (error == 0 ? "done" : ::strerrorname_np(error)) << '\n';
  return 0;
}
