#include "providers/local/sqlite_flag_store.hpp"

#include <utility>

#include "files/atomic_file.hpp"
#include "providers/local/database.hpp"
#include "providers/local/folder_watch.hpp"
#include "providers/local/reader_folder.hpp"

namespace sotto::providers::local {

namespace fs = std::filesystem;

namespace {

using ports::FlagRevision;

constexpr std::int64_t kept_versions = 1000;

constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS flag_revision ("
    " flag TEXT NOT NULL, version INTEGER NOT NULL, document TEXT NOT NULL,"
    " changed_by TEXT NOT NULL, reason TEXT NOT NULL, changed_at_ms INTEGER NOT NULL,"
    " PRIMARY KEY (flag, version)) WITHOUT ROWID";

constexpr std::string_view newest_first =
    "SELECT version, document, changed_by, reason, changed_at_ms FROM flag_revision"
    " WHERE flag = ?1 ORDER BY version DESC LIMIT ?2";

FlagRevision row_of(const Statement& statement) {
  return {static_cast<std::uint64_t>(statement.number(0)), statement.text(1), statement.text(2),
          statement.text(3), UtcTime{milliseconds{statement.number(4)}}};
}

Result<std::vector<FlagRevision>> rows(Database& database, const std::string& flag,
                                       std::size_t limit) {
  auto statement = database.prepare(newest_first);
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, flag).bind(2, static_cast<std::int64_t>(limit));
  std::vector<FlagRevision> found;
  for (;;) {
    const auto more = statement->step();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return found;
    found.push_back(row_of(*statement));
  }
}

Result<> insert(Database& database, const std::string& flag, const FlagRevision& revision) {
  auto statement = database.prepare("INSERT INTO flag_revision VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, flag)
      .bind(2, static_cast<std::int64_t>(revision.version))
      .bind(3, revision.document)
      .bind(4, revision.changed_by)
      .bind(5, revision.reason)
      .bind(6, revision.changed_at.time_since_epoch().count());
  return statement->step().map([](bool) {});
}

Result<> forget_old(Database& database, const std::string& flag, std::uint64_t newest) {
  auto statement = database.prepare("DELETE FROM flag_revision WHERE flag = ?1 AND version <= ?2");
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, flag).bind(2, static_cast<std::int64_t>(newest) - kept_versions);
  return statement->step().map([](bool) {});
}

class SqliteFlagStore : public ports::FlagStore {
 public:
  explicit SqliteFlagStore(fs::path path)
      : path_(std::move(path)), readers_(path_.string() + ".readers") {}

  std::string name() const override { return "sqlite:" + path_.string(); }

  Result<std::optional<FlagRevision>> read(const std::string& flag) override {
    auto latest = history(flag, 1);
    if (!latest) return tl::unexpected(latest.error());
    if (latest->empty()) return std::nullopt;
    return std::move(latest->front());
  }

  Result<std::vector<FlagRevision>> history(const std::string& flag, std::size_t limit) override {
    auto database = Database::open(path_, Database::Mode::read);
    if (!database) {
      if (database.error().code == ErrorCode::not_found) return std::vector<FlagRevision>{};
      return tl::unexpected(database.error());
    }
    const auto there = database->has_table("flag_revision");
    if (!there) return tl::unexpected(there.error());
    if (!*there) return std::vector<FlagRevision>{};
    return rows(*database, flag, limit);
  }

  Result<FlagRevision> write(const std::string& flag, std::uint64_t expected,
                             const ports::FlagChange& change) override {
    auto database = Database::open(path_, Database::Mode::write);
    if (!database) return tl::unexpected(database.error());
    FlagRevision revision{expected + 1, change.document, change.changed_by, change.reason,
                          change.changed_at};
    // An error on the way rolls back when the database is closed.
    const auto done = database->run("PRAGMA synchronous = FULL")
                          .and_then([&] { return database->run("BEGIN IMMEDIATE"); })
                          .and_then([&] { return database->run(schema); })
                          .and_then([&] { return must_be_at(*database, flag, expected); })
                          .and_then([&] { return insert(*database, flag, revision); })
                          .and_then([&] { return forget_old(*database, flag, revision.version); })
                          .and_then([&] { return database->run("COMMIT"); });
    if (!done) return tl::unexpected(done.error());
    return revision;
  }

  Result<std::unique_ptr<ports::FlagWatch>> watch(const std::string&,
                                                  std::function<void()> on_change) override {
    const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
    for (const fs::path& needed : {folder, readers_.folder()})
      if (auto made = files::make_folder(needed); !made) return tl::unexpected(made.error());
    return watch_files({{folder, path_.filename().string()}, {readers_.folder(), ""}},
                       std::move(on_change));
  }

  Result<std::unique_ptr<ports::FlagReaderSeat>> join(const std::string& flag,
                                                      const std::string& process) override {
    return readers_.join(flag, process);
  }

  Result<std::vector<ports::FlagReaderState>> readers(const std::string& flag) override {
    return readers_.readers(flag);
  }

 private:
  static Result<> must_be_at(Database& database, const std::string& flag, std::uint64_t expected) {
    const auto latest = rows(database, flag, 1);
    if (!latest) return tl::unexpected(latest.error());
    const std::uint64_t version = latest->empty() ? 0 : latest->front().version;
    if (version == expected) return {};
    return tl::unexpected(
        ports::conflict(expected, latest->empty() ? FlagRevision{} : latest->front()));
  }

  const fs::path path_;
  const ReaderFolder readers_;
};

}  // namespace

std::unique_ptr<ports::FlagStore> make_sqlite_flag_store(fs::path path) {
  return std::make_unique<SqliteFlagStore>(std::move(path));
}

}  // namespace sotto::providers::local
