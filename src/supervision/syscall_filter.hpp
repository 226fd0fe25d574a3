#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace sotto::supervision {

/// Sanitizers reserve terabytes, and look at memory from processes of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool under_sanitizer = true;
#elif defined(__has_feature)
inline constexpr bool under_sanitizer =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool under_sanitizer = false;
#endif

/// What a syscall filter leaves to a process.
struct FilterSettings {
  bool starts_programs = false;  ///< new processes; else only threads
  bool writes_files = false;     ///< opening files to write, and changing folders
};

/// A program for seccomp(2) that refuses system calls by an errno and ends nothing. A call in
/// another architecture's numbers (i386, x32) is refused. Empty on architectures that it is not
/// made for: x86-64 and arm64 have one.
class SyscallFilter {
 public:
  explicit SyscallFilter(const FilterSettings& settings);

  bool empty() const { return program_.empty(); }

  /// Holds from now on for the calling process, its threads to come and what it starts; needs
  /// PR_SET_NO_NEW_PRIVS. `own` is the process's id: signals to itself are left to it.
  /// Async-signal-safe. False where the kernel takes no filter.
  bool apply(pid_t own);

 private:
  std::vector<sock_filter> program_;
  std::vector<std::size_t> own_at_;  // the instructions that compare with the process's own id
};

}  // namespace sotto::supervision
