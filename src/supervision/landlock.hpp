#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "supervision/child_process.hpp"

namespace sotto::supervision {

/// What a process may do with files. Without a list there is no limit of that kind.
struct FileAccess {
  /// Files, folders with all below, and what links in one of these folders itself lead to.
  std::optional<std::vector<std::filesystem::path>> readable;
  /// Readable too, where `readable` is given, links aside.
  std::vector<std::filesystem::path> system;
  std::vector<std::filesystem::path> writable;                 ///< folders with all below
  std::optional<std::vector<std::filesystem::path>> programs;  ///< that it may start; files
};

/// The version of Landlock that the kernel has; 0 where it has none.
int landlock_version();

/// A ruleset for landlock_restrict_self(2), by which a process also opens no TCP connection, and
/// signals and traces no process that is not under it, as far as the kernel's version knows these;
/// invalid where there is no Landlock.
UniqueFd landlock_ruleset(const FileAccess& access);

/// From now on the calling thread and what it starts are under `ruleset`; needs
/// PR_SET_NO_NEW_PRIVS. Async-signal-safe.
bool enter_landlock(int ruleset);

}  // namespace sotto::supervision
