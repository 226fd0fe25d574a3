#include "files/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "files/file_lock.hpp"

namespace sotto::files {

namespace fs = std::filesystem;

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
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

tl::unexpected<Error> failed(const std::string& action, const fs::path& path) {
  return tl::unexpected(system_error(action, path, errno));
}

// Opens `temporary`, which becomes `path`, for the one who holds its lock; what a crash left of it
// is used again.
Result<Descriptor> open_alone(const fs::path& temporary, const fs::path& path) {
  constexpr int most_tries = 1000;  // each time another writer was first
  for (int tries = 0; tries < most_tries; ++tries) {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!file) return failed("cannot write", path);
    if (auto locked = lock_file(file.get(), path); !locked) return tl::unexpected(locked.error());
    struct stat ours {
    }, there{};
    if (::fstat(file.get(), &ours) == 0 && ::stat(temporary.c_str(), &there) == 0 &&
        ours.st_ino == there.st_ino)
      return file;
  }
  return fail(ErrorCode::unavailable, "others write " + path.string() + " again and again");
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
    const auto file = open_alone(temporary, path);
    if (!file) return tl::unexpected(file.error());
    const int descriptor = file->get();
    if (::ftruncate(descriptor, 0) != 0 || !write_all(descriptor, content) ||
        ::fchmod(descriptor, mode) != 0 || ::fsync(descriptor) != 0 ||
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
