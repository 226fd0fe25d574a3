#include "files/atomic_file.hpp"

#include <sys/stat.h>

#include "tests/support/temporary_folder.hpp"

namespace sotto::files {
namespace {

namespace fs = std::filesystem;

TEST(AtomicFile, MakesReplacesAndReads) {
  const testing::TemporaryFolder folder;
  const fs::path path = folder.path() / "a" / "b" / "file";
  EXPECT_EQ(*read_file(path, 10), std::nullopt);
  ASSERT_TRUE(write_file(path, "one", 0600));
  EXPECT_EQ(*read_file(path, 10), "one");
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600u);
  ASSERT_TRUE(write_file(path, "two"));
  EXPECT_EQ(*read_file(path, 10), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(path.parent_path()), {}), 1) << "nothing is left";
}

TEST(AtomicFile, SaysWhatIsWrong) {
  const testing::TemporaryFolder folder;
  ASSERT_TRUE(write_file(folder.path() / "file", "12345678901"));
  EXPECT_EQ(read_file(folder.path() / "file", 10).error().code, ErrorCode::invalid_argument);
  EXPECT_FALSE(read_file(folder.path(), 10));
  const auto under_a_file = write_file(folder.path() / "file" / "x", "y");
  ASSERT_FALSE(under_a_file);
  EXPECT_NE(under_a_file.error().message.find(folder.path().string()), std::string::npos);
  // Nobody can make a file in /proc, not even root.
  const auto refused = write_file("/proc/sotto-test", "x");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("/proc/sotto-test"), std::string::npos);
}

}  // namespace
}  // namespace sotto::files
