// A writer that is killed, at every moment of a write: the flag is the old one or the new one, and
// the next writer goes on from there.
#include <filesystem>

#include "providers/local/file_flag_store.hpp"
#include "providers/local/sqlite_flag_store.hpp"
#include "tests/support/crash_points.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::local {
namespace {

using Make = std::unique_ptr<ports::FlagStore> (*)(std::filesystem::path);

const std::string flag = "/audio-transcription/partial-results/config";

ports::FlagChange change(int number) {
  return {"{\"enabled\":true,\"rollout_percentage\":" + std::to_string(number) + "}", "ada",
          "change " + std::to_string(number), UtcTime{milliseconds{number}}};
}

// What a reader finds after a write over version `before` was killed: 0 for the old, 1 for the new.
int found_after(ports::FlagStore& store, std::uint64_t before) {
  const auto read = store.read(flag);
  if (!read || (before > 0 && !*read)) {
    ADD_FAILURE() << (read ? "the flag is gone" : read.error().message);
    return -1;
  }
  const std::uint64_t version = *read ? (*read)->version : 0;
  if (version > 0) {
    EXPECT_EQ((*read)->document, change(static_cast<int>(version)).document);
    EXPECT_EQ((*read)->reason, change(static_cast<int>(version)).reason);
  }
  EXPECT_TRUE(version == before || version == before + 1) << version << " after " << before;
  return version == before ? 0 : 1;
}

// Kills a write at its first system call, its second, and so on until one is left to finish.
void kill_everywhere(Make make, const char* file) {
  const testing::TemporaryFolder folder;
  const auto store = make(folder.path() / file);
  std::uint64_t version = 0;
  int killed = 0, with_old = 0, with_new = 0;
  for (int calls = 0;; ++calls) {
    const auto end = testing::run_until_call(
        calls, [&] { (void)store->write(flag, version, change(static_cast<int>(version) + 1)); });
    if (!end) GTEST_SKIP() << "processes cannot be traced here";
    const int found = found_after(*store, version);
    ASSERT_GE(found, 0);
    version += static_cast<std::uint64_t>(found);
    if (*end == testing::ChildEnd::finished) {
      EXPECT_EQ(found, 1);
      break;
    }
    ++killed;
    ++(found == 0 ? with_old : with_new);
    ASSERT_LT(killed, 2000);
  }
  EXPECT_GT(killed, 10);
  EXPECT_GT(with_old, 0);
  EXPECT_GT(with_new, 0);
  const auto history = store->history(flag, 1000);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), version) << "each version once, none invented";
  for (std::uint64_t i = 0; i < version; ++i)
    EXPECT_EQ((*history)[i].reason, change(static_cast<int>(version - i)).reason);
}

TEST(Crash, SqliteWriterKilledAtEverySystemCall) {
  kill_everywhere(make_sqlite_flag_store, "flags.db");
}

TEST(Crash, FileWriterKilledAtEverySystemCall) { kill_everywhere(make_file_flag_store, "flags/"); }

}  // namespace
}  // namespace sotto::providers::local
