#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ports/session_store.hpp"
#include "providers/local/database.hpp"

namespace sotto::providers::local {

/// Sessions, captions and feedback in an SQLite file with a write-ahead log, over one connection.
/// Times are kept in milliseconds. Errors of all methods: `unavailable` or `permission_denied`
/// where the file is at fault, which leaves a transaction in pieces; the others that are named here
/// leave it as it was. Messages name the file. Not thread-safe.
class SessionTables {
 public:
  static constexpr std::int64_t schema_version = 1;  ///< the newest that it reads

  /// Opens the file to write, or makes it (and its folder) for its owner's eyes only, with mode
  /// 0600. A file of a newer schema or of something else is refused as it is.
  static Result<SessionTables> open_to_write(const std::filesystem::path& path);

  /// Opens the file to read what is committed.
  static Result<SessionTables> open_to_read(const std::filesystem::path& path);

  /// Opens a damaged file to read what it still has; it stays as it is.
  static Result<SessionTables> open_damaged(const std::filesystem::path& path);

  /// Writes a page as it is, which needs the disk as much as anything that is written.
  Result<> touch();

  /// Whether the file was removed or replaced since it was opened.
  bool moved() const { return database_.moved(); }

  /// A transaction: it waits four seconds at the most for another process's.
  Result<> start() { return database_.run("BEGIN IMMEDIATE"); }
  Result<> commit() { return database_.run("COMMIT"); }
  void roll_back() { (void)database_.run("ROLLBACK"); }

  /// Errors: `already_exists`.
  Result<> add(const ports::StoredSession& session);
  /// Errors: `not_found`.
  Result<> decide(const SessionId& id, bool partial_results, const std::string& reason,
                  std::uint64_t flag_version);
  /// Keeps the first end; does nothing where there is no such session.
  Result<> end(const SessionId& id, UtcTime at);
  /// Keeps a caption unless there is one with a higher `seq`. Errors: `not_found`.
  Result<> put(const SessionId& id, const ports::StoredCaption& caption);
  /// Whether there was an earlier one of the listener. Errors: `not_found`, `resource_exhausted`
  /// where there are `most` of other listeners.
  Result<bool> put(const SessionId& id, const ports::StoredFeedback& feedback, std::size_t most);
  /// Forgets a session that has ended: whether there was one.
  Result<bool> forget(const SessionId& id);
  /// Forgets up to `most` sessions that ended before `before`: how many.
  Result<std::size_t> forget(UtcTime before, std::size_t most);

  Result<std::optional<ports::StoredSession>> find(const SessionId& id);
  /// Those that have not ended, oldest first.
  Result<std::vector<ports::StoredSession>> open_sessions();
  /// Hands on all, from the begin of the table or from its end, up to the first that cannot be read
  /// or until `take` returns false.
  void each_session(bool forwards, const std::function<bool(const ports::StoredSession&)>& take);
  void each_caption(bool forwards,
                    const std::function<bool(const SessionId&, const ports::StoredCaption&)>& take);
  /// In the order of the talk.
  Result<std::vector<ports::StoredCaption>> captions(const SessionId& id, const Language& language);

 private:
  explicit SessionTables(Database database) : database_(std::move(database)) {}

  Result<> set_up();
  Result<std::vector<ports::StoredSession>> sessions(Statement& statement);
  tl::unexpected<Error> unknown(const SessionId& id) const;

  Database database_;
  std::optional<Statement> put_caption_;  // where it was opened to write
};

}  // namespace sotto::providers::local
