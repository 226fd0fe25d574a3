#include "providers/local/folder_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "files/atomic_file.hpp"

namespace sotto::providers::local {

namespace {

// No IN_CLOSE_WRITE: it comes whenever somebody who could have written stops looking.
constexpr std::uint32_t changes =
    IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t gone = IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;

class InotifyWatch : public ports::FlagWatch {
 public:
  InotifyWatch(std::vector<std::pair<int, std::string>> prefixes, int inotify, int stop,
               std::function<void()> on_change)
      : prefixes_(std::move(prefixes)),
        inotify_(inotify),
        stop_(stop),
        on_change_(std::move(on_change)),
        thread_([this] { run(); }) {}

  ~InotifyWatch() override {
    const std::uint64_t one = 1;
    while (::write(stop_, &one, sizeof one) < 0 && errno == EINTR) continue;
    thread_.join();
    ::close(inotify_);
    ::close(stop_);
  }

  bool alive() const override { return alive_.load(); }

 private:
  void run() {
    std::array<pollfd, 2> waits = {{{inotify_, POLLIN, 0}, {stop_, POLLIN, 0}}};
    for (;;) {
      if (::poll(waits.data(), waits.size(), -1) < 0) continue;
      if (waits[1].revents != 0) return;
      if (take()) on_change_();
    }
  }

  // Whether what has happened concerns a file that is looked at.
  bool take() {
    alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
    const ssize_t size = ::read(inotify_, buffer.data(), buffer.size());
    bool concerned = false;
    for (std::size_t at = 0; size > 0 && at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      if ((event.mask & gone) != 0) alive_ = false;
      concerned = concerned || (event.mask & (gone | IN_Q_OVERFLOW)) != 0 ||
                  (event.len > 0 && looked_at(event.wd, name));
      at += sizeof event + event.len;
    }
    return concerned;
  }

  bool looked_at(int descriptor, std::string_view name) const {
    for (const auto& [known, prefix] : prefixes_)
      if (known == descriptor && name.starts_with(prefix)) return true;
    return false;
  }

  // constant after construction
  const std::vector<std::pair<int, std::string>> prefixes_;
  const int inotify_, stop_;
  const std::function<void()> on_change_;

  std::atomic<bool> alive_{true};
  std::thread thread_;  // last: it uses the rest
};

}  // namespace

Result<std::unique_ptr<ports::FlagWatch>> watch_files(const std::vector<WatchedFiles>& files,
                                                      std::function<void()> on_change) {
  const int inotify = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (inotify < 0)
    return tl::unexpected(files::system_error("cannot watch", files.front().folder, errno));
  std::vector<std::pair<int, std::string>> prefixes;
  for (const auto& [folder, prefix] : files) {
    const int descriptor = ::inotify_add_watch(inotify, folder.c_str(), changes);
    if (descriptor < 0) {
      const Error error = files::system_error("cannot watch", folder, errno);
      ::close(inotify);
      return tl::unexpected(error);
    }
    prefixes.emplace_back(descriptor, prefix);
  }
  const int stop = ::eventfd(0, EFD_CLOEXEC);
  if (stop < 0) {
    const Error error = files::system_error("cannot watch", files.front().folder, errno);
    ::close(inotify);
    return tl::unexpected(error);
  }
  return std::make_unique<InotifyWatch>(std::move(prefixes), inotify, stop, std::move(on_change));
}

}  // namespace sotto::providers::local
