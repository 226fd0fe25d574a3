#include "access/operator_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <tuple>
#include <utility>

#include "files/atomic_file.hpp"
#include "files/file_lock.hpp"

namespace sotto::access {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_file = 256 * 1024;

// One writer at a time, for as long as this lives.
class Writing {
 public:
  static Result<std::unique_ptr<Writing>> begin(const fs::path& file) {
    if (auto made = files::make_folder(file.parent_path()); !made)
      return tl::unexpected(made.error());
    fs::path lock = file;
    lock += ".lock";
    const int fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return tl::unexpected(files::system_error("cannot open", lock, errno));
    auto writing = std::unique_ptr<Writing>(new Writing(fd));
    if (auto locked = files::lock_file(fd, lock); !locked) return tl::unexpected(locked.error());
    return writing;
  }
  ~Writing() { ::close(fd_); }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

 private:
  explicit Writing(int fd) : fd_(fd) {}
  const int fd_;
};

auto named(std::vector<OperatorToken>& operators, const std::string& name) {
  return std::find_if(operators.begin(), operators.end(),
                      [&](const OperatorToken& one) { return one.name == name; });
}

// What tells one content of a file from another.
using Stamp = std::tuple<bool, std::int64_t, std::int64_t, std::uint64_t, std::int64_t>;

Stamp stamp_of(const fs::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return {false, 0, 0, 0, 0};
  return {true, found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_ino, found.st_size};
}

}  // namespace

Result<std::vector<OperatorToken>> read_operators(const fs::path& file) {
  const auto text = files::read_file(file, largest_file);
  if (!text) return tl::unexpected(text.error());
  if (!*text) return std::vector<OperatorToken>{};
  auto operators = parse_operators(**text);
  if (!operators) operators.error().message = file.string() + ": " + operators.error().message;
  return operators;
}

Result<std::string> add_operator(const fs::path& file, OperatorToken one,
                                 const RandomBelow& random) {
  if (auto sound = check_operator_name(one.name); !sound) return tl::unexpected(sound.error());
  if (one.expires_at && *one.expires_at <= one.made_at)
    return fail(ErrorCode::invalid_argument,
                "expires must be later than now, is " + format_utc(*one.expires_at), "expires");
  const auto writing = Writing::begin(file);
  if (!writing) return tl::unexpected(writing.error());
  auto operators = read_operators(file);
  if (!operators) return tl::unexpected(operators.error());
  if (named(*operators, one.name) != operators->end())
    return fail(ErrorCode::already_exists,
                one.name + " has a token already; revoke it first to give another", "name");
  if (operators->size() >= max_operators)
    return fail(ErrorCode::resource_exhausted,
                "there are " + std::to_string(max_operators) + " tokens, the most; revoke some",
                "name");
  std::string token = make_token(random);
  one.digest = token_digest(token);
  operators->push_back(std::move(one));
  return files::write_file(file, operators_document(*operators) + "\n", 0600).map([&] {
    return token;
  });
}

Result<> revoke_operator(const fs::path& file, const std::string& name) {
  const auto writing = Writing::begin(file);
  if (!writing) return tl::unexpected(writing.error());
  auto operators = read_operators(file);
  if (!operators) return tl::unexpected(operators.error());
  const auto found = named(*operators, name);
  if (found == operators->end())
    return fail(ErrorCode::not_found, "there is no token with the name \"" + name + "\"", "name");
  operators->erase(found);
  return files::write_file(file, operators_document(*operators) + "\n", 0600);
}

struct Operators::Impl {
  const fs::path file;
  const std::function<void(const std::optional<Error>&)> on_problem;
  std::mutex mutex;  ///< guards what follows
  std::optional<Stamp> stamp;
  std::vector<OperatorToken> known;
  bool problem = false;

  void look() {
    Stamp now = stamp_of(file);
    if (stamp == now && !problem) return;
    stamp = std::move(now);
    auto read = read_operators(file);
    const bool failed = !read;
    known = read ? *std::move(read) : std::vector<OperatorToken>{};
    if (std::exchange(problem, failed) != failed && on_problem)
      on_problem(failed ? std::optional(read.error()) : std::nullopt);
  }
};

Operators::Operators(fs::path file, std::function<void(const std::optional<Error>&)> on_problem)
    : impl_(new Impl{std::move(file), std::move(on_problem), {}, {}, {}, false}) {}

Operators::~Operators() = default;

std::optional<Caller> Operators::who(std::string_view token, UtcTime now) const {
  if (token.empty()) return std::nullopt;
  const std::string digest = token_digest(token);
  const std::lock_guard lock(impl_->mutex);
  impl_->look();
  std::optional<Caller> caller;
  for (const OperatorToken& one : impl_->known) {
    const bool same = same_token(digest, one.digest);
    if (same && (!one.expires_at || now < *one.expires_at))
      caller = Caller{one.name, one.role, one.expires_at};
  }
  return caller;
}

}  // namespace sotto::access
