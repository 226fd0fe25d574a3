#include "providers/local/session_tables.hpp"

#include <utility>

#include "providers/local/faults/private_files.hpp"
#include "providers/local/open_alone.hpp"

namespace sotto::providers::local {

namespace fs = std::filesystem;

namespace {

using ports::StoredCaption;
using ports::StoredFeedback;
using ports::StoredSession;

constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS session ("
    " id TEXT NOT NULL PRIMARY KEY, language TEXT NOT NULL, token_digest TEXT NOT NULL,"
    " created_at_ms INTEGER NOT NULL, ended_at_ms INTEGER, canary INTEGER NOT NULL,"
    " partial_results INTEGER NOT NULL,"
    " reason TEXT NOT NULL, bucket INTEGER NOT NULL, rollout_percentage INTEGER NOT NULL,"
    " flag_version INTEGER NOT NULL, min_stability_threshold REAL NOT NULL,"
    " max_buffer_timeout_ms INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS session_by_end ON session (ended_at_ms, created_at_ms);"
    "CREATE TABLE IF NOT EXISTS caption ("
    " session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,"
    " language TEXT NOT NULL, segment INTEGER NOT NULL, seq INTEGER NOT NULL, text TEXT NOT NULL,"
    " start_ms INTEGER NOT NULL, end_ms INTEGER NOT NULL,"
    " PRIMARY KEY (session, language, segment)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS feedback ("
    " session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,"
    " listener TEXT NOT NULL, rating TEXT NOT NULL, language TEXT NOT NULL, at_ms INTEGER NOT NULL,"
    " PRIMARY KEY (session, listener)) WITHOUT ROWID;"
    "PRAGMA user_version = 1";

constexpr std::string_view put_caption =
    "INSERT INTO caption VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    " ON CONFLICT (session, language, segment) DO UPDATE SET seq = excluded.seq,"
    " text = excluded.text, start_ms = excluded.start_ms, end_ms = excluded.end_ms"
    " WHERE excluded.seq > caption.seq";

constexpr std::string_view select_session =
    "SELECT id, language, token_digest, created_at_ms, ended_at_ms, partial_results, reason,"
    " bucket, rollout_percentage, flag_version, min_stability_threshold, max_buffer_timeout_ms,"
    " canary FROM session ";

std::int64_t ms(UtcTime time) { return time.time_since_epoch().count(); }
std::int64_t ms(SessionTime time) { return time.time_since_epoch().count(); }

// SQLite's numbers have a sign; these come back as they went in.
std::int64_t kept(std::uint64_t number) { return static_cast<std::int64_t>(number); }

StoredSession session_of(const Statement& row) {
  StoredSession session;
  session.id = SessionId{row.text(0)};
  session.language = Language{row.text(1)};
  session.token_digest = row.text(2);
  session.created_at = UtcTime{milliseconds{row.number(3)}};
  if (!row.is_null(4)) session.ended_at = UtcTime{milliseconds{row.number(4)}};
  session.partial_results = row.number(5) != 0;
  session.reason = row.text(6);
  session.bucket = static_cast<int>(row.number(7));
  session.rollout_percentage = static_cast<int>(row.number(8));
  session.flag_version = static_cast<std::uint64_t>(row.number(9));
  session.min_stability_threshold = row.real(10);
  session.max_buffer_timeout = milliseconds{row.number(11)};
  session.canary = row.number(12) != 0;
  return session;
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// Of the columns segment, seq, text, start_ms, end_ms.
Segment segment_of(const Statement& row) {
  return {.seq = static_cast<std::uint64_t>(row.number(1)),
          .id = SegmentId{static_cast<std::uint32_t>(row.number(0))},
          .text = row.text(2),
          .provisional = {},
          .start = SessionTime{milliseconds{row.number(3)}},
          .end = SessionTime{milliseconds{row.number(4)}}};
}

// Zero for a database that is still empty. Errors: one that is not this store's.
Result<std::int64_t> version_of(Database& database) {
  auto statement = database.prepare(
      "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version");
  if (!statement) return tl::unexpected(statement.error());
  if (const auto row = statement->step(); !row) return tl::unexpected(row.error());
  const std::int64_t version = statement->number(0);
  const std::string name = "sqlite:" + database.path().string();
  constexpr std::int64_t schema_version = SessionTables::schema_version;
  if (version > schema_version)
    return fail(ErrorCode::unavailable,
                name + " was written by a newer version (its schema is " + std::to_string(version) +
                    ", this one knows " + std::to_string(schema_version) +
                    "): start the newer one, or name another file",
                "store");
  if (version == 0 && statement->number(1) > 0)
    return fail(ErrorCode::unavailable, name + " holds something else: name another file", "store");
  return version;
}

Result<> make_schema(Database& database) {
  return database.run("BEGIN IMMEDIATE")
      .and_then([&] { return database.run(schema); })
      .and_then([&] { return database.run("COMMIT"); });
}

}  // namespace

Result<SessionTables> SessionTables::open_to_write(const fs::path& path) {
  if (auto made = make_private_file(path); !made) return tl::unexpected(made.error());
  const OpenAlone now(folder_of(path));
  auto database = Database::open(path, Database::Mode::write);
  if (!database) return tl::unexpected(database.error());
  SessionTables tables(std::move(*database));
  if (auto done = tables.set_up(); !done) return tl::unexpected(done.error());
  return tables;
}

Result<> SessionTables::set_up() {
  const auto version = version_of(database_);
  if (!version) return tl::unexpected(version.error());
  // What is acknowledged is on the disk: one fsync for all that is written together.
  auto ready = database_.use_write_ahead_log()
                   .and_then([&] { return database_.run("PRAGMA synchronous = FULL"); })
                   .and_then([&] { return database_.run("PRAGMA foreign_keys = ON"); });
  if (ready && *version < schema_version) ready = make_schema(database_);
  if (!ready) return ready;
  auto statement = database_.prepare(put_caption);
  if (!statement) return tl::unexpected(statement.error());
  put_caption_.emplace(std::move(*statement));
  return {};
}

Result<SessionTables> SessionTables::open_to_read(const fs::path& path) {
  auto database = Database::open(path, Database::Mode::read);
  if (database) return SessionTables(std::move(*database));
  Error error = database.error();
  if (error.code == ErrorCode::not_found) error.code = ErrorCode::unavailable;
  return tl::unexpected(std::move(error));
}

Result<SessionTables> SessionTables::open_damaged(const fs::path& path) {
  auto tables = open_to_read(path);
  if (!tables) return tables;
  tables->database_.keep_log();
  // Else SQLite reads nothing of a file that is shorter than its header says.
  (void)tables->database_.run("PRAGMA writable_schema = ON");
  return tables;
}

Result<> SessionTables::touch() { return database_.run("PRAGMA user_version = 1"); }

Result<> SessionTables::add(const StoredSession& session) {
  auto statement = database_.prepare(
      "INSERT INTO session (id, language, token_digest, created_at_ms, ended_at_ms,"
      " partial_results, reason, bucket, rollout_percentage, flag_version, min_stability_threshold,"
      " max_buffer_timeout_ms, canary)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, session.id.str())
      .bind(2, session.language.str())
      .bind(3, session.token_digest)
      .bind(4, ms(session.created_at))
      .bind(6, std::int64_t{session.partial_results})
      .bind(7, session.reason)
      .bind(8, std::int64_t{session.bucket})
      .bind(9, std::int64_t{session.rollout_percentage})
      .bind(10, kept(session.flag_version))
      .bind_real(11, session.min_stability_threshold)
      .bind(12, std::int64_t{session.max_buffer_timeout.count()})
      .bind(13, std::int64_t{session.canary});
  if (session.ended_at) statement->bind(5, ms(*session.ended_at));
  const auto done = statement->step();
  if (!done && done.error().code == ErrorCode::already_exists)
    return fail(ErrorCode::already_exists,
                "sqlite:" + database_.path().string() + " has a session " + session.id.str(), "id");
  return done.map([](bool) {});
}

Result<> SessionTables::decide(const SessionId& id, bool partial_results, const std::string& reason,
                               std::uint64_t flag_version) {
  auto statement = database_.prepare(
      "UPDATE session SET partial_results = ?2, reason = ?3, flag_version = ?4 WHERE id = ?1");
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, id.str())
      .bind(2, std::int64_t{partial_results})
      .bind(3, reason)
      .bind(4, kept(flag_version));
  if (const auto done = statement->step(); !done) return tl::unexpected(done.error());
  if (database_.changes() == 0) return unknown(id);
  return {};
}

Result<> SessionTables::end(const SessionId& id, UtcTime at) {
  auto statement = database_.prepare(
      "UPDATE session SET ended_at_ms = ?2 WHERE id = ?1 AND ended_at_ms IS NULL");
  if (!statement) return tl::unexpected(statement.error());
  return statement->bind(1, id.str()).bind(2, ms(at)).step().map([](bool) {});
}

Result<> SessionTables::put(const SessionId& id, const StoredCaption& caption) {
  put_caption_->reset()
      .bind(1, id.str())
      .bind(2, caption.language.str())
      .bind(3, static_cast<std::int64_t>(caption.segment.id))
      .bind(4, kept(caption.segment.seq))
      .bind(5, caption.segment.text)
      .bind(6, ms(caption.segment.start))
      .bind(7, ms(caption.segment.end));
  const auto done = put_caption_->step();
  put_caption_->reset();
  if (!done && done.error().code == ErrorCode::not_found) return unknown(id);
  return done.map([](bool) {});
}

Result<bool> SessionTables::put(const SessionId& id, const StoredFeedback& feedback,
                                std::size_t most) {
  auto earlier = database_.prepare("SELECT 1 FROM feedback WHERE session = ?1 AND listener = ?2");
  if (!earlier) return tl::unexpected(earlier.error());
  const auto replaces = earlier->bind(1, id.str()).bind(2, feedback.listener).step();
  if (!replaces) return tl::unexpected(replaces.error());
  if (!*replaces) {
    auto count = database_.prepare("SELECT count(*) FROM feedback WHERE session = ?1");
    if (!count) return tl::unexpected(count.error());
    if (const auto counted = count->bind(1, id.str()).step(); !counted)
      return tl::unexpected(counted.error());
    if (count->number(0) >= static_cast<std::int64_t>(most))
      return fail(ErrorCode::resource_exhausted,
                  "session " + id.str() + " has the feedback of " + std::to_string(most) +
                      " listeners, and keeps no more",
                  "listener");
  }
  auto statement = database_.prepare("INSERT OR REPLACE INTO feedback VALUES (?1, ?2, ?3, ?4, ?5)");
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, id.str())
      .bind(2, feedback.listener)
      .bind(3, feedback.rating)
      .bind(4, feedback.language.str())
      .bind(5, ms(feedback.at));
  const auto done = statement->step();
  if (!done && done.error().code == ErrorCode::not_found) return unknown(id);
  return done.map([&](bool) { return *replaces; });
}

Result<std::size_t> SessionTables::forget(UtcTime before, std::size_t most) {
  auto statement = database_.prepare(
      "DELETE FROM session WHERE id IN"
      " (SELECT id FROM session WHERE ended_at_ms < ?1 ORDER BY ended_at_ms LIMIT ?2)");
  if (!statement) return tl::unexpected(statement.error());
  const auto done = statement->bind(1, ms(before)).bind(2, kept(most)).step();
  return done.map([&](bool) { return static_cast<std::size_t>(database_.changes()); });
}

Result<bool> SessionTables::forget(const SessionId& id) {
  auto statement =
      database_.prepare("DELETE FROM session WHERE id = ?1 AND ended_at_ms IS NOT NULL");
  if (!statement) return tl::unexpected(statement.error());
  const auto done = statement->bind(1, id.str()).step();
  return done.map([&](bool) { return database_.changes() > 0; });
}

Result<std::vector<StoredSession>> SessionTables::sessions(Statement& statement) {
  std::vector<StoredSession> found;
  for (;;) {
    const auto more = statement.step();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return found;
    found.push_back(session_of(statement));
  }
}

Result<std::optional<StoredSession>> SessionTables::find(const SessionId& id) {
  auto statement = database_.prepare(std::string(select_session) + "WHERE id = ?1");
  if (!statement) return tl::unexpected(statement.error());
  auto found = sessions(statement->bind(1, id.str()));
  if (!found) return tl::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

Result<std::vector<StoredSession>> SessionTables::open_sessions() {
  auto statement = database_.prepare(std::string(select_session) +
                                     "WHERE ended_at_ms IS NULL ORDER BY created_at_ms, rowid");
  if (!statement) return tl::unexpected(statement.error());
  return sessions(*statement);
}

void SessionTables::each_session(bool forwards,
                                 const std::function<bool(const StoredSession&)>& take) {
  auto statement =
      database_.prepare(std::string(select_session) + "ORDER BY rowid" + (forwards ? "" : " DESC"));
  if (!statement) return;
  for (auto more = statement->step(); more && *more; more = statement->step())
    if (!take(session_of(*statement))) return;
}

void SessionTables::each_caption(
    bool forwards, const std::function<bool(const SessionId&, const StoredCaption&)>& take) {
  auto statement = database_.prepare(
      forwards ? "SELECT segment, seq, text, start_ms, end_ms, language, session FROM caption"
                 " ORDER BY session, language, segment"
               : "SELECT segment, seq, text, start_ms, end_ms, language, session FROM caption"
                 " ORDER BY session DESC, language DESC, segment DESC");
  if (!statement) return;
  for (auto more = statement->step(); more && *more; more = statement->step())
    if (!take(SessionId{statement->text(6)},
              {segment_of(*statement), Language{statement->text(5)}}))
      return;
}

Result<std::vector<StoredCaption>> SessionTables::captions(const SessionId& id,
                                                           const Language& language) {
  auto statement = database_.prepare(
      "SELECT segment, seq, text, start_ms, end_ms FROM caption"
      " WHERE session = ?1 AND language = ?2 ORDER BY segment");
  if (!statement) return tl::unexpected(statement.error());
  statement->bind(1, id.str()).bind(2, language.str());
  std::vector<StoredCaption> found;
  for (;;) {
    const auto more = statement->step();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return found;
    found.push_back({segment_of(*statement), language});
  }
}

tl::unexpected<Error> SessionTables::unknown(const SessionId& id) const {
  return fail(ErrorCode::not_found,
              "sqlite:" + database_.path().string() + " has no session " + id.str(), "id");
}

}  // namespace sotto::providers::local
