#include "supervision/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <system_error>

namespace sotto::supervision {

namespace {

namespace fs = std::filesystem;

// linux/landlock.h as of version 6 (Linux 6.12); Debian 12's has version 2.
constexpr std::uint64_t execute = 1U << 0, write_file = 1U << 1, read_file = 1U << 2,
                        read_folder = 1U << 3, truncate_file = 1U << 14;
constexpr std::uint64_t change_folders = 0x1ff0, refer = 1U << 13;  // change: remove_…, make_…
constexpr std::uint64_t of_files = execute | write_file | read_file | truncate_file;
constexpr std::uint64_t bind_tcp = 1U << 0, connect_tcp = 1U << 1;
constexpr std::uint64_t scope_unix_sockets = 1U << 0, scope_signals = 1U << 1;

struct Ruleset {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scope = 0;
};

void add(int ruleset, const fs::path& path, std::uint64_t access) {
  const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!place.valid() || ::fstat(place.get(), &status) != 0) return;
  if (!S_ISDIR(status.st_mode)) access &= of_files;
  if (access == 0) return;
  const landlock_path_beneath_attr rule{access, place.get()};
  (void)::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/// A link in a folder leads to what is elsewhere, and a rule is about what it leads to.
void add_with_links(int ruleset, const fs::path& path, std::uint64_t access) {
  add(ruleset, path, access);
  std::error_code error;
  for (fs::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->is_symlink(error)) add(ruleset, entry->path(), access);
}

}  // namespace

int landlock_version() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

UniqueFd landlock_ruleset(const FileAccess& access) {
  const int version = landlock_version();
  if (version == 0) return {};
  const std::uint64_t reading = access.readable ? read_file | read_folder : 0;
  const std::uint64_t starting = access.programs ? execute : 0;
  std::uint64_t writing = write_file | change_folders;
  if (version >= 2) writing |= refer;
  if (version >= 3) writing |= truncate_file;
  Ruleset wanted{reading | starting | writing};
  if (version >= 4) wanted.network = bind_tcp | connect_tcp;
  if (version >= 6) wanted.scope = scope_unix_sockets | scope_signals;
  UniqueFd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &wanted, sizeof wanted, 0)));
  if (!ruleset.valid()) return {};
  if (access.readable)
    for (const fs::path& path : access.system) add(ruleset.get(), path, reading);
  if (access.readable)
    for (const fs::path& path : *access.readable) add_with_links(ruleset.get(), path, reading);
  if (access.programs)
    for (const fs::path& path : *access.programs) add(ruleset.get(), path, starting | reading);
  for (const fs::path& path : access.writable) add(ruleset.get(), path, writing | reading);
  add(ruleset.get(), "/dev/null", reading | (writing & (write_file | truncate_file)));
  return ruleset;
}

bool enter_landlock(int ruleset) {
  return ruleset >= 0 && ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

}  // namespace sotto::supervision
