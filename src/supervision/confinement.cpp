#include "supervision/confinement.hpp"

#include <elf.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "supervision/landlock.hpp"
#include "supervision/prepared_confinement.hpp"

namespace sotto::supervision {

namespace {

namespace fs = std::filesystem;

constexpr rlim_t most_descriptors = 256;

/// Where programs and libraries are.
constexpr std::array system_folders{"/usr",   "/bin", "/sbin",      "/lib",       "/lib32",
                                    "/lib64", "/opt", "/nix/store", "/gnu/store", "/snap"};
/// What else programs read of a system: of /etc and /dev no more than these.
constexpr std::array system_files{"/proc",
                                  "/sys",
                                  "/etc/ld.so.cache",
                                  "/etc/ld.so.preload",
                                  "/etc/ssl",
                                  "/etc/pki",
                                  "/etc/crypto-policies",
                                  "/etc/localtime",
                                  "/etc/locale.alias",
                                  "/etc/nsswitch.conf",
                                  "/etc/passwd",
                                  "/etc/group",
                                  "/dev/zero",
                                  "/dev/urandom",
                                  "/dev/random"};

bool is_of_the_system(const fs::path& path) {
  return std::any_of(system_folders.begin(), system_folders.end(), [&](const char* folder) {
    const std::string above = std::string(folder) + "/";
    return (path.lexically_normal() / "").string().starts_with(above);
  });
}

/// The program's own loader, as its file names it; empty where it needs none. Nothing where it is
/// no ELF file of this machine's word size.
std::optional<std::string> loader_of(const std::string& program) {
  std::ifstream file(program, std::ios::binary);
  Elf64_Ehdr header{};
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_phentsize != sizeof(Elf64_Phdr))
    return std::nullopt;
  for (unsigned at = 0; at < header.e_phnum; ++at) {
    Elf64_Phdr part{};
    file.seekg(static_cast<std::streamoff>(header.e_phoff + at * sizeof part));
    if (!file.read(reinterpret_cast<char*>(&part), sizeof part)) return std::nullopt;
    if (part.p_type != PT_INTERP || part.p_filesz > 4096) continue;
    std::string name(part.p_filesz, '\0');
    file.seekg(static_cast<std::streamoff>(part.p_offset));
    if (!file.read(name.data(), static_cast<std::streamsize>(name.size()))) return std::nullopt;
    return name.c_str();  // it ends with NUL
  }
  return "";
}

bool takes_filters() {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  return !SyscallFilter({}).empty() &&
         ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

FileAccess access_of(const Confinement& confinement, const std::string& program,
                     const std::optional<std::string>& loader) {
  FileAccess access{std::nullopt, {}, confinement.writable, std::nullopt};
  if (!loader) return access;  // a script's interpreter and its files may be anywhere
  access.system = {system_folders.begin(), system_folders.end()};
  access.system.insert(access.system.end(), system_files.begin(), system_files.end());
  access.readable.emplace({fs::path(program)});
  std::copy_if(confinement.readable.begin(), confinement.readable.end(),
               std::back_inserter(*access.readable),
               [](const fs::path& path) { return !is_of_the_system(path); });
  if (!confinement.starts_programs) access.programs = {program, *loader};
  return access;
}

void set_limit(int which, rlim_t most) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource>(which), &now) != 0) return;
  const rlimit wanted{std::min(now.rlim_cur, most), std::min(now.rlim_max, most)};
  (void)::setrlimit(static_cast<__rlimit_resource>(which), &wanted);
}

/// Root's rights, all but reading: what it runs may be in the home of another user.
void drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> now{};
  if (::syscall(SYS_capget, &header, now.data()) != 0) return;
  now[0] = {now[0].effective & 1U << CAP_DAC_READ_SEARCH,
            now[0].permitted & 1U << CAP_DAC_READ_SEARCH, 0};
  now[1] = {};
  (void)::syscall(SYS_capset, &header, now.data());
}

}  // namespace

PreparedConfinement::PreparedConfinement(const Confinement& confinement, const std::string& program)
    : PreparedConfinement(confinement, program, loader_of(program)) {}

PreparedConfinement::PreparedConfinement(const Confinement& confinement, const std::string& program,
                                         const std::optional<std::string>& loader)
    : limits_(confinement),
      ruleset_(landlock_ruleset(access_of(confinement, program, loader))),
      filter_({confinement.starts_programs || !loader, !confinement.writable.empty()}) {}

void PreparedConfinement::limit() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  enter_landlock(ruleset_.get());
  drop_capabilities();
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_NOFILE, most_descriptors);
  if (limits_.writable.empty()) set_limit(RLIMIT_FSIZE, limits_.largest_file);
  if (under_sanitizer) return;
  if (limits_.most_address_space > 0) set_limit(RLIMIT_AS, limits_.most_address_space);
  if (limits_.most_data > 0) set_limit(RLIMIT_DATA, limits_.most_data);
}

void PreparedConfinement::filter() { filter_.apply(::getpid()); }

std::vector<fs::path> program_folders(std::string_view search_path) {
  std::vector<fs::path> folders;
  while (!search_path.empty()) {
    const std::size_t colon = search_path.find(':');
    const fs::path folder(search_path.substr(0, colon));
    search_path.remove_prefix(colon == std::string_view::npos ? search_path.size() : colon + 1);
    if (!folder.is_absolute()) continue;
    folders.push_back(folder);
    folders.push_back(folder.parent_path() / "lib");
  }
  return folders;
}

std::vector<std::string> missing_measures() {
  std::vector<std::string> missing;
  const bool filters = takes_filters();
  const int landlock = landlock_version();
  if (!filters) missing.emplace_back("no seccomp filter: they can open sockets");
  if (landlock == 0) missing.emplace_back("no Landlock: they can read the server's files");
  if (!filters && landlock < 6)
    missing.emplace_back("no Landlock of version 6: they can send signals to the server");
  return missing;
}

}  // namespace sotto::supervision
