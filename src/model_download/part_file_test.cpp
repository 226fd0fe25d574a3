#include "model_download/part_file.hpp"

#include <unistd.h>

#include "tests/support/file_content.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::model_download {
namespace {

namespace fs = std::filesystem;
using sotto::testing::content_of;
using ::testing::HasSubstr;

TEST(PartFile, IsGoneOnWithAndThenInItsPlace) {
  const sotto::testing::TemporaryFolder folder;
  const fs::path target = folder.path() / "a" / "file";
  {
    auto part = PartFile::open(target, 10).value();
    EXPECT_EQ(part.size(), 0u);
    ASSERT_TRUE(part.append("hello"));
  }
  auto part = PartFile::open(target, 10).value();
  EXPECT_EQ(part.size(), 5u);
  ASSERT_TRUE(part.append(" you"));
  EXPECT_FALSE(fs::exists(target));
  ASSERT_TRUE(part.finish());
  EXPECT_EQ(content_of(target), "hello you");
  EXPECT_FALSE(fs::exists(part.path()));
}

TEST(PartFile, BeginsAgain) {
  const sotto::testing::TemporaryFolder folder;
  {
    auto part = PartFile::open(folder.path() / "file", 10).value();
    ASSERT_TRUE(part.append("hello"));
    ASSERT_TRUE(part.restart());
    ASSERT_TRUE(part.append("other"));
    EXPECT_EQ(part.size(), 5u);
  }
  EXPECT_EQ(content_of(folder.path() / "file.part"), "other");
  EXPECT_EQ(PartFile::open(folder.path() / "file", 4)->size(), 0u) << "too large to be of it";
}

TEST(PartFile, SaysWhatIsWrong) {
  const sotto::testing::TemporaryFolder folder;
  fs::create_symlink("/etc/passwd", folder.path() / "link.part");
  EXPECT_FALSE(PartFile::open(folder.path() / "link", 10)) << "what it points to is not ours";
  fs::create_directory(folder.path() / "folder.part");
  EXPECT_FALSE(PartFile::open(folder.path() / "folder", 10));
  fs::create_directories(folder.path() / "taken" / "x");
  auto part = PartFile::open(folder.path() / "taken", 10).value();
  const auto finished = part.finish();
  ASSERT_FALSE(finished);
  EXPECT_THAT(finished.error().message, HasSubstr((folder.path() / "taken.part").string()));
  // A device that is always full, as a disk may be.
  fs::create_symlink("/dev/full", folder.path() / "full.part");
  EXPECT_FALSE(PartFile::open(folder.path() / "full", 10));
}

}  // namespace
}  // namespace sotto::model_download
