#include "providers/local/sqlite_series.hpp"

#include <utility>

#include "providers/local/database.hpp"

namespace sotto::providers::local {

namespace {

using telemetry::ArmSnapshot;
using telemetry::Minute;

constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS metric_minute ("
    " start_ms INTEGER NOT NULL, arm INTEGER NOT NULL, metrics TEXT NOT NULL,"
    " PRIMARY KEY (start_ms, arm)) WITHOUT ROWID";

class SqliteSeries : public telemetry::Series {
 public:
  explicit SqliteSeries(std::filesystem::path path) : path_(std::move(path)) {}

  Result<> append(const Minute& minute) override {
    auto database = Database::open(path_, Database::Mode::write);
    if (!database) return tl::unexpected(database.error());
    return database->run("BEGIN IMMEDIATE")
        .and_then([&] { return database->run(schema); })
        .and_then([&] { return add(*database, minute); })
        .and_then([&] { return database->run("COMMIT"); });
  }

  Result<std::vector<Minute>> read(UtcTime from, UtcTime to) override {
    auto database = Database::open(path_, Database::Mode::read);
    if (!database) {
      if (database.error().code == ErrorCode::not_found) return std::vector<Minute>{};
      return tl::unexpected(database.error());
    }
    const auto there = database->has_table("metric_minute");
    if (!there) return tl::unexpected(there.error());
    if (!*there) return std::vector<Minute>{};
    auto statement = database->prepare(
        "SELECT start_ms, arm, metrics FROM metric_minute"
        " WHERE start_ms >= ?1 AND start_ms < ?2 ORDER BY start_ms, arm");
    if (!statement) return tl::unexpected(statement.error());
    statement->bind(1, from.time_since_epoch().count()).bind(2, to.time_since_epoch().count());
    std::vector<Minute> minutes;
    for (;;) {
      const auto more = statement->step();
      if (!more) return tl::unexpected(more.error());
      if (!*more) return minutes;
      take(*statement, minutes);
    }
  }

  Result<> prune(UtcTime before) override {
    auto database = Database::open(path_, Database::Mode::write);
    if (!database) return tl::unexpected(database.error());
    if (auto made = database->run(schema); !made) return made;
    auto statement = database->prepare("DELETE FROM metric_minute WHERE start_ms < ?1");
    if (!statement) return tl::unexpected(statement.error());
    statement->bind(1, before.time_since_epoch().count());
    return statement->step().map([](bool) {});
  }

 private:
  static Result<> add(Database& database, const Minute& minute) {
    for (std::size_t arm = 0; arm < minute.arms.size(); ++arm) {
      if (minute.arms[arm].empty()) continue;
      auto known = row(database, minute.start, arm);
      if (!known) return tl::unexpected(known.error());
      known->merge(minute.arms[arm]);
      auto statement = database.prepare("INSERT OR REPLACE INTO metric_minute VALUES (?1, ?2, ?3)");
      if (!statement) return tl::unexpected(statement.error());
      statement->bind(1, minute.start.time_since_epoch().count())
          .bind(2, static_cast<std::int64_t>(arm))
          .bind(3, telemetry::encode(*known));
      if (const auto done = statement->step(); !done) return tl::unexpected(done.error());
    }
    return {};
  }

  // What another process has put there already.
  static Result<ArmSnapshot> row(Database& database, UtcTime start, std::size_t arm) {
    auto statement =
        database.prepare("SELECT metrics FROM metric_minute WHERE start_ms = ?1 AND arm = ?2");
    if (!statement) return tl::unexpected(statement.error());
    statement->bind(1, start.time_since_epoch().count()).bind(2, static_cast<std::int64_t>(arm));
    const auto there = statement->step();
    if (!there) return tl::unexpected(there.error());
    if (!*there) return ArmSnapshot{};
    return telemetry::decode(statement->text(0));
  }

  // A row that holds something else is passed over: the others still count.
  static void take(const Statement& statement, std::vector<Minute>& minutes) {
    const UtcTime start{milliseconds{statement.number(0)}};
    const auto arm = static_cast<std::size_t>(statement.number(1));
    auto metrics = telemetry::decode(statement.text(2));
    if (!metrics || arm >= telemetry::arms.size()) return;
    if (minutes.empty() || minutes.back().start != start) minutes.push_back({start, {}});
    minutes.back().arms[arm] = std::move(*metrics);
  }

  const std::filesystem::path path_;
};

}  // namespace

std::unique_ptr<telemetry::Series> make_sqlite_series(std::filesystem::path path) {
  return std::make_unique<SqliteSeries>(std::move(path));
}

}  // namespace sotto::providers::local
