#include "providers/local/file_flag_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include "files/atomic_file.hpp"
#include "providers/local/file_history.hpp"
#include "providers/local/folder_watch.hpp"
#include "providers/local/reader_folder.hpp"

namespace sotto::providers::local {

namespace fs = std::filesystem;

namespace {

using ports::FlagRevision;

constexpr std::size_t max_file_bytes = 64 * 1024;  // sixteen times what a document may have
constexpr std::size_t max_history_bytes = 64 * 1024 * 1024;
constexpr std::size_t kept_versions = 1000;
constexpr std::chrono::milliseconds lock_patience{4000}, lock_interval{5};

// A flag's history, opened by the one who may write it: locked for as long as this lives.
class LockedHistory {
 public:
  static Result<LockedHistory> open(const fs::path& path) {
    for (auto waited = lock_interval * 0; waited < lock_patience; waited += lock_interval) {
      const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
      if (fd < 0) return tl::unexpected(files::system_error("cannot write", path, errno));
      LockedHistory opened(fd, path);
      struct stat ours {
      }, there{};
      if (::flock(fd, LOCK_EX | LOCK_NB) == 0 && ::fstat(fd, &ours) == 0 &&
          ::stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino)
        return opened;
      std::this_thread::sleep_for(
          lock_interval);  // another writer is at it, for a few milliseconds
    }
    return fail(ErrorCode::unavailable, "another process has kept " + path.string() + " locked",
                "store");
  }

  LockedHistory(LockedHistory&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  LockedHistory& operator=(LockedHistory&&) = delete;
  ~LockedHistory() {
    if (fd_ >= 0) ::close(fd_);
  }

  // Half a line that a writer has left is cut off.
  Result<> cut(std::size_t bytes) {
    if (::ftruncate(fd_, static_cast<off_t>(bytes)) != 0 || ::lseek(fd_, 0, SEEK_END) < 0)
      return tl::unexpected(files::system_error("cannot write", path_, errno));
    return {};
  }

  Result<> append(const std::string& line) {
    if (::write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
        ::fsync(fd_) != 0)
      return tl::unexpected(files::system_error("cannot write", path_, errno));
    return {};
  }

 private:
  LockedHistory(int fd, fs::path path) : fd_(fd), path_(std::move(path)) {}

  int fd_;
  fs::path path_;
};

std::string_view without_line_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

UtcTime written_at(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return UtcTime{std::chrono::seconds(status.st_mtim.tv_sec) +
                 milliseconds(status.st_mtim.tv_nsec / 1'000'000)};
}

class FileFlagStore : public ports::FlagStore {
 public:
  explicit FileFlagStore(fs::path path) : path_(std::move(path)) {}

  std::string name() const override { return "file:" + path_.string(); }

  Result<std::optional<FlagRevision>> read(const std::string& flag) override {
    return look(flag).map([](Seen seen) { return std::move(seen.current); });
  }

  Result<FlagRevision> write(const std::string& flag, std::uint64_t expected,
                             const ports::FlagChange& change) override {
    const fs::path file = file_of(flag);
    if (file.has_parent_path())
      if (auto made = files::make_folder(file.parent_path()); !made)
        return tl::unexpected(made.error());
    auto locked = LockedHistory::open(history_of(file));
    if (!locked) return tl::unexpected(locked.error());
    auto seen = look(flag);
    if (!seen) return tl::unexpected(seen.error());
    if (!seen->history.flag.empty() && seen->history.flag != flag)
      return fail(ErrorCode::invalid_argument,
                  name() + " holds the flag " + seen->history.flag +
                      "; for several, use a folder: file:FOLDER/",
                  "parameter_name");
    const std::uint64_t version = seen->current ? seen->current->version : 0;
    if (version != expected)
      return tl::unexpected(ports::conflict(expected, seen->current.value_or(FlagRevision{})));
    const FlagRevision revision{std::max(version, seen->history.last_version()) + 1,
                                change.document, change.changed_by, change.reason,
                                change.changed_at};
    const auto done = locked->cut(seen->history.whole_bytes)
                          .and_then([&] { return catch_up(*locked, flag, *seen); })
                          .and_then([&] { return locked->append(announce_line(flag, revision)); })
                          .and_then([&] { return files::write_file(file, change.document + "\n"); })
                          .and_then([&] { return locked->append(done_line(revision.version)); })
                          .and_then([&] { return forget_old(flag, file); });
    if (!done) return tl::unexpected(done.error());
    return revision;
  }

  Result<std::vector<FlagRevision>> history(const std::string& flag, std::size_t limit) override {
    auto seen = look(flag);
    if (!seen) return tl::unexpected(seen.error());
    std::vector<FlagRevision> newest = std::move(seen->history.revisions);
    if (seen->current && (newest.empty() || newest.back().version != seen->current->version))
      newest.push_back(*seen->current);
    std::reverse(newest.begin(), newest.end());
    if (newest.size() > limit) newest.resize(limit);
    return newest;
  }

  Result<std::unique_ptr<ports::FlagWatch>> watch(const std::string& flag,
                                                  std::function<void()> on_change) override {
    const fs::path file = file_of(flag), readers = readers_of(flag).folder();
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    for (const fs::path& needed : {folder, readers})
      if (auto made = files::make_folder(needed); !made) return tl::unexpected(made.error());
    return watch_files({{folder, file.filename().string()}, {readers, ""}}, std::move(on_change));
  }

  Result<std::unique_ptr<ports::FlagReaderSeat>> join(const std::string& flag,
                                                      const std::string& process) override {
    return readers_of(flag).join(flag, process);
  }

  Result<std::vector<ports::FlagReaderState>> readers(const std::string& flag) override {
    return readers_of(flag).readers(flag);
  }

 private:
  struct Seen {
    FileHistory history;
    std::optional<FlagRevision> current;
  };

  fs::path file_of(const std::string& flag) const {
    std::error_code error;
    if (path_.has_filename() && !fs::is_directory(path_, error)) return path_;
    return path_ / (flag.substr(1) + ".json");
  }
  static fs::path history_of(const fs::path& file) { return file.string() + ".history.jsonl"; }
  ReaderFolder readers_of(const std::string& flag) const {
    return ReaderFolder(file_of(flag).string() + ".readers");
  }

  // The history is read before the file and once more after it, so that a change in between is not
  // taken for one made by hand.
  Result<Seen> look(const std::string& flag) const {
    const fs::path file = file_of(flag);
    for (int attempt = 0;; ++attempt) {
      const auto before = files::read_file(history_of(file), max_history_bytes);
      if (!before) return tl::unexpected(before.error());
      const auto document = files::read_file(file, max_file_bytes);
      if (!document) return tl::unexpected(document.error());
      const auto after = files::read_file(history_of(file), max_history_bytes);
      if (!after) return tl::unexpected(after.error());
      if (*before != *after && attempt < 100) continue;
      Seen seen{parse_history(after->value_or("")), std::nullopt};
      const bool ours = seen.history.flag.empty() || seen.history.flag == flag;
      if (*document && ours)
        seen.current =
            current_revision(seen.history, without_line_end(**document), written_at(file));
      return seen;
    }
  }

  // Writes down what the history does not know yet: a change that was made by hand, or one whose
  // writer died before it could say that it was done.
  static Result<> catch_up(LockedHistory& locked, const std::string& flag, const Seen& seen) {
    const auto& current = seen.current;
    if (!current || current->version == seen.history.last_version()) return {};
    const bool announced = seen.history.announced && *seen.history.announced == *current;
    return (announced ? Result<>() : locked.append(announce_line(flag, *current))).and_then([&] {
      return locked.append(done_line(current->version));
    });
  }

  Result<> forget_old(const std::string& flag, const fs::path& file) const {
    const auto seen = look(flag);
    if (!seen || seen->history.revisions.size() < 2 * kept_versions) return {};
    std::string kept;
    const auto& all = seen->history.revisions;
    for (std::size_t i = all.size() - kept_versions; i < all.size(); ++i)
      kept += announce_line(flag, all[i]) + done_line(all[i].version);
    return files::write_file(history_of(file), kept);
  }

  const fs::path path_;
};

}  // namespace

std::unique_ptr<ports::FlagStore> make_file_flag_store(fs::path path) {
  return std::make_unique<FileFlagStore>(std::move(path));
}

}  // namespace sotto::providers::local
