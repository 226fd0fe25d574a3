#include "providers/local/file_flag_store.hpp"

#include <fstream>

#include "files/atomic_file.hpp"
#include "providers/local/file_history.hpp"
#include "tests/support/bell.hpp"
#include "tests/support/flag_change.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::local {
namespace {

using testing::Bell;
using testing::change;

const std::string flag = "/audio-transcription/partial-results/config";
const std::string dev = "/audio-transcription/dev/partial-results/config";

TEST(FileFlagStore, AFolderHoldsAPlainFileForEachFlag) {
  const testing::TemporaryFolder folder;
  const auto store = make_file_flag_store(folder.path() / "");
  ASSERT_TRUE(store->write(dev, 0, change("{\"enabled\":false}")));
  EXPECT_EQ(
      *files::read_file(
          folder.path() / "audio-transcription" / "dev" / "partial-results" / "config.json", 100),
      "{\"enabled\":false}\n");
}

TEST(FileFlagStore, AFileThatWasMadeByHandIsAFlagAndItsChangesAreVersions) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "flag.json";
  std::ofstream(path) << "{\"enabled\":true}\n";
  const auto store = make_file_flag_store(path);
  const auto first = store->read(flag);
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->version, 1u);
  EXPECT_EQ((*first)->changed_by, "edited by hand");
  ASSERT_TRUE(store->write(flag, 1, change("{\"enabled\":false}")));
  Bell bell;
  const auto watch = store->watch(flag, [&] { bell.ring(); });
  std::ofstream(path) << "{\"enabled\":true}";
  EXPECT_TRUE(bell.wait_until([&] { return (*store->read(flag))->version == 3; }));
  EXPECT_EQ((*store->read(flag))->document, "{\"enabled\":true}");
  ASSERT_TRUE(store->write(flag, 3, change("{\"enabled\":false}")));
  const auto history = store->history(flag, 10);
  ASSERT_EQ(history->size(), 4u);
  EXPECT_EQ((*history)[1].changed_by, "edited by hand");
  EXPECT_EQ((*history)[2].changed_by, "ada");
}

TEST(FileFlagStore, AFileHoldsOneFlagAndSaysSo) {
  const testing::TemporaryFolder folder;
  const auto store = make_file_flag_store(folder.path() / "flag.json");
  ASSERT_TRUE(store->write(flag, 0, change("{}")));
  EXPECT_EQ(*store->read(dev), std::nullopt) << "not the production flag under another name";
  const auto refused = store->write(dev, 0, change("{}"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("file:FOLDER/"), std::string::npos);
  EXPECT_EQ(store->history(flag, 10)->size(), 1u);
}

TEST(FileFlagStore, GrowsNoFurtherThanItMust) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "flag.json";
  std::string lines;
  for (std::uint64_t i = 1; i < 2000; ++i)
    lines += announce_line(flag, {i, std::to_string(i), "ada", "", UtcTime{}}) + done_line(i);
  ASSERT_TRUE(files::write_file(path.string() + ".history.jsonl", lines));
  ASSERT_TRUE(files::write_file(path, "1999\n"));
  const auto store = make_file_flag_store(path);
  EXPECT_EQ(store->history(flag, 5000)->size(), 1999u);
  ASSERT_TRUE(store->write(flag, 1999, change("2000")));
  EXPECT_EQ(store->history(flag, 5000)->size(), 1000u);
  EXPECT_EQ((*store->read(flag))->version, 2000u);
}

TEST(FileFlagStore, WhatIsTooLargeOrNotToBeWrittenIsAnError) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "flag.json";
  std::ofstream(path) << std::string(1'000'000, 'x');
  EXPECT_FALSE(make_file_flag_store(path)->read(flag));
  const auto refused = make_file_flag_store("/proc/sotto/")->write(flag, 0, change("x"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("/proc/sotto"), std::string::npos);
}

TEST(FileHistory, HalfALineIsNotRead) {
  const std::string line = announce_line(flag, {1, "{}", "ada", "why", UtcTime{}});
  const FileHistory history = parse_history(line + done_line(1) + line.substr(0, 20));
  EXPECT_EQ(history.last_version(), 1u);
  EXPECT_EQ(history.whole_bytes, (line + done_line(1)).size());
  EXPECT_TRUE(parse_history("nonsense\n[]\n{\"version\":-1}\n").revisions.empty());
}

}  // namespace
}  // namespace sotto::providers::local
