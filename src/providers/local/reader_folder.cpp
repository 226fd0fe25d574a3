#include "providers/local/reader_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cctype>
#include <cerrno>
#include <optional>
#include <utility>

#include "files/atomic_file.hpp"
#include "json/members.hpp"

namespace sotto::providers::local {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t record_size = 2048;  // one write(2), always as long: never seen in halves
constexpr std::size_t max_readers = 1000;
constexpr int max_attempts = 1000;

std::string record(const std::string& flag, const ports::FlagReaderState& state) {
  std::string text = boost::json::serialize(boost::json::object{{"flag", flag},
                                                                {"process", state.process},
                                                                {"version", state.version},
                                                                {"at", format_utc(state.at)}});
  text.resize(record_size, ' ');
  return text;
}

std::optional<ports::FlagReaderState> parse(const std::string& text, const std::string& flag) {
  const auto object = json::parse_object(text);
  if (!object || json::text_member(*object, "flag") != flag) return std::nullopt;
  const auto process = json::text_member(*object, "process");
  const auto version = json::count_member(*object, "version");
  const auto at = parse_utc(json::text_member(*object, "at").value_or(""));
  if (!process || !version || !at) return std::nullopt;
  return ports::FlagReaderState{*process, *version, *at};
}

class Seat : public ports::FlagReaderSeat {
 public:
  Seat(int fd, fs::path path, std::string flag, std::string process)
      : fd_(fd), path_(std::move(path)), flag_(std::move(flag)), process_(std::move(process)) {}
  ~Seat() override {
    ::unlink(path_.c_str());
    ::close(fd_);
  }

  Result<> acknowledge(std::uint64_t version, UtcTime at) override {
    const std::string text = record(flag_, {process_, version, at});
    if (::pwrite(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
      return tl::unexpected(files::system_error("cannot write", path_, errno));
    return {};
  }

 private:
  const int fd_;
  const fs::path path_;
  const std::string flag_, process_;
};

// One reader's file: what it says, or nothing when it is another flag's or nobody's.
std::optional<ports::FlagReaderState> look(const fs::path& path, const std::string& flag) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::optional<ports::FlagReaderState> state;
  if (::flock(fd, LOCK_SH | LOCK_NB) == 0) {
    ::unlink(path.c_str());  // its process has died
  } else {
    std::string text(record_size, ' ');
    const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, size)));
    state = parse(text, flag);
  }
  ::close(fd);
  return state;
}

}  // namespace

Result<std::unique_ptr<ports::FlagReaderSeat>> ReaderFolder::join(
    const std::string& flag, const std::string& process) const {
  if (auto made = files::make_folder(folder_); !made) return tl::unexpected(made.error());
  std::string file = process.substr(0, 100);
  std::replace_if(
      file.begin(), file.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '.' && c != '-' && c != '_'; },
      '_');
  const fs::path path = folder_ / (file + ".reader");
  // Whoever clears away the dead may hold or take the file between our open and our lock: then once
  // more.
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return tl::unexpected(files::system_error("cannot write", path, errno));
    struct stat ours {
    }, there{};
    const bool locked = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
    const bool kept =
        ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino;
    if (locked && kept) {
      auto seat = std::make_unique<Seat>(fd, path, flag, process);
      if (auto said = seat->acknowledge(0, UtcTime{}); !said) return tl::unexpected(said.error());
      return seat;
    }
    ::close(fd);
  }
  return fail(ErrorCode::already_exists, "another process reads the flag as \"" + process + "\"",
              "process");
}

Result<std::vector<ports::FlagReaderState>> ReaderFolder::readers(const std::string& flag) const {
  std::vector<ports::FlagReaderState> found;
  std::error_code error;
  for (fs::directory_iterator it(folder_, error), end;
       !error && it != end && found.size() < max_readers; it.increment(error))
    if (it->path().extension() == ".reader")
      if (auto state = look(it->path(), flag)) found.push_back(std::move(*state));
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.process < b.process; });
  return found;
}

}  // namespace sotto::providers::local
