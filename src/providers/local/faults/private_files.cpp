#include "providers/local/faults/private_files.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "files/atomic_file.hpp"

namespace sotto::providers::local {

namespace fs = std::filesystem;

Result<> make_private_folder(const fs::path& folder) {
  const fs::path whole = folder.empty() ? "." : folder;
  std::error_code error;
  if (fs::exists(whole, error)) return {};
  if (whole.has_parent_path() && whole.parent_path() != whole)
    if (auto made = files::make_folder(whole.parent_path()); !made) return made;
  if (::mkdir(whole.c_str(), 0700) != 0 && errno != EEXIST)
    return tl::unexpected(files::system_error("cannot make the folder", whole, errno));
  return {};
}

Result<> make_private_file(const fs::path& path) {
  if (auto made = make_private_folder(path.parent_path()); !made) return made;
  if (::mknod(path.c_str(), S_IFREG | 0600, 0) != 0 && errno != EEXIST)
    return tl::unexpected(files::system_error("cannot make", path, errno));
  return {};
}

}  // namespace sotto::providers::local
