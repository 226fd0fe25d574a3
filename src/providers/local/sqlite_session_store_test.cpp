#include "providers/local/sqlite_session_store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "providers/local/database.hpp"
#include "tests/support/stored_session.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::local {
namespace {

namespace fs = std::filesystem;
using testing::stored_caption;
using testing::stored_session;

const SessionId id{"golden-eagle-427"};
const Language english{"en"};

// Holds the store's thread in the `done` of a caption.
class Gate {
 public:
  // Appends a caption, and returns when its `done` has been called and waits.
  void hold(ports::SessionStore& store, const ports::StoredCaption& caption) {
    store.append(id, caption, [this](const Result<>&) {
      reached_.set_value();
      opened_.get_future().wait();
    });
    reached_.get_future().wait();
  }
  void open() { opened_.set_value(); }

 private:
  std::promise<void> reached_, opened_;
};

// A caption's acknowledgement.
class Answer {
 public:
  std::function<void(Result<>)> done() {
    return [promise = promise_](Result<> result) { promise->set_value(std::move(result)); };
  }
  bool there() const { return future_.wait_for(milliseconds{0}) == std::future_status::ready; }
  Result<> get() { return future_.get(); }

 private:
  std::shared_ptr<std::promise<Result<>>> promise_ = std::make_shared<std::promise<Result<>>>();
  std::future<Result<>> future_ = promise_->get_future();
};

Result<> append(ports::SessionStore& store, const ports::StoredCaption& caption) {
  Answer answer;
  store.append(id, caption, answer.done());
  return answer.get();
}

std::string content(const fs::path& path) {
  std::ostringstream all;
  all << std::ifstream(path, std::ios::binary).rdbuf();
  return all.str();
}

// Whoever may write everywhere gives that up for a while.
class WithoutPrivileges {
 public:
  WithoutPrivileges() { EXPECT_EQ(::seteuid(user_ == 0 ? 65534 : user_), 0); }
  ~WithoutPrivileges() { EXPECT_EQ(::seteuid(user_), 0); }

 private:
  const uid_t user_ = ::geteuid();
};

class SqliteSessionStore : public ::testing::Test {
 protected:
  std::unique_ptr<ports::SessionStore> open(SessionStoreLimits limits = {}) const {
    auto opened = open_sqlite_session_store(path, limits);
    if (opened) return std::move(*opened);
    ADD_FAILURE() << opened.error().message;
    return nullptr;
  }

  // A store with one session.
  std::unique_ptr<ports::SessionStore> begun(SessionStoreLimits limits = {}) const {
    auto store = open(limits);
    EXPECT_TRUE(store->begin(stored_session(id.str())));
    return store;
  }

  void expect_refused(const std::string& why) const {
    const std::string before = content(path);
    const auto refused = open_sqlite_session_store(path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().message.find(path.string()), std::string::npos)
        << refused.error().message;
    EXPECT_NE(refused.error().message.find(why), std::string::npos) << refused.error().message;
    EXPECT_EQ(content(path), before) << "it is somebody's";
  }

  Result<> run(const char* sql) const {
    return Database::open(path, Database::Mode::write)->run(sql);
  }

  const testing::TemporaryFolder folder;
  const fs::path path = folder.path() / "sessions.db";
};

TEST_F(SqliteSessionStore, OpenedAgainItHasEverything) {
  auto decided = stored_session(id.str());
  decided.partial_results = false;
  decided.reason = "killed";
  decided.flag_version = 4;
  decided.ended_at = decided.created_at + milliseconds{9};
  {
    const auto store = begun();
    ASSERT_TRUE(store->begin(stored_session("brave-otter-311")));
    ASSERT_TRUE(store->decide(id, false, "killed", 4));
    ASSERT_TRUE(append(*store, stored_caption(1, "¿Qué tal?", "es")));
    ASSERT_TRUE(store->feedback(id, {"listener", "up", english, {}}));
    store->end(id, *decided.ended_at);
  }
  const auto store = open();
  EXPECT_EQ(*store->find(id), decided);
  const auto sessions = store->open_sessions().value();
  ASSERT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions.front(), stored_session("brave-otter-311"));
  const auto captions = store->captions(id, Language{"es"}).value();
  ASSERT_EQ(captions.size(), 1u);
  EXPECT_EQ(captions.front(), stored_caption(1, "¿Qué tal?", "es"));
  EXPECT_EQ(*store->feedback(id, {"listener", "down", english, {}}), true);
}

TEST_F(SqliteSessionStore, ClosingItFirstWritesAllThatWaits) {
  std::atomic<int> kept{0};
  auto store = begun();
  for (std::uint32_t i = 1; i <= 1000; ++i)
    store->append(id, stored_caption(i, "x"), [&](const Result<>& result) {
      if (result) ++kept;
    });
  store->end(id, UtcTime{milliseconds{5}});
  store.reset();
  EXPECT_EQ(kept, 1000);
  store = open();
  EXPECT_EQ(store->captions(id, english)->size(), 1000u);
  EXPECT_EQ((*store->find(id))->ended_at, UtcTime{milliseconds{5}});
}

TEST_F(SqliteSessionStore, WhatWaitsIsKeptTogether) {
  const auto store = begun();
  Gate gate;
  gate.hold(*store, stored_caption(1, "first"));
  std::size_t found = 0;
  Answer last;
  store->append(id, stored_caption(2, "second"),
                [&](const Result<>&) { found = store->captions(id, english)->size(); });
  for (std::uint32_t i = 3; i <= 100; ++i)
    store->append(id, stored_caption(i, "x"), [](const Result<>&) {});
  store->append(id, stored_caption(101, "last"), last.done());
  gate.open();
  ASSERT_TRUE(last.get());
  EXPECT_EQ(found, 101u) << "when the second is acknowledged, the last is there";
}

TEST_F(SqliteSessionStore, WhatWaitsIsBounded) {
  const auto store = begun({.waiting_captions = 2});
  Gate gate;
  gate.hold(*store, stored_caption(1, "being acknowledged"));
  Answer waits, refused, after;
  store->append(id, stored_caption(2, "waits"), waits.done());
  store->append(id, stored_caption(3, "one too many"), refused.done());
  ASSERT_TRUE(refused.there());
  EXPECT_FALSE(waits.there());
  EXPECT_EQ(refused.get().error().code, ErrorCode::resource_exhausted);
  gate.open();
  ASSERT_TRUE(waits.get());
  store->append(id, stored_caption(4, "after"), after.done());
  ASSERT_TRUE(after.get());
  EXPECT_EQ(store->captions(id, english)->size(), 3u);
}

TEST_F(SqliteSessionStore, WhatCannotBeWrittenIsToldAndTheNextIsTriedAgain) {
  const auto store = begun();
  Gate gate;
  gate.hold(*store, stored_caption(1, "before"));
  ASSERT_TRUE(run("ALTER TABLE caption RENAME TO hidden"));
  Answer first, second;
  store->append(id, stored_caption(2, "lost"), first.done());
  store->end(id, UtcTime{milliseconds{5}});
  store->append(id, stored_caption(3, "lost too"), second.done());
  gate.open();
  for (Answer* lost : {&first, &second}) {
    const auto result = lost->get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
    EXPECT_NE(result.error().message.find(path.string()), std::string::npos);
  }
  EXPECT_FALSE(append(*store, stored_caption(4, "still broken")));
  EXPECT_EQ((*store->find(id))->ended_at, std::nullopt);
  ASSERT_TRUE(run("ALTER TABLE hidden RENAME TO caption"));
  ASSERT_TRUE(append(*store, stored_caption(5, "mended")));
  EXPECT_EQ(store->captions(id, english)->size(), 2u);
  EXPECT_EQ((*store->find(id))->ended_at, UtcTime{milliseconds{5}}) << "the end was not lost";
}

TEST_F(SqliteSessionStore, AReaderHoldsNoWriterUp) {
  const auto store = begun();
  ASSERT_TRUE(append(*store, stored_caption(1, "one")));
  auto reader = Database::open(path, Database::Mode::read);
  auto statement = reader->prepare("SELECT text FROM caption");
  ASSERT_TRUE(*statement->step());
  EXPECT_TRUE(append(*store, stored_caption(2, "two")));
  EXPECT_FALSE(*statement->step()) << "it sees what was there when it began";
}

TEST_F(SqliteSessionStore, SeveralOnOneFileAgree) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      const auto store = open();
      if (!store) return;
      for (int i = 0; i < 10; ++i)
        EXPECT_TRUE(store->begin(stored_session(std::to_string(thread) + "-" + std::to_string(i))));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(open()->open_sessions()->size(), 40u);
}

TEST_F(SqliteSessionStore, RemovedItIsMadeAnew) {
  const auto store = begun();
  ASSERT_TRUE(append(*store, stored_caption(1, "gone")));
  fs::remove(path);
  EXPECT_EQ(store->find(id).error().code, ErrorCode::unavailable);
  EXPECT_EQ(append(*store, stored_caption(2, "of no session")).error().code, ErrorCode::not_found);
  ASSERT_TRUE(store->begin(stored_session(id.str())));
  ASSERT_TRUE(append(*store, stored_caption(3, "anew")));
  EXPECT_EQ(open()->captions(id, english)->size(), 1u);
}

TEST_F(SqliteSessionStore, IsForItsOwnersEyesOnly) {
  const auto store = begun();
  ASSERT_TRUE(append(*store, stored_caption(1, "x")));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((path.string() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777U, 0600u) << suffix;
  }
}

TEST_F(SqliteSessionStore, RefusesANewerSchema) {
  begun().reset();
  ASSERT_TRUE(run("PRAGMA user_version = 2"));
  expect_refused("newer");
}

TEST_F(SqliteSessionStore, RefusesAFileOfSomethingElse) {
  ASSERT_TRUE(run("CREATE TABLE flag_revision (flag TEXT)"));
  expect_refused("something else");
}

TEST_F(SqliteSessionStore, RefusesAFileThatIsNoDatabase) {
  std::ofstream(path) << std::string(5000, 'x');
  expect_refused("not a database");
}

TEST_F(SqliteSessionStore, WhereNothingCanBeWrittenItSaysSo) {
  constexpr fs::perms all_may_look = fs::perms::owner_read | fs::perms::owner_exec |
                                     fs::perms::group_read | fs::perms::group_exec |
                                     fs::perms::others_read | fs::perms::others_exec;
  const fs::path locked = folder.path() / "locked";
  fs::create_directory(locked);
  for (const fs::path& open_to_all : {folder.path(), locked})
    fs::permissions(open_to_all, all_may_look);
  {
    const WithoutPrivileges now;
    const auto refused = open_sqlite_session_store(locked / "sessions.db");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::permission_denied);
    EXPECT_NE(refused.error().message.find((locked / "sessions.db").string()), std::string::npos)
        << refused.error().message;
  }
  for (const fs::path& mine_again : {folder.path(), locked})
    fs::permissions(mine_again, fs::perms::owner_all);
}

}  // namespace
}  // namespace sotto::providers::local
