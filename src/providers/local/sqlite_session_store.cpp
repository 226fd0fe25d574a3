#include "providers/local/sqlite_session_store.hpp"

#include <functional>
#include <future>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "providers/local/faults/keeping_session_store.hpp"
#include "providers/local/session_tables.hpp"
#include "supervision/batch_thread.hpp"

namespace sotto::providers::local {

namespace {

namespace fs = std::filesystem;

using ports::StoredCaption;
using ports::StoredFeedback;
using ports::StoredSession;

// A session's captions are thousands of rows, and whoever appends meanwhile waits.
constexpr std::size_t forgotten_at_once = 10;

// Something to write, and whom to tell.
struct Job {
  std::function<Result<>(SessionTables&)> write;
  std::function<void(Result<>)> done;  // none for an end
};

// An error that concerns the file, and so all of a transaction.
bool of_the_file(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::permission_denied;
}

// Writes jobs, a transaction for each batch. Not thread-safe.
class BatchWriter {
 public:
  BatchWriter(fs::path path, SessionTables tables)
      : path_(std::move(path)), tables_(std::move(tables)) {}

  // Calls all `done`s, in order.
  void write(std::vector<Job> batch) {
    std::vector<Job> jobs = std::exchange(missed_ends_, {});
    jobs.insert(jobs.end(), std::make_move_iterator(batch.begin()),
                std::make_move_iterator(batch.end()));
    std::vector<Result<>> results;
    results.reserve(jobs.size());
    const Result<> kept = transact(jobs, results);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      Result<> result = kept ? std::move(results[i]) : tl::unexpected(kept.error());
      if (jobs[i].done) jobs[i].done(std::move(result));
      // Nobody else knows that this session has ended. There are no more of these than sessions
      // that went on when the file broke, since none can begin.
      if (!kept && !jobs[i].done) missed_ends_.push_back(std::move(jobs[i]));
    }
  }

  void write_missed_ends() {
    if (!missed_ends_.empty()) write({});
  }

 private:
  Result<> transact(const std::vector<Job>& jobs, std::vector<Result<>>& results) {
    if (auto found = find_file(); !found) return found;
    auto kept = tables_->start();
    for (std::size_t i = 0; kept && i < jobs.size(); ++i) {
      results.push_back(jobs[i].write(*tables_));
      if (!results[i] && of_the_file(results[i].error())) kept = results[i];
    }
    if (kept) kept = tables_->commit();
    if (!kept) tables_->roll_back();
    return kept;
  }

  // What is written to a file that was removed, nobody would see.
  Result<> find_file() {
    if (tables_ && !tables_->moved()) return {};
    tables_.reset();
    auto opened = SessionTables::open_to_write(path_);
    if (!opened) return tl::unexpected(opened.error());
    tables_ = std::move(*opened);
    return {};
  }

  const fs::path path_;
  std::optional<SessionTables> tables_;
  std::vector<Job> missed_ends_;
};

class SqliteSessionStore : public ports::SessionStore, public TriedStore {
 public:
  SqliteSessionStore(fs::path path, SessionTables tables, SessionStoreLimits limits)
      : path_(path),
        limits_(limits),
        writer_(std::move(path), std::move(tables)),
        queue_(limits.waiting_captions,
               [this](std::vector<Job> batch) { writer_.write(std::move(batch)); }) {}

  ~SqliteSessionStore() override {
    queue_.stop();
    writer_.write_missed_ends();
  }

  Result<> begin(const StoredSession& session) override {
    return call([&session](SessionTables& tables) { return tables.add(session); });
  }

  Result<> decide(const SessionId& id, bool partial_results, const std::string& reason,
                  std::uint64_t flag_version) override {
    return call([&](SessionTables& tables) {
      return tables.decide(id, partial_results, reason, flag_version);
    });
  }

  Result<> try_to_write() override {
    return call([](SessionTables& tables) { return tables.touch(); });
  }

  void end(const SessionId& id, UtcTime at) override {
    queue_.push({[id, at](SessionTables& tables) { return tables.end(id, at); }, nullptr});
  }

  void append(const SessionId& id, StoredCaption caption,
              std::function<void(Result<>)> done) override {
    auto refused = queue_.try_push({[id, caption = std::move(caption)](SessionTables& tables) {
                                      return tables.put(id, caption);
                                    },
                                    std::move(done)});
    if (!refused) return;
    refused->done(fail(ErrorCode::resource_exhausted,
                       "sqlite:" + path_.string() + ": " +
                           std::to_string(limits_.waiting_captions) +
                           " captions wait to be written already: its disk does not keep up",
                       "store"));
  }

  Result<std::optional<StoredSession>> find(const SessionId& id) override {
    return read([&](SessionTables& tables) { return tables.find(id); });
  }

  Result<std::vector<StoredSession>> open_sessions() override {
    return read([](SessionTables& tables) { return tables.open_sessions(); });
  }

  Result<std::vector<StoredCaption>> captions(const SessionId& id,
                                              const Language& language) override {
    return read([&](SessionTables& tables) { return tables.captions(id, language); });
  }

  Result<bool> feedback(const SessionId& id, const StoredFeedback& feedback) override {
    bool replaced = false;
    const auto done = call([&](SessionTables& tables) {
      return tables.put(id, feedback, limits_.feedback).map([&](bool known) { replaced = known; });
    });
    return done.map([&] { return replaced; });
  }

  Result<bool> forget(const SessionId& id) override {
    bool forgotten = false;
    const auto done = call([&](SessionTables& tables) {
      return tables.forget(id).map([&](bool was) { forgotten = was; });
    });
    return done.map([&] { return forgotten; });
  }

  Result<> prune(UtcTime before) override {
    for (std::size_t forgotten = forgotten_at_once; forgotten == forgotten_at_once;) {
      const auto done = call([&](SessionTables& tables) {
        return tables.forget(before, forgotten_at_once).map([&](std::size_t count) {
          forgotten = count;
        });
      });
      if (!done) return done;
    }
    return {};
  }

 private:
  // Waits until it is written, so that it may use what is on the caller's stack.
  Result<> call(std::function<Result<>(SessionTables&)> write) {
    const auto written = std::make_shared<std::promise<Result<>>>();
    queue_.push(
        {std::move(write), [written](Result<> result) { written->set_value(std::move(result)); }});
    return written->get_future().get();
  }

  // Over a connection of its own: readers wait neither for the writer nor for each other, and see
  // the file that is there.
  template <class Read>
  auto read(Read what) -> std::invoke_result_t<Read, SessionTables&> {
    auto tables = SessionTables::open_to_read(path_);
    if (!tables) return tl::unexpected(tables.error());
    return what(*tables);
  }

  // constant after construction
  const fs::path path_;
  const SessionStoreLimits limits_;

  BatchWriter writer_;                   // of the queue's thread, while it runs
  supervision::BatchThread<Job> queue_;  // last: its thread uses the rest
};

}  // namespace

Result<std::unique_ptr<ports::SessionStore>> open_sqlite_session_store(fs::path path,
                                                                       SessionStoreLimits limits) {
  auto tables = SessionTables::open_to_write(path);
  if (!tables) return tl::unexpected(tables.error());
  return std::make_unique<SqliteSessionStore>(std::move(path), std::move(*tables), limits);
}

Result<std::optional<StoredSession>> find_stored_session(const fs::path& path,
                                                         const SessionId& id) {
  std::error_code error;
  if (!fs::exists(path, error)) return std::nullopt;
  auto tables = SessionTables::open_to_read(path);
  if (!tables) return tl::unexpected(tables.error());
  return tables->find(id);
}

}  // namespace sotto::providers::local
