#include "model_download/downloader.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "files/atomic_file.hpp"
#include "files/file_lock.hpp"
#include "models/check.hpp"
#include "models/folders.hpp"

namespace sotto::model_download {

namespace fs = std::filesystem;

namespace {

constexpr milliseconds connect_patience = std::chrono::seconds{5};
constexpr milliseconds look_again{200};  // for a lock, whose end nothing tells
constexpr std::uint64_t room_to_leave = 1 << 20;

std::string megabytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

std::string again(const models::TranslationModel& model) {
  return "'sotto models get " + model.model.name + "' goes on where this ended";
}

// Those that are missing or wrong, the weights last.
std::vector<const models::File*> missing_files(const models::Model& model, const fs::path& folder) {
  std::vector<const models::File*> missing;
  for (const models::File& file : model.files) {
    models::Model alone = model;
    alone.files = {file};
    if (!models::check(alone, folder, models::Depth::hashes)) missing.push_back(&file);
  }
  std::stable_partition(missing.begin(), missing.end(), [](const models::File* file) {
    return !file->path.filename().string().starts_with("model.");
  });
  return missing;
}

std::uint64_t size_of(const std::vector<const models::File*>& files) {
  std::uint64_t size = 0;
  for (const models::File* file : files) size += file->size;
  return size;
}

Result<> check_room(const fs::path& folder, std::uint64_t missing,
                    const std::vector<const models::File*>& files) {
  std::uint64_t here = 0;
  for (const models::File* file : files) {
    std::error_code none;
    const auto part = fs::file_size((folder / file->path).string() + ".part", none);
    if (!none) here += std::min<std::uint64_t>(part, file->size);
  }
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return {};  // it will show
  const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (room >= missing - here + room_to_leave) return {};
  return fail(ErrorCode::resource_exhausted,
              folder.string() + " has " + megabytes(room) + " free and " +
                  megabytes(missing - here + room_to_leave) +
                  " are needed; make room, or name another folder with SOTTO_MODELS",
              folder.string());
}

// Held by the one who fetches the model.
class Lock {
 public:
  static Result<Lock> take(const fs::path& path, milliseconds patience,
                           const std::function<void()>& on_busy, const std::stop_token& stop) {
    Lock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (lock.descriptor_ < 0)
      return tl::unexpected(files::system_error("cannot write", path, errno));
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock waiting(mutex);
    const auto until = std::chrono::steady_clock::now() + patience;
    for (bool first = true;; first = false) {
      auto locked = files::lock_file(lock.descriptor_, path, milliseconds{0});
      if (locked) return lock;
      if (stop.stop_requested() || std::chrono::steady_clock::now() >= until)
        return tl::unexpected(locked.error());
      if (first && on_busy) on_busy();
      never.wait_for(waiting, stop, look_again, [] { return false; });
    }
  }
  ~Lock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Lock(Lock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Lock& operator=(Lock&&) = delete;

 private:
  explicit Lock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// What to do about it.
Error explained(Error error, const models::TranslationModel& model, const models::File& file) {
  const bool network = error.field != "answer" && (error.code == ErrorCode::unavailable ||
                                                   error.code == ErrorCode::deadline_exceeded);
  error.message = "cannot fetch " + file.path.filename().string() + ": " + error.message +
                  (network ? "; is there a network? " + again(model)
                           : "; 'sotto models get " + model.model.name + "' tries again");
  error.field = "model";
  return error;
}

}  // namespace

Downloader::Downloader(Settings settings, std::shared_ptr<http_client::HttpClient> client)
    : settings_(std::move(settings)), client_(std::move(client)) {}

Result<Downloader> Downloader::create(Settings settings) {
  while (settings.mirror.ends_with('/')) settings.mirror.pop_back();
  if (!settings.mirror.empty()) {
    const auto mirror = http_client::parse_url(settings.mirror);
    if (!mirror || mirror->target.find('?') != std::string::npos)
      return fail(ErrorCode::invalid_argument,
                  "the models' mirror must be a URL such as https://host/path; " +
                      (mirror ? "this one has a query" : mirror.error().message),
                  "SOTTO_MODELS_MIRROR");
  }
  http_client::HttpClient::Config config;
  config.ca_file = settings.ca_file;
  config.connect_patience = connect_patience;
  auto client = http_client::HttpClient::create(config);
  if (!client) return tl::unexpected(client.error());
  return Downloader(std::move(settings), *std::move(client));
}

Result<http_client::Url> Downloader::url_of(const models::TranslationModel& model,
                                            const models::File& file) const {
  const std::string base = settings_.mirror.empty()
                               ? "https://media.githubusercontent.com/media/" +
                                     model.model.package + "/" + model.model.version
                               : settings_.mirror;
  return http_client::parse_url(base + "/models/" + model.kind + "/" + model.from + model.to + "/" +
                                file.path.filename().string());
}

Result<> Downloader::get_file(const models::TranslationModel& model, const models::File& file,
                              const fs::path& folder, const OnBytes& on_bytes, const Hooks& hooks,
                              const std::stop_token& stop) const {
  const auto url = url_of(model, file);
  if (!url) return tl::unexpected(url.error());
  auto part = PartFile::open(folder / file.path, file.size);
  if (!part) return tl::unexpected(part.error());
  auto downloaded = download(*client_, {*url, file.size, file.sha256}, *part, settings_.patience,
                             on_bytes, hooks.on_retry, stop);
  if (!downloaded && part->size() == 0) part->remove();
  if (!downloaded && stop.stop_requested())
    return fail(ErrorCode::unavailable, "stopped; " + again(model), "model");
  if (!downloaded) {
    const bool ours = downloaded.error().field == part->path().string() ||
                      downloaded.error().field == "path";  // the disk's, which says all
    return tl::unexpected(ours ? downloaded.error()
                               : explained(std::move(downloaded.error()), model, file));
  }
  return part->finish();
}

Result<std::uint64_t> Downloader::get(const models::TranslationModel& model, const fs::path& folder,
                                      const Hooks& hooks, const std::stop_token& stop) const {
  if (auto forgotten = models::forget_removal(model.model, folder); !forgotten)
    return tl::unexpected(forgotten.error());
  if (missing_files(model.model, folder).empty()) return 0;
  const fs::path place = folder / model.model.files.front().path.parent_path();
  if (auto made = files::make_folder(place); !made) return tl::unexpected(made.error());
  const auto lock = Lock::take(place.parent_path() / (".lock-" + place.filename().string()),
                               settings_.lock_patience, hooks.on_busy, stop);
  if (!lock) return tl::unexpected(lock.error());
  const auto missing = missing_files(model.model, folder);  // another may have fetched them
  if (missing.empty()) return 0;
  const std::uint64_t size = size_of(missing);
  if (auto room = check_room(folder, size, missing); !room) return tl::unexpected(room.error());
  if (hooks.on_start) {
    const auto url = url_of(model, *missing.front());
    hooks.on_start(size, url ? url->endpoint.host : "");
  }
  std::uint64_t before = 0;
  for (const models::File* file : missing) {
    const OnBytes on_bytes = [&](std::uint64_t bytes) {
      if (hooks.on_progress) hooks.on_progress(before + bytes, size);
    };
    if (auto got = get_file(model, *file, folder, on_bytes, hooks, stop); !got)
      return tl::unexpected(got.error());
    before += file->size;
  }
  return size;
}

}  // namespace sotto::model_download
