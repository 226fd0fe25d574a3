#include "providers/local/sqlite_flag_store.hpp"

#include <fstream>

#include "tests/support/bell.hpp"
#include "tests/support/flag_change.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::local {
namespace {

using testing::Bell;
using testing::change;

const std::string flag = "/audio-transcription/partial-results/config";

TEST(SqliteFlagStore, ADatabaseThatIsNoneIsAnErrorThatNamesIt) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "flags.db";
  std::ofstream(path) << std::string(5000, 'x');
  const auto store = make_sqlite_flag_store(path);
  for (const Error& error :
       {store->read(flag).error(), store->write(flag, 0, change("x")).error()}) {
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_NE(error.message.find(path.string()), std::string::npos) << error.message;
  }
}

TEST(SqliteFlagStore, WhereNothingCanBeWrittenAWriteSaysSo) {
  const auto store = make_sqlite_flag_store("/proc/sotto/flags.db");
  EXPECT_EQ(*store->read(flag), std::nullopt);
  const auto refused = store->write(flag, 0, change("x"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("/proc/sotto"), std::string::npos);
}

TEST(SqliteFlagStore, RemovedWhileWatchedIsNoticedAndMadeAnew) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "flags.db";
  const auto store = make_sqlite_flag_store(path);
  ASSERT_TRUE(store->write(flag, 0, change("before")));
  Bell bell;
  const auto watch = store->watch(flag, [&] { bell.ring(); });
  ASSERT_TRUE(watch);
  std::filesystem::remove(path);
  EXPECT_TRUE(bell.wait_until([&] { return !store->read(flag)->has_value(); }));
  ASSERT_TRUE(make_sqlite_flag_store(path)->write(flag, 0, change("after")));
  EXPECT_TRUE(bell.wait_until([&] {
    const auto read = store->read(flag);
    return read && *read && (*read)->document == "after";
  }));
}

TEST(SqliteFlagStore, AWatchWhoseFolderIsRemovedSaysThatItSeesNothingMore) {
  const testing::TemporaryFolder folder;
  const auto store = make_sqlite_flag_store(folder.path() / "state" / "flags.db");
  Bell bell;
  const auto watch = store->watch(flag, [&] { bell.ring(); });
  ASSERT_TRUE(watch && *watch);
  std::filesystem::remove_all(folder.path() / "state");
  EXPECT_TRUE(bell.wait_until([&] { return !(*watch)->alive(); }));
}

TEST(SqliteFlagStore, KeepsTheLastThousandVersions) {
  const testing::TemporaryFolder folder;
  const auto store = make_sqlite_flag_store(folder.path() / "flags.db");
  for (std::uint64_t i = 0; i < 1010; ++i)
    ASSERT_TRUE(store->write(flag, i, change(std::to_string(i + 1))));
  const auto history = store->history(flag, 5000);
  ASSERT_EQ(history->size(), 1000u);
  EXPECT_EQ(history->back().version, 11u);
}

}  // namespace
}  // namespace sotto::providers::local
