#include "providers/local/faults/data_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "files/atomic_file.hpp"
#include "providers/local/faults/private_files.hpp"

namespace sotto::providers::local {

namespace fs = std::filesystem;

namespace {

// Always this long: it is written in place, which needs no room where the disk has filled up.
constexpr std::size_t length = 512;

void say(int fd, std::string text) {
  text.resize(length - 1, ' ');
  text += '\n';
  (void)!::pwrite(fd, text.data(), text.size(), 0);
}

// What the other one says, in one line of visible characters; anybody may have written the file.
std::string holder_of(int fd) {
  std::array<char, length> content{};
  const ssize_t size = ::pread(fd, content.data(), content.size(), 0);
  std::string text(content.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  text = text.substr(0, text.find('\n'));
  std::erase_if(text, [](unsigned char c) { return c < ' ' || c == 0x7F; });
  return text.erase(text.find_last_not_of(' ') + 1);
}

std::string host_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) return "this host";
  return host.data();
}

}  // namespace

Result<DataLock> DataLock::take(const fs::path& folder, UtcTime now) {
  if (auto made = make_private_folder(folder); !made) return tl::unexpected(made.error());
  const fs::path path = folder / "serve.lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return tl::unexpected(files::system_error("cannot lock", path, errno));
  DataLock lock(
      fd, "pid " + std::to_string(::getpid()) + " on " + host_name() + " since " + format_utc(now));
  // The open file's, not the process's: nobody loses it by closing another descriptor of the file.
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd, F_OFD_SETLK, &whole) == 0) {
    say(fd, lock.holder_);
    return lock;
  }
  if (errno != EAGAIN && errno != EACCES)
    return tl::unexpected(files::system_error("cannot lock", path, errno));
  const std::string holder = holder_of(fd);
  return fail(ErrorCode::already_exists,
              "another server has the data folder " + folder.string() +
                  (holder.empty() ? "" : ": " + holder) +
                  "; stop that one, or name another folder with --data FOLDER",
              "data");
}

DataLock::~DataLock() {
  if (fd_ >= 0) ::close(fd_);
}

void DataLock::say_address(const std::string& address) const {
  say(fd_, holder_ + " at " + address);
}

}  // namespace sotto::providers::local
