#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::supervision {

/// What a child may do besides computing and talking over its pipes. Every confined child has
///
/// - no socket, of whatever kind, and so no network;
/// - no new privileges (prctl(2), PR_SET_NO_NEW_PRIVS), and of root's capabilities at most that of
///   reading everybody's files;
/// - no tracing of other processes, no signals, limits or priorities for them;
/// - no mounts, namespaces, modules, keys, io_uring, BPF, or other ways into the kernel that an
///   engine does not need: denied_always in syscall_filter.cpp lists them;
/// - no change to any file, its mode, owner, times or name;
/// - no core dump, and 256 descriptors at most.
///
/// By seccomp (seccomp(2), Documentation/userspace-api/seccomp_filter.rst) on x86-64 and arm64, and
/// by Landlock (landlock(7), Documentation/userspace-api/landlock.rst) where the kernel has it.
/// What is not to be had is left out, see missing_measures(); the child runs all the same.
struct Confinement {
  /// Whether it may start processes and programs other than its own. A program that is no ELF file,
  /// a script, always may.
  bool starts_programs = false;
  /// Files and folders, with all that is in them, that it reads beside the system's programs,
  /// libraries and locales. Those that are missing are ignored. A script reads all, because its
  /// interpreter may be anywhere.
  std::vector<std::filesystem::path> readable = {};
  /// Folders in which it may also write.
  std::vector<std::filesystem::path> writable = {};
  /// Bytes of address space; 0: no limit.
  std::uint64_t most_address_space = 0;
  /// Bytes of memory that can be written; 0: no limit. For programs that reserve more addresses
  /// than they use.
  std::uint64_t most_data = 0;
  /// Bytes of a file, files in memory (memfd_create(2)) included.
  std::uint64_t largest_file = 0;
};

/// The folders of `search_path` (as PATH) and the `lib` beside each: what programs that are found
/// in it may need to read.
std::vector<std::filesystem::path> program_folders(std::string_view search_path);

/// What a confined child can do on this system that it should not, a clause each, because the
/// kernel has no means against it; empty where all measures are there.
std::vector<std::string> missing_measures();

}  // namespace sotto::supervision
