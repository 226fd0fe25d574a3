#include "providers/local/faults/damaged_database.hpp"

#include <sqlite3.h>

#include <fstream>
#include <memory>
#include <system_error>

#include "files/atomic_file.hpp"
#include "providers/local/faults/wal_file.hpp"

namespace sotto::providers::local {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

fs::path with(const fs::path& path, const std::string& suffix) {
  return fs::path(path.string() + suffix);
}

std::uintmax_t size_of(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : size;
}

// What says that a file is damaged, not that it is busy or its disk is full.
bool is_damage(int code) {
  const int primary = code & 0xFF;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_FORMAT;
}

class Check {
 public:
  Check(const fs::path& path, std::chrono::milliseconds patience)
      : deadline_(Clock::now() + patience) {
    sqlite3* opened = nullptr;
    code_ = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    database_.reset(opened);
    if (!opened) return;
    sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_busy_timeout(opened, static_cast<int>(patience.count()));
    constexpr int every = 1000;  // instructions of SQLite's machine
    sqlite3_progress_handler(
        opened, every,
        [](void* check) { return Clock::now() > static_cast<Check*>(check)->deadline_ ? 1 : 0; },
        this);
  }

  // The first value that it gives; nothing where it fails.
  std::optional<std::string> ask(const char* sql) {
    if (!database_ || code_ != SQLITE_OK) return std::nullopt;
    sqlite3_stmt* prepared = nullptr;
    code_ = sqlite3_prepare_v2(database_.get(), sql, -1, &prepared, nullptr);
    const std::unique_ptr<sqlite3_stmt, Finalize> statement(prepared);
    if (code_ != SQLITE_OK) return std::nullopt;
    code_ = sqlite3_step(prepared);
    if (code_ != SQLITE_ROW) return std::nullopt;
    code_ = SQLITE_OK;
    const unsigned char* const text = sqlite3_column_text(prepared, 0);
    return text ? reinterpret_cast<const char*>(text) : "";
  }

  std::optional<Damage> failure() const {
    if (!is_damage(code_)) return std::nullopt;
    return Damage{sqlite3_errmsg(database_.get())};
  }

 private:
  const Clock::time_point deadline_;
  std::unique_ptr<sqlite3, Close> database_;
  int code_ = SQLITE_OK;
};

std::optional<Damage> check(const fs::path& path, std::int64_t newest_schema,
                            std::chrono::milliseconds patience) {
  Check check(path, patience);
  const auto version = check.ask("PRAGMA user_version");
  if (!version) return check.failure();
  if (newest_schema >= 0 && std::stoll(*version) > newest_schema)
    return Damage{"it was written by a newer version (its schema is " + *version +
                  ", this one knows " + std::to_string(newest_schema) + ")"};
  if (newest_schema > 0 && *version == "0") {
    const auto tables = check.ask("SELECT count(*) FROM sqlite_master");
    if (!tables) return check.failure();
    if (*tables != "0") return Damage{"it holds something else"};
  }
  const auto answer = check.ask("PRAGMA quick_check(1)");
  if (!answer) return check.failure();
  if (*answer != "ok") return Damage{*answer};
  return std::nullopt;
}

std::string time_of(UtcTime now) {  // 2026-03-01T09:30:00.000Z: 20260301-093000
  std::string text;
  for (const char c : format_utc(now).substr(0, 19)) {
    if (c == 'T') text += '-';
    if (c >= '0' && c <= '9') text += c;
  }
  return text;
}

}  // namespace

std::optional<Damage> find_damage(const fs::path& path, std::int64_t newest_schema,
                                  std::chrono::milliseconds patience) {
  std::error_code error;
  const fs::path log = with(path, "-wal");
  const auto kind = fs::status(path, error).type();
  if (kind == fs::file_type::not_found) {
    if (size_of(log) == 0) return std::nullopt;
    return Damage{"it is gone, and its write-ahead log is there"};
  }
  if (kind != fs::file_type::regular) return Damage{"it is no file"};
  if (size_of(path) == 0 && size_of(log) > 0)
    return Damage{"it is empty, and its write-ahead log is not"};
  if (!std::ifstream(path)) return Damage{"it cannot be read"};
  if (fs::exists(log, error) && fs::status(log, error).type() != fs::file_type::regular)
    return Damage{"its write-ahead log is no file"};
  const auto log_damage = wal_damage(log);
  if (auto damage = check(path, newest_schema, patience)) return damage;
  if (log_damage) return Damage{*log_damage, true};
  return std::nullopt;
}

Result<fs::path> set_aside(const fs::path& path, const Damage& damage, UtcTime now) {
  std::error_code error;
  const fs::path name = with(path, ".damaged-" + time_of(now));
  fs::path aside = name;
  for (int number = 2; fs::exists(aside, error) || fs::exists(with(aside, "-wal"), error); ++number)
    aside = with(name, "-" + std::to_string(number));
  // The log before its database: a database whose log was left behind would be read without it.
  for (const char* const part : {"-wal", "-shm", ""}) {
    const fs::path from = with(path, part), to = with(aside, part);
    if (!fs::exists(fs::symlink_status(from, error))) continue;
    if (damage.only_its_log)
      fs::copy_file(from, to, error);
    else
      fs::rename(from, to, error);
    if (error) return tl::unexpected(files::system_error("cannot set aside", from, error.value()));
  }
  return aside;
}

}  // namespace sotto::providers::local
