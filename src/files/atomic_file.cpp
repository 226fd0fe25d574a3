#include "files/atomic_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace sotto::files {

namespace fs = std::filesystem;

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  const int fd_;
};

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Opens the file for the one who holds its lock; what a crash left of it is used again. A
// descriptor, or -1 with errno.
int open_alone(const fs::path& path) {
  for (;;) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return fd;
    struct stat ours {
    }, there{};
    if (::flock(fd, LOCK_EX) == 0 && ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
        ours.st_ino == there.st_ino)
      return fd;
    ::close(fd);  // whoever held it has renamed it meanwhile
  }
}

tl::unexpected<Error> failed(const std::string& action, const fs::path& path) {
  return tl::unexpected(system_error(action, path, errno));
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

Error system_error(const std::string& action, const fs::path& path, int error) {
  const bool refused = error == EACCES || error == EPERM || error == EROFS;
  return {refused ? ErrorCode::permission_denied : ErrorCode::unavailable,
          action + " " + path.string() + ": " + std::generic_category().message(error), "path"};
}

Result<std::optional<std::string>> read_file(const fs::path& path, std::size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return failed("cannot read", path);
  }
  std::string content;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t size = ::read(file.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed("cannot read", path);
    if (size == 0) return content;
    content.append(piece.data(), static_cast<std::size_t>(size));
    if (content.size() > max_bytes)
      return fail(ErrorCode::invalid_argument,
                  path.string() + " has more than " + std::to_string(max_bytes) + " bytes", "path");
  }
}

Result<> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return tl::unexpected(system_error("cannot make the folder", folder, error.value()));
  return {};
}

Result<> write_file(const fs::path& path, std::string_view content, mode_t mode) {
  const fs::path folder = folder_of(path);
  if (auto made = make_folder(folder); !made) return made;
  const fs::path temporary = folder / ("." + path.filename().string() + ".tmp");
  {
    const Descriptor file(open_alone(temporary));
    if (!file) return failed("cannot write", path);
    if (::ftruncate(file.get(), 0) != 0 || !write_all(file.get(), content) ||
        ::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0 ||
        ::rename(temporary.c_str(), path.c_str()) != 0) {
      auto error = failed("cannot write", path);
      ::unlink(temporary.c_str());
      return error;
    }
  }
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a folder; the rename has happened all the same.
  if (opened) ::fsync(opened.get());
  return {};
}

}  // namespace sotto::files
