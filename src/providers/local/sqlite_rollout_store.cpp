#include "providers/local/sqlite_rollout_store.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "providers/local/database.hpp"
#include "providers/local/open_alone.hpp"

namespace sotto::providers::local {

namespace fs = std::filesystem;

namespace {

using ports::Journal;
using ports::JournalEntry;
using ports::RolloutState;

// A number of a journal is never given twice (AUTOINCREMENT), also when the last were forgotten.
constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS rollout_state ("
    " flag TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS rollout_journal ("
    " number INTEGER PRIMARY KEY AUTOINCREMENT, flag TEXT NOT NULL, journal INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL, text TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS rollout_journal_by_flag"
    " ON rollout_journal (flag, journal, number);"
    "CREATE INDEX IF NOT EXISTS rollout_journal_by_time ON rollout_journal (journal, at_ms)";

constexpr std::string_view put_state =
    "INSERT INTO rollout_state VALUES (?1, ?2, ?3)"
    " ON CONFLICT (flag) DO UPDATE SET version = excluded.version, text = excluded.text";

std::int64_t row_of(Journal journal) { return static_cast<std::int64_t>(journal); }

// SQLite's numbers end where the signed ones do.
std::int64_t bounded(std::uint64_t number) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(number, std::numeric_limits<std::int64_t>::max()));
}

Result<std::optional<RolloutState>> state_of(Database& database, const std::string& flag) {
  auto statement = database.prepare("SELECT version, text FROM rollout_state WHERE flag = ?1");
  if (!statement) return tl::unexpected(statement.error());
  const auto there = statement->bind(1, flag).step();
  if (!there) return tl::unexpected(there.error());
  if (!*there) return std::nullopt;
  return RolloutState{static_cast<std::uint64_t>(statement->number(0)), statement->text(1)};
}

Result<> must_be_at(Database& database, const std::string& flag, std::uint64_t expected) {
  const auto state = state_of(database, flag);
  if (!state) return tl::unexpected(state.error());
  const std::uint64_t version = *state ? (*state)->version : 0;
  if (version != expected) return tl::unexpected(ports::rollout_conflict(expected, version));
  return {};
}

Result<> put(Database& database, const std::string& flag, const RolloutState& state) {
  auto statement = database.prepare(put_state);
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, flag).bind(2, bounded(state.version)).bind(3, state.text);
  return statement->step().map([](bool) {});
}

// Adds to a journal, whose numbers are its own.
class JournalWriter {
 public:
  static Result<JournalWriter> open(Database& database, const std::string& flag, Journal journal) {
    auto statement = database.prepare(
        "INSERT INTO rollout_journal (flag, journal, at_ms, text) VALUES (?1, ?2, ?3, ?4)");
    if (!statement) return tl::unexpected(statement.error());
    statement->bind(1, flag).bind(2, row_of(journal));
    return JournalWriter(std::move(*statement));
  }

  Result<> add(UtcTime at, const std::string& text) {
    statement_.reset().bind(3, at.time_since_epoch().count()).bind(4, text);
    return statement_.step().map([](bool) {});
  }

 private:
  explicit JournalWriter(Statement statement) : statement_(std::move(statement)) {}
  Statement statement_;
};

Result<> add_decisions(Database& database, const std::string& flag,
                       const std::vector<std::string>& decisions, UtcTime at) {
  auto journal = JournalWriter::open(database, flag, Journal::decisions);
  if (!journal) return tl::unexpected(journal.error());
  for (const std::string& decision : decisions)
    if (auto added = journal->add(at, decision); !added) return added;
  return {};
}

Result<> add_entries(Database& database, const std::string& flag,
                     const std::vector<JournalEntry>& entries) {
  auto journal = JournalWriter::open(database, flag, Journal::sessions);
  if (!journal) return tl::unexpected(journal.error());
  for (const JournalEntry& entry : entries)
    if (auto added = journal->add(entry.at, entry.text); !added) return added;
  return {};
}

Result<bool> has_log(Database& database) {
  auto statement = database.prepare("PRAGMA journal_mode");
  if (!statement) return tl::unexpected(statement.error());
  if (const auto row = statement->step(); !row) return tl::unexpected(row.error());
  return statement->text(0) == "wal";
}

class SqliteRolloutStore : public ports::RolloutStore {
 public:
  explicit SqliteRolloutStore(const fs::path& folder)
      : folder_(folder.empty() ? "." : folder), path_(folder / "rollout.db") {}

  std::string name() const override { return "sqlite:" + path_.string(); }

  Result<std::optional<RolloutState>> read(const std::string& flag) override {
    auto database = open_to_read("rollout_state");
    if (!database) return tl::unexpected(database.error());
    if (!*database) return std::nullopt;
    return state_of(**database, flag);
  }

  Result<std::uint64_t> write(const std::string& flag, std::uint64_t expected,
                              const std::string& text, const std::vector<std::string>& decisions,
                              UtcTime at) override {
    const std::uint64_t version = expected + 1;
    const auto done = transact("PRAGMA synchronous = FULL", [&](Database& database) {
      return must_be_at(database, flag, expected)
          .and_then([&] {
            return put(database, flag, {version, text});
          })
          .and_then([&] { return add_decisions(database, flag, decisions, at); });
    });
    return done.map([&] { return version; });
  }

  Result<> add_sessions(const std::string& flag,
                        const std::vector<JournalEntry>& entries) override {
    if (entries.empty()) return {};
    return transact("PRAGMA synchronous = NORMAL",
                    [&](Database& database) { return add_entries(database, flag, entries); });
  }

  Result<std::vector<JournalEntry>> entries(const std::string& flag, Journal journal,
                                            std::uint64_t after, std::size_t limit) override {
    auto database = open_to_read("rollout_journal");
    if (!database) return tl::unexpected(database.error());
    std::vector<JournalEntry> found;
    if (!*database) return found;
    auto statement = (*database)->prepare(
        "SELECT number, at_ms, text FROM rollout_journal"
        " WHERE flag = ?1 AND journal = ?2 AND number > ?3 ORDER BY number LIMIT ?4");
    if (!statement) return tl::unexpected(statement.error());
    statement->bind(1, flag)
        .bind(2, row_of(journal))
        .bind(3, bounded(after))
        .bind(4, bounded(limit));
    for (;;) {
      const auto more = statement->step();
      if (!more) return tl::unexpected(more.error());
      if (!*more) return found;
      found.push_back({static_cast<std::uint64_t>(statement->number(0)),
                       UtcTime{milliseconds{statement->number(1)}}, statement->text(2)});
    }
  }

  Result<> prune(UtcTime before) override {
    auto database = open_to_read("rollout_journal");
    if (!database) return tl::unexpected(database.error());
    if (!*database) return {};
    auto statement =
        (*database)->prepare("DELETE FROM rollout_journal WHERE journal = ?1 AND at_ms < ?2");
    if (!statement) return tl::unexpected(statement.error());
    statement->bind(1, row_of(Journal::sessions)).bind(2, before.time_since_epoch().count());
    return statement->step().map([](bool) {});
  }

 private:
  // Nothing where there is no file, or none that has the table yet.
  Result<std::optional<Database>> open_to_read(std::string_view table) const {
    auto database = Database::open(path_, Database::Mode::read);
    if (!database) {
      if (database.error().code == ErrorCode::not_found) return std::nullopt;
      return tl::unexpected(database.error());
    }
    const auto there = database->has_table(table);
    if (!there) return tl::unexpected(there.error());
    if (!*there) return std::nullopt;
    return std::optional<Database>(std::move(*database));
  }

  Result<Database> open_to_write() const {
    auto database = Database::open(path_, Database::Mode::write);
    if (!database) return database;
    auto ready = has_log(*database);
    if (ready && !*ready) {
      const OpenAlone now(folder_);
      ready = database->use_write_ahead_log().map([] { return true; });
    }
    if (!ready) return tl::unexpected(ready.error());
    return database;
  }

  // An error on the way rolls back when the database is closed.
  template <class Work>
  Result<> transact(const char* durability, Work work) const {
    auto database = open_to_write();
    if (!database) return tl::unexpected(database.error());
    return database->run(durability)
        .and_then([&] { return database->run("BEGIN IMMEDIATE"); })
        .and_then([&] { return database->run(schema); })
        .and_then([&] { return work(*database); })
        .and_then([&] { return database->run("COMMIT"); });
  }

  // constant after construction
  const fs::path folder_, path_;
};

}  // namespace

std::unique_ptr<ports::RolloutStore> make_sqlite_rollout_store(const fs::path& folder) {
  return std::make_unique<SqliteRolloutStore>(folder);
}

}  // namespace sotto::providers::local
