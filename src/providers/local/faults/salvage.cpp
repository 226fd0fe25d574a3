#include "providers/local/faults/salvage.hpp"

#include <functional>

#include "providers/local/session_tables.hpp"

namespace sotto::providers::local {

namespace {

// Writes what it is given, a transaction for every so many. Not thread-safe.
class Target {
 public:
  explicit Target(SessionTables tables) : tables_(std::move(tables)) {}

  // False: it cannot go on, see finish().
  bool add(const std::function<Result<>(SessionTables&)>& write) {
    constexpr std::size_t at_once = 1000;
    if (waiting_ == 0) failed_ = tables_.start();
    if (!failed_) return false;
    const auto done = write(tables_);
    // What was read from both ends, or belongs to a session that could not be read.
    const bool is_known = !done && (done.error().code == ErrorCode::already_exists ||
                                    done.error().code == ErrorCode::not_found);
    if (!done && !is_known) {
      failed_ = done;
      return false;
    }
    if (done) ++added_;
    if (++waiting_ < at_once) return true;
    return static_cast<bool>(finish());
  }

  Result<> finish() {
    if (!failed_) {
      tables_.roll_back();
      return failed_;
    }
    if (waiting_ > 0) failed_ = tables_.commit();
    waiting_ = 0;
    return failed_;
  }

  std::size_t added() const { return added_; }

 private:
  SessionTables tables_;
  Result<> failed_;
  std::size_t waiting_ = 0, added_ = 0;
};

}  // namespace

Result<std::size_t> salvage_sessions(const std::filesystem::path& from,
                                     const std::filesystem::path& to) {
  auto tables = SessionTables::open_to_write(to);
  if (!tables) return tl::unexpected(tables.error());
  auto damaged = SessionTables::open_damaged(from);
  if (!damaged) return 0;
  Target target(std::move(*tables));
  for (const bool forwards : {true, false})
    damaged->each_session(forwards, [&](const ports::StoredSession& session) {
      return target.add([&](SessionTables& into) { return into.add(session); });
    });
  const std::size_t sessions = target.added();
  for (const bool forwards : {true, false})
    damaged->each_caption(forwards, [&](const SessionId& id, const ports::StoredCaption& caption) {
      return target.add([&](SessionTables& into) { return into.put(id, caption); });
    });
  return target.finish().map([&] { return sessions; });
}

}  // namespace sotto::providers::local
