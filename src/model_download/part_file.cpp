#include "model_download/part_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "files/atomic_file.hpp"

namespace sotto::model_download {

namespace fs = std::filesystem;

PartFile::PartFile(int descriptor, fs::path target, fs::path path)
    : descriptor_(descriptor), target_(std::move(target)), path_(std::move(path)) {}

PartFile::PartFile(PartFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      target_(std::move(other.target_)),
      path_(std::move(other.path_)),
      size_(other.size_) {}

PartFile::~PartFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

tl::unexpected<Error> PartFile::failed(int error) const {
  if (error == ENOSPC || error == EDQUOT)
    return fail(ErrorCode::resource_exhausted,
                "cannot write " + path_.string() +
                    ": the disk is full; make room, or name another folder with SOTTO_MODELS",
                path_.string());
  return tl::unexpected(files::system_error("cannot write", path_, error));
}

Result<PartFile> PartFile::open(const fs::path& target, std::uint64_t most) {
  if (auto made = files::make_folder(target.parent_path()); !made)
    return tl::unexpected(made.error());
  const fs::path path = target.string() + ".part";
  PartFile part(-1, target, path);
  part.descriptor_ = ::open(
      path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
  if (part.descriptor_ < 0) return part.failed(errno);
  struct stat about {};
  if (::fstat(part.descriptor_, &about) != 0) return part.failed(errno);
  if (!S_ISREG(about.st_mode))
    return fail(ErrorCode::invalid_argument, path.string() + " is no file; remove it",
                path.string());
  part.size_ = static_cast<std::uint64_t>(about.st_size);
  if (part.size_ > most)
    if (auto again = part.restart(); !again) return tl::unexpected(again.error());
  return part;
}

Result<> PartFile::append(std::string_view piece) {
  while (!piece.empty()) {
    const ssize_t written = ::write(descriptor_, piece.data(), piece.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(errno);
    piece.remove_prefix(static_cast<std::size_t>(written));
    size_ += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<> PartFile::restart() {
  if (::ftruncate(descriptor_, 0) != 0) return failed(errno);
  size_ = 0;
  return {};
}

void PartFile::remove() {
  std::error_code ignored;
  fs::remove(path_, ignored);
  fs::remove(path_.parent_path(), ignored);
}

Result<> PartFile::finish() {
  if (::fsync(descriptor_) != 0 || ::rename(path_.c_str(), target_.c_str()) != 0)
    return failed(errno);
  const int folder = ::open(target_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return {};
  // Some file systems cannot sync a folder; the rename has happened all the same.
  ::fsync(folder);
  ::close(folder);
  return {};
}

}  // namespace sotto::model_download
