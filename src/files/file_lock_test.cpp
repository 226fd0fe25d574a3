#include "files/file_lock.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/temporary_folder.hpp"

namespace sotto::files {
namespace {

TEST(FileLock, OfAnotherIsWaitedForButNotForEver) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "locked";
  const int first = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  const int second = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(first, 0);
  ASSERT_GE(second, 0);
  EXPECT_TRUE(lock_file(first, path));
  const auto kept_out = lock_file(second, path, std::chrono::milliseconds{5});
  ASSERT_FALSE(kept_out);
  EXPECT_EQ(kept_out.error().code, ErrorCode::unavailable);
  EXPECT_NE(kept_out.error().message.find(path.string()), std::string::npos);
  ::close(first);
  EXPECT_TRUE(lock_file(second, path));
  ::close(second);
}

TEST(FileLock, OfNoFileIsAnError) { EXPECT_FALSE(lock_file(-1, "nowhere")); }

}  // namespace
}  // namespace sotto::files
