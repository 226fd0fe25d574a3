#include "providers/local/sqlite_rollout_store.hpp"

#include <filesystem>
#include <fstream>

#include "providers/local/database.hpp"
#include "tests/support/crash_points.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::local {
namespace {

using ports::Journal;

const std::string flag = "/audio-transcription/partial-results/config";
constexpr UtcTime at{milliseconds{1'764'000'000'123}};

std::vector<Error> errors_of(ports::RolloutStore& store) {
  return {store.read(flag).error(), store.write(flag, 0, "x", {"x"}, at).error(),
          store.add_sessions(flag, {{0, at, "x"}}).error(),
          store.entries(flag, Journal::decisions, 0, 10).error(), store.prune(at).error()};
}

TEST(SqliteRolloutStore, ADatabaseThatIsNoneIsAnErrorThatNamesIt) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "rollout.db";
  std::ofstream(path) << std::string(5000, 'x');
  const auto store = make_sqlite_rollout_store(folder.path());
  EXPECT_EQ(store->name(), "sqlite:" + path.string());
  for (const Error& error : errors_of(*store)) {
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_NE(error.message.find(path.string()), std::string::npos) << error.message;
  }
  EXPECT_EQ(std::filesystem::file_size(path), 5000u) << "it stays as it is";
}

TEST(SqliteRolloutStore, ADamagedDatabaseIsAnErrorThatNamesIt) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "rollout.db";
  const auto store = make_sqlite_rollout_store(folder.path());
  ASSERT_TRUE(store->write(flag, 0, std::string(50'000, 's'), {"d"}, at));
  const auto size = std::filesystem::file_size(path);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);  // behind the file's header: every page
    const std::string rubbish(size - 100, '\xA5');
    file.write(rubbish.data(), static_cast<std::streamsize>(rubbish.size()));
  }
  for (const Error& error : errors_of(*store)) {
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_NE(error.message.find(path.string()), std::string::npos) << error.message;
  }
}

TEST(SqliteRolloutStore, WhereNothingCanBeWrittenAWriteSaysSo) {
  const auto store = make_sqlite_rollout_store("/proc/sotto");
  EXPECT_FALSE(*store->read(flag));
  const auto refused = store->write(flag, 0, "x", {}, at);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("/proc/sotto"), std::string::npos);
}

TEST(SqliteRolloutStore, WhatIsRemovedIsMadeAnew) {
  const testing::TemporaryFolder folder;
  const auto store = make_sqlite_rollout_store(folder.path() / "state");
  ASSERT_TRUE(store->write(flag, 0, "before", {}, at));
  std::filesystem::remove_all(folder.path() / "state");
  EXPECT_FALSE(*store->read(flag));
  ASSERT_TRUE(store->write(flag, 0, "after", {}, at));
  EXPECT_EQ((*store->read(flag))->text, "after");
}

TEST(SqliteRolloutStore, ADecisionThatCannotBeWrittenTakesTheStateBack) {
  const testing::TemporaryFolder folder;
  const auto store = make_sqlite_rollout_store(folder.path());
  ASSERT_TRUE(store->write(flag, 0, "1", {"first"}, at));
  {
    auto database = Database::open(folder.path() / "rollout.db", Database::Mode::write);
    ASSERT_TRUE(database);
    ASSERT_TRUE(
        database->run("CREATE TRIGGER full BEFORE INSERT ON rollout_journal"
                      " WHEN NEW.text = 'third' BEGIN SELECT RAISE(ABORT, 'no room'); END"));
  }
  const auto refused = store->write(flag, 1, "2", {"second", "third"}, at);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no room"), std::string::npos) << refused.error().message;
  EXPECT_EQ((*store->read(flag))->version, 1u);
  EXPECT_EQ(store->entries(flag, Journal::decisions, 0, 10)->size(), 1u);
  EXPECT_FALSE(store->add_sessions(flag, {{0, at, "a talk"}, {0, at, "third"}}));
  EXPECT_TRUE(store->entries(flag, Journal::sessions, 0, 10)->empty());
}

TEST(SqliteRolloutStore, AnotherProcesssTransactionIsWaitedForButNotForLong) {
  const testing::TemporaryFolder folder;
  const auto store = make_sqlite_rollout_store(folder.path());
  ASSERT_TRUE(store->write(flag, 0, "1", {}, at));
  auto holder = Database::open(folder.path() / "rollout.db", Database::Mode::write);
  ASSERT_TRUE(holder && holder->run("BEGIN IMMEDIATE"));
  EXPECT_EQ((*store->read(flag))->text, "1") << "readers wait for nobody";
  const auto before = std::chrono::steady_clock::now();
  const auto refused = store->write(flag, 1, "2", {}, at);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  ASSERT_TRUE(holder->run("COMMIT"));
  EXPECT_TRUE(store->write(flag, 1, "2", {}, at));
}

// Kills a writer at its first system call, its second, and so on until one is left to finish.
TEST(SqliteRolloutStore, AWriterKilledAtAnyMomentLeavesStateAndDecisionsTogether) {
  const testing::TemporaryFolder folder;
  const auto store = make_sqlite_rollout_store(folder.path());
  std::uint64_t version = 0;
  int with_old = 0, with_new = 0;
  for (int calls = 0; calls < 2000; ++calls) {
    const auto end = testing::run_until_call(calls, [&] {
      const std::string next = std::to_string(version + 1);
      (void)store->write(flag, version, next, {next + " a", next + " b"}, at);
    });
    if (!end) GTEST_SKIP() << "processes cannot be traced here";
    const auto read = store->read(flag);
    ASSERT_TRUE(read) << read.error().message;
    const std::uint64_t found = *read ? (*read)->version : 0;
    ASSERT_TRUE(found == version || found == version + 1) << found << " after " << version;
    ++(found == version ? with_old : with_new);
    version = found;
    const auto done = store->entries(flag, Journal::decisions, 0, 10'000);
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_EQ(done->size(), 2 * version);
    if (version > 0) {
      EXPECT_EQ((*read)->text, std::to_string(version));
      EXPECT_EQ(done->back().text, std::to_string(version) + " b");
    }
    if (*end == testing::ChildEnd::finished) break;
  }
  EXPECT_GT(with_old, 10);
  EXPECT_GT(with_new, 1);
}

}  // namespace
}  // namespace sotto::providers::local
