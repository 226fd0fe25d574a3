#include "providers/local/file_checkpoint_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/bytes.hpp"
#include "files/atomic_file.hpp"
#include "files/file_lock.hpp"

namespace sotto::providers::local {

namespace fs = std::filesystem;
using ports::Checkpoint;
using ports::SavedCheckpoint;

namespace {

constexpr std::string_view magic = "SK1";
constexpr std::size_t max_file = ports::CheckpointStore::max_bytes + 64;

// A lock among processes and threads, for as long as it lives.
class Lock {
 public:
  static Result<Lock> take(const fs::path& file) {
    Lock lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (lock.descriptor_ < 0)
      return tl::unexpected(files::system_error("cannot open", file, errno));
    if (auto locked = files::lock_file(lock.descriptor_, file); !locked)
      return tl::unexpected(locked.error());
    return lock;
  }

  Lock(Lock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

 private:
  explicit Lock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

std::string to_bytes(const SavedCheckpoint& saved) {
  ByteWriter out;
  for (const char letter : magic) out.bits(static_cast<unsigned char>(letter), 1);
  out.number(saved.version);
  out.text(saved.checkpoint.sequence_number);
  out.signed_number(saved.checkpoint.at.time_since_epoch().count());
  out.text(saved.checkpoint.state);
  return out.take();
}

Result<SavedCheckpoint> from_bytes(std::string_view bytes, const fs::path& file) {
  SavedCheckpoint saved;
  if (bytes.starts_with(magic)) {
    ByteReader in(bytes.substr(magic.size()));
    saved.version = in.number();
    saved.checkpoint.sequence_number = in.text();
    saved.checkpoint.at = UtcTime{milliseconds{in.signed_number()}};
    saved.checkpoint.state = in.text();
    if (in.ok() && in.at_end()) return saved;
  }
  return fail(ErrorCode::unavailable, file.string() + " is not a checkpoint; remove it");
}

class FileCheckpointStore : public ports::CheckpointStore {
 public:
  explicit FileCheckpointStore(fs::path folder) : folder_(std::move(folder)) {}

  std::string name() const override { return "file:" + folder_.string(); }

  Result<std::optional<SavedCheckpoint>> load(const SessionId& session) override {
    const auto file = file_of(session);
    if (!file) return tl::unexpected(file.error());
    auto content = files::read_file(*file, max_file);
    if (!content) return tl::unexpected(content.error());
    if (!*content) return std::nullopt;
    return from_bytes(**content, *file).map([](SavedCheckpoint saved) {
      return std::optional(std::move(saved));
    });
  }

  Result<std::uint64_t> save(const SessionId& session, std::uint64_t expected,
                             const Checkpoint& checkpoint) override {
    if (checkpoint.state.size() + checkpoint.sequence_number.size() > max_bytes)
      return fail(ErrorCode::resource_exhausted,
                  "a checkpoint has " + std::to_string(checkpoint.state.size()) +
                      " bytes, must be at most " + std::to_string(max_bytes),
                  "state");
    const auto file = file_of(session);
    if (!file) return tl::unexpected(file.error());
    if (const auto made = files::make_folder(folder_); !made) return tl::unexpected(made.error());
    const auto lock = Lock::take(folder_ / ".lock");
    if (!lock) return tl::unexpected(lock.error());
    const auto current = load(session);
    if (!current) return tl::unexpected(current.error());
    const std::uint64_t version = *current ? (*current)->version : 0;
    if (version != expected) return tl::unexpected(ports::checkpoint_conflict(expected, version));
    return files::write_file(*file, to_bytes({version + 1, checkpoint})).map([&] {
      return version + 1;
    });
  }

 private:
  // Whatever an id holds, its file is in the folder.
  Result<fs::path> file_of(const SessionId& session) const {
    const std::string& id = session.str();
    if (id.empty() || id.size() > 128 || id.find('/') != std::string::npos ||
        id.find('\0') != std::string::npos)
      return fail(ErrorCode::invalid_argument, "no file can be named after that session",
                  "session_id");
    return folder_ / ("session-" + id);
  }

  // constant after construction
  const fs::path folder_;
};

}  // namespace

std::unique_ptr<ports::CheckpointStore> make_file_checkpoint_store(const fs::path& folder) {
  return std::make_unique<FileCheckpointStore>(folder);
}

}  // namespace sotto::providers::local
