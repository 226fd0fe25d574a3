#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sotto::providers::local {

/// An error of SQLite about a database: `permission_denied` where nothing can be written,
/// `already_exists` for a key that is taken, `not_found` for a foreign key that leads nowhere,
/// `unavailable` for the rest; the message names the file.
Error database_error(sqlite3* database, const std::filesystem::path& path);

/// A statement that is being run. Not thread-safe.
class Statement {
 public:
  Statement(sqlite3_stmt* statement, sqlite3* database, const std::filesystem::path* path)
      : statement_(statement), database_(database), path_(path) {}

  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::int64_t number);
  Statement& bind_real(int index, double number);

  /// True when there is a row to read, false at the end.
  Result<bool> step();
  /// Makes it ready to be bound and run again.
  Statement& reset();

  std::string text(int column) const;
  std::int64_t number(int column) const;
  double real(int column) const;
  bool is_null(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  sqlite3* database_;
  const std::filesystem::path* path_;
};

/// An SQLite database, opened for as long as this lives. A writer's changes are on the disk when
/// commit returns (rollback journal, `synchronous=FULL`), and readers need no right to write,
/// unless a writer chose use_write_ahead_log(). Not thread-safe.
class Database {
 public:
  enum class Mode : unsigned char { read, write };

  /// Opens it; to write, also makes it and its folder, for their owner alone. A lock that another
  /// process holds is waited for, four seconds at the most. Errors: `not_found` where there is none
  /// to read, `permission_denied`, `unavailable`.
  static Result<Database> open(const std::filesystem::path& path, Mode mode);

  /// From here on the file has a write-ahead log (`synchronous=NORMAL`): a commit does not wait for
  /// the disk. It outlives a process that is killed, but a power failure may take the last ones.
  /// Readers then need the right to write beside the file. Errors: also `unavailable` where the
  /// file system cannot keep such a log.
  Result<> use_write_ahead_log();

  /// Leaves the write-ahead log as it is when this is closed.
  void keep_log() { sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, 0); }

  /// Runs SQL that gives no rows.
  Result<> run(const char* sql);

  /// Whether it has a table of this name: a writer that was killed while it made the database has
  /// left none.
  Result<bool> has_table(std::string_view name);

  /// Prepares one statement.
  Result<Statement> prepare(std::string_view sql);

  /// How many rows the last INSERT, UPDATE or DELETE changed.
  std::int64_t changes() const;

  /// Whether the file that was opened is no longer the one under its path.
  bool moved() const;

  const std::filesystem::path& path() const { return *path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  Database(sqlite3* database, std::filesystem::path path)
      : path_(std::make_unique<std::filesystem::path>(std::move(path))), database_(database) {}

  std::unique_ptr<std::filesystem::path> path_;  // outlives moves, for the statements
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace sotto::providers::local
