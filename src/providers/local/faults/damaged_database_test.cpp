#include "providers/local/faults/damaged_database.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include "providers/local/faults/salvage.hpp"
#include "providers/local/session_tables.hpp"
#include "providers/local/sqlite_session_store.hpp"
#include "tests/support/stored_session.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::local {
namespace {

namespace fs = std::filesystem;
using sotto::testing::stored_caption;
using sotto::testing::stored_session;
using sotto::testing::TemporaryFolder;

const UtcTime now = parse_utc("2026-03-01T09:30:00.000Z").value();
constexpr int sessions = 3, captions = 400;

class DamagedDatabaseTest : public ::testing::Test {
 protected:
  // A store with sessions, and its log as a killed server leaves it.
  void SetUp() override {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      fill();
      ::kill(::getpid(), SIGKILL);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ASSERT_GT(fs::file_size(log), 0u);
    ASSERT_FALSE(find_damage(path, SessionTables::schema_version));
  }

  void fill() {
    auto store = open_sqlite_session_store(path).value();
    for (int session = 1; session <= sessions; ++session) {
      const std::string id = "talk-" + std::to_string(session);
      (void)store->begin(stored_session(id));
      for (std::uint32_t i = 1; i <= captions; ++i)
        store->append(SessionId{id}, stored_caption(i, std::string(200, 'x')), [](Result<>) {});
    }
    std::promise<void> stored;
    store->append(SessionId{"talk-1"}, stored_caption(captions + 1, "last"),
                  [&](Result<>) { stored.set_value(); });
    stored.get_future().wait();
    (void)store.release();
  }

  // All is in the database itself, as after a stop.
  void stop() { open_sqlite_session_store(path).value().reset(); }

  void write(const fs::path& file, std::streamoff at, const std::string& bytes) {
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(at);
    out << bytes;
  }

  std::string damage() {
    const auto found = find_damage(path, SessionTables::schema_version);
    return found ? found->why : "";
  }

  // Sets it aside: its name.
  fs::path aside() {
    const auto found = find_damage(path, SessionTables::schema_version);
    EXPECT_TRUE(found);
    return set_aside(path, *found, now).value();
  }

  std::size_t captions_of(const std::string& id) {
    auto store = open_sqlite_session_store(path).value();
    return store->captions(SessionId{id}, Language{"en"}).value().size();
  }

  const TemporaryFolder folder;
  const fs::path path = folder.path() / "sessions.db", log = folder.path() / "sessions.db-wal";
};

TEST_F(DamagedDatabaseTest, OneThatIsSoundOrNotThereHasNone) {
  EXPECT_EQ(damage(), "");
  stop();
  EXPECT_EQ(damage(), "");
  EXPECT_FALSE(find_damage(folder.path() / "none.db"));
  std::ofstream(folder.path() / "empty.db");
  EXPECT_FALSE(find_damage(folder.path() / "empty.db", 1));
}

TEST_F(DamagedDatabaseTest, GarbageIsSetAsideWithItsLog) {
  stop();
  std::ofstream(log) << "log";
  write(path, 0, std::string(4096, 'z'));
  EXPECT_EQ(damage(), "file is not a database");
  EXPECT_EQ(aside(), path.string() + ".damaged-20260301-093000");
  EXPECT_FALSE(fs::exists(path));
  EXPECT_FALSE(fs::exists(log));
  EXPECT_TRUE(fs::exists(path.string() + ".damaged-20260301-093000-wal"));
  std::ofstream(path) << std::string(4096, 'z');
  EXPECT_EQ(aside(), path.string() + ".damaged-20260301-093000-2");
}

TEST_F(DamagedDatabaseTest, WhatIsNoFileIsSetAside) {
  fs::remove(path);
  fs::remove(log);
  fs::create_directory(path);
  EXPECT_EQ(damage(), "it is no file");
  EXPECT_TRUE(fs::is_directory(aside()));
  EXPECT_EQ(damage(), "");
}

TEST_F(DamagedDatabaseTest, WhatCannotBeThisStoresIsSetAside) {
  stop();
  {
    auto database = Database::open(path, Database::Mode::write);
    ASSERT_TRUE(database->run("PRAGMA user_version = 7"));
  }
  EXPECT_EQ(damage(), "it was written by a newer version (its schema is 7, this one knows 1)");
  {
    auto database = Database::open(path, Database::Mode::write);
    ASSERT_TRUE(database->run("PRAGMA user_version = 0"));
  }
  EXPECT_EQ(damage(), "it holds something else");
}

TEST_F(DamagedDatabaseTest, OneThatWasEmptiedKeepsItsLog) {
  fs::resize_file(path, 0);
  EXPECT_EQ(damage(), "it is empty, and its write-ahead log is not");
  fs::remove(path);
  EXPECT_EQ(damage(), "it is gone, and its write-ahead log is there");
  EXPECT_GT(fs::file_size(aside().string() + "-wal"), 0u);
}

TEST_F(DamagedDatabaseTest, OfOneThatWasCutOffWhatCanBeReadIsSaved) {
  stop();
  fs::resize_file(path, fs::file_size(path) / 2);
  EXPECT_NE(damage(), "");
  const auto size = fs::file_size(path);
  const fs::path copy = aside();
  const auto saved = salvage_sessions(copy, path);
  ASSERT_TRUE(saved) << saved.error().message;
  EXPECT_EQ(*saved, std::size_t{sessions});
  EXPECT_EQ(damage(), "");
  EXPECT_GT(captions_of("talk-1"), 100u);
  EXPECT_EQ(fs::file_size(copy), size);
}

TEST_F(DamagedDatabaseTest, OfOneWithADamagedPageTheRestIsSaved) {
  stop();
  const auto pages = fs::file_size(path) / 4096;
  write(path, static_cast<std::streamoff>(pages / 2 * 4096), std::string(4096, '\xff'));
  EXPECT_NE(damage(), "");
  const auto saved = salvage_sessions(aside(), path);
  ASSERT_TRUE(saved);
  std::size_t all = 0;
  for (const char* const id : {"talk-1", "talk-2", "talk-3"}) all += captions_of(id);
  EXPECT_GT(all, std::size_t{sessions * captions * 9 / 10});
}

TEST_F(DamagedDatabaseTest, OfGarbageNothingIsSaved) {
  stop();
  write(path, 0, std::string(4096, 'z'));
  EXPECT_EQ(salvage_sessions(aside(), path).value(), 0u);
  EXPECT_EQ(damage(), "");
}

TEST_F(DamagedDatabaseTest, ALogThatSqliteWouldPassOverIsCopied) {
  write(log, 8, "\xff\xff");
  const auto found = find_damage(path, SessionTables::schema_version);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->only_its_log || found->why.find("log") == std::string::npos) << found->why;
  const fs::path copy = set_aside(path, *found, now).value();
  EXPECT_GT(fs::file_size(copy.string() + "-wal"), 0u);
}

TEST_F(DamagedDatabaseTest, ALogIsDamagedInItsMiddleAndNotWhereItEnds) {
  const auto size = fs::file_size(log);
  fs::resize_file(log, size - 100);  // a transaction that was cut off
  EXPECT_EQ(damage(), "");
  write(log, 32 + 24 + 4096 + 24 + 50, "damage");
  EXPECT_EQ(damage(), "its write-ahead log is damaged in the middle");
}

}  // namespace
}  // namespace sotto::providers::local
