#include "providers/local/database.hpp"

#include "providers/local/faults/private_files.hpp"

namespace sotto::providers::local {

namespace fs = std::filesystem;

namespace {

constexpr int busy_timeout_ms = 4000;

ErrorCode kind_of(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE: return ErrorCode::already_exists;
    case SQLITE_CONSTRAINT_FOREIGNKEY: return ErrorCode::not_found;
    default: break;
  }
  const int code = extended & 0xFF;
  const bool refused = code == SQLITE_READONLY || code == SQLITE_PERM || code == SQLITE_AUTH;
  return refused ? ErrorCode::permission_denied : ErrorCode::unavailable;
}

}  // namespace

Error database_error(sqlite3* database, const fs::path& path) {
  return {kind_of(sqlite3_extended_errcode(database)),
          "sqlite:" + path.string() + ": " + sqlite3_errmsg(database), "store"};
}

Statement& Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text(statement_.get(), index, text.data(), static_cast<int>(text.size()),
                    SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind(int index, std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), index, number);
  return *this;
}

Statement& Statement::bind_real(int index, double number) {
  sqlite3_bind_double(statement_.get(), index, number);
  return *this;
}

Statement& Statement::reset() {
  sqlite3_reset(statement_.get());
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return tl::unexpected(database_error(database_, *path_));
}

std::string Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (!text) return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Result<Database> Database::open(const fs::path& path, Mode mode) {
  std::error_code error;
  if (mode == Mode::read && !fs::exists(path, error))
    return fail(ErrorCode::not_found, "there is no " + path.string(), "store");
  if (mode == Mode::write)
    if (auto made = make_private_file(path); !made) return tl::unexpected(made.error());
  // A reader may have to roll back what a writer that was killed has left, so it too opens to write
  // where it may; SQLite falls back to reading.
  const int flags = SQLITE_OPEN_READWRITE | (mode == Mode::write ? SQLITE_OPEN_CREATE : 0);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  Database database(opened, path);
  if (code != SQLITE_OK) return tl::unexpected(database_error(opened, path));
  sqlite3_busy_timeout(opened, busy_timeout_ms);
  return database;
}

Result<> Database::use_write_ahead_log() {
  auto statement = prepare("PRAGMA journal_mode = WAL");
  if (!statement) return tl::unexpected(statement.error());
  if (const auto answered = statement->step(); !answered) return tl::unexpected(answered.error());
  if (statement->text(0) != "wal")
    return fail(ErrorCode::unavailable,
                "sqlite:" + path_->string() + ": its file system cannot keep a write-ahead log",
                "store");
  return run("PRAGMA synchronous = NORMAL");
}

Result<> Database::run(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return tl::unexpected(database_error(database_.get(), *path_));
  return {};
}

Result<bool> Database::has_table(std::string_view name) {
  auto statement = prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1");
  if (!statement) return tl::unexpected(statement.error());
  return statement->bind(1, name).step();
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &statement,
                         nullptr) != SQLITE_OK)
    return tl::unexpected(database_error(database_.get(), *path_));
  return Statement(statement, database_.get(), path_.get());
}

std::int64_t Database::changes() const { return sqlite3_changes64(database_.get()); }

bool Database::moved() const {
  int moved = 0;
  sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

}  // namespace sotto::providers::local
