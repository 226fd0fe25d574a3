#include "supervision/syscall_filter.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace sotto::supervision {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t architecture = 0;
#endif

// In the headers of Linux 6.1 (Debian 12) or newer, and the same on all architectures.
constexpr int number_of_fchmodat2 = 452;
constexpr int number_of_setxattrat = 463;
constexpr int number_of_removexattrat = 466;
constexpr int number_of_open_tree_attr = 467;
constexpr std::uint32_t first_number_of_x32 = 0x4000'0000;

/// What no engine needs, of what Linux has.
constexpr std::array denied_always {
  // other processes
  SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd, SYS_pidfd_send_signal,
      SYS_process_madvise, SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_setpgid,
      SYS_setsid, SYS_setpriority, SYS_ioprio_set, SYS_migrate_pages, SYS_move_pages, SYS_shmget,
      SYS_semget, SYS_msgget, SYS_mq_open, SYS_mq_unlink,
      // what the file system is
      SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_setns, SYS_unshare, SYS_open_tree,
      SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_mount_setattr,
      number_of_open_tree_attr, SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_quotactl,
      SYS_swapon, SYS_swapoff, SYS_fanotify_init,
      // the kernel
      SYS_bpf, SYS_perf_event_open, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_kexec_load,
      SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_reboot, SYS_userfaultfd,
      SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_personality, SYS_acct,
      SYS_syslog, SYS_lookup_dcookie, SYS_nfsservctl, SYS_vhangup, SYS_settimeofday,
      SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_sethostname, SYS_setdomainname,
#if defined(__x86_64__)
      SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS__sysctl, SYS_ustat, SYS_sysfs,
#endif
#if defined(SYS_kexec_file_load)
      SYS_kexec_file_load,
#endif
      // what Landlock leaves open of files
      SYS_fchmod, SYS_fchmodat, number_of_fchmodat2, SYS_fchown, SYS_fchownat, SYS_setxattr,
      SYS_lsetxattr, SYS_fsetxattr, number_of_setxattrat, SYS_removexattr, SYS_lremovexattr,
      SYS_fremovexattr, number_of_removexattrat, SYS_utimensat,
#if defined(__x86_64__)
      SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
};

constexpr std::array changing_folders {
  SYS_mkdirat, SYS_unlinkat, SYS_renameat2, SYS_linkat, SYS_symlinkat, SYS_mknodat, SYS_truncate,
#if defined(SYS_renameat)
      SYS_renameat,
#endif
#if defined(__x86_64__)
      SYS_mkdir, SYS_rmdir, SYS_unlink, SYS_rename, SYS_link, SYS_symlink, SYS_mknod, SYS_creat,
#endif
};

// Their first argument is a process or a thread, 0 the caller.
constexpr std::array about_a_process{SYS_prlimit64, SYS_sched_setaffinity, SYS_sched_setscheduler,
                                     SYS_sched_setparam, SYS_sched_setattr};

constexpr std::uint32_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                     CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr std::uint32_t opened_to_change = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

constexpr std::uint32_t refused(int error) {
  return SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(error) & SECCOMP_RET_DATA);
}

// The low half of a call's argument; the kernel itself takes no more of those that are looked at.
constexpr std::uint32_t place_of_argument(int which) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                    static_cast<std::size_t>(which) * sizeof(std::uint64_t));
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

/// Writes the program. Each statement is about one system call and leaves its number in the
/// accumulator for the next one.
class Writer {
 public:
  std::vector<sock_filter> program;
  std::vector<std::size_t> own_at;

  void begin() {
    load(offsetof(seccomp_data, arch));
    jump(BPF_JEQ, architecture, 1, 0);
    give(refused(EPERM));
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    jump(BPF_JGE, first_number_of_x32, 0, 1);
    give(refused(EPERM));
#endif
  }

  void deny(int call, int error) {
    jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 1);
    give(refused(error));
  }

  template <typename Calls>
  void deny_all(const Calls& calls, int error) {
    for (const int call : calls) deny(call, error);
  }

  /// Refuses `call` unless its first argument is 0 or the process itself.
  void deny_for_others(int call) {
    about(call, 0, 4);
    jump(BPF_JEQ, 0, 2, 0);
    own_at.push_back(program.size());
    jump(BPF_JEQ, 0, 1, 0);
    give(refused(EPERM));
    allow();
  }

  /// Refuses `call` if its argument has one of `bits`, or, if not `where_set`, none.
  void deny_by_bits(int call, int argument, std::uint32_t bits, bool where_set, int error) {
    about(call, argument, 3);
    jump(BPF_JSET, bits, where_set ? 0 : 1, where_set ? 1 : 0);
    give(refused(error));
    allow();
  }

  /// Refuses `call` if its argument is `value`.
  void deny_value(int call, int argument, std::uint32_t value) {
    jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 4);
    load(place_of_argument(argument));
    jump(BPF_JEQ, value, 0, 1);
    give(refused(EPERM));
    load(offsetof(seccomp_data, nr));
  }

  void allow() { give(SECCOMP_RET_ALLOW); }

 private:
  // The next `count` instructions are about the argument of `call`.
  void about(int call, int argument, std::size_t count) {
    jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, count + 1);
    load(place_of_argument(argument));
  }
  void load(std::size_t place) {
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(place)));
  }
  void jump(int test, std::uint32_t value, std::size_t yes, std::size_t no) {
    program.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), value,
                               static_cast<std::uint8_t>(yes), static_cast<std::uint8_t>(no)));
  }
  void give(std::uint32_t answer) { program.push_back(BPF_STMT(BPF_RET | BPF_K, answer)); }
};

void write_processes(Writer& writer, bool starts_programs) {
  // Its flags are in memory, where no filter sees them; libraries then use clone().
  writer.deny(SYS_clone3, ENOSYS);
  if (starts_programs || under_sanitizer) {
    writer.deny_by_bits(SYS_clone, 0, namespaces, true, EPERM);
  } else {
    writer.deny_by_bits(SYS_clone, 0, CLONE_THREAD, false, EPERM);
#if defined(__x86_64__)
    writer.deny(SYS_fork, EPERM);
    writer.deny(SYS_vfork, EPERM);
#endif
  }
}

void write_files(Writer& writer, const FilterSettings& settings) {
  if (settings.writes_files) return;
  writer.deny_all(changing_folders, EACCES);
  // A shell opens /dev/null to write; there Landlock decides.
  if (settings.starts_programs) return;
  writer.deny(SYS_openat2, ENOSYS);  // its flags are in memory
  writer.deny_by_bits(SYS_openat, 2, opened_to_change, true, EACCES);
#if defined(__x86_64__)
  writer.deny_by_bits(SYS_open, 1, opened_to_change, true, EACCES);
#endif
}

}  // namespace

SyscallFilter::SyscallFilter(const FilterSettings& settings) {
  if (architecture == 0) return;
  Writer writer;
  writer.begin();
  writer.deny(SYS_socket, EACCES);
  writer.deny(SYS_socketpair, EACCES);
  writer.deny_all(denied_always, EPERM);
  if (!under_sanitizer) writer.deny(SYS_ptrace, EPERM);
  // Typing into the terminal that the server was started from.
  writer.deny_value(SYS_ioctl, 1, TIOCSTI);
  writer.deny_value(SYS_ioctl, 1, TIOCLINUX);
  // Having the kernel send signals to others, of what happens at a pipe.
  writer.deny_value(SYS_fcntl, 1, F_SETOWN);
  writer.deny_value(SYS_fcntl, 1, F_SETOWN_EX);
  writer.deny_for_others(SYS_kill);
  writer.deny_for_others(SYS_tgkill);
  for (const int call : about_a_process) writer.deny_for_others(call);
  write_processes(writer, settings.starts_programs);
  write_files(writer, settings);
  writer.allow();
  program_ = std::move(writer.program);
  own_at_ = std::move(writer.own_at);
}

bool SyscallFilter::apply(pid_t own) {
  if (program_.empty()) return false;
  for (const std::size_t at : own_at_) program_[at].k = static_cast<std::uint32_t>(own);
  const sock_fprog program{static_cast<unsigned short>(program_.size()), program_.data()};
  // Without the flag (Linux 4.17), kernels before 5.16 also slow the process down against leaks
  // between programs of one process, of which it has one.
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                   &program) == 0 ||
         ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

}  // namespace sotto::supervision
