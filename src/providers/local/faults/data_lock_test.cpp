#include "providers/local/faults/data_lock.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::local {
namespace {

using sotto::testing::TemporaryFolder;

const UtcTime now = parse_utc("2026-03-01T09:30:00.000Z").value();

TEST(DataLock, IsOneServersAndSaysWhose) {
  const TemporaryFolder folder;
  const auto data = folder.path() / "data";
  auto first = DataLock::take(data, now);
  ASSERT_TRUE(first) << first.error().message;
  first->say_address("http://localhost:8080");
  const auto second = DataLock::take(data, now);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::already_exists);
  EXPECT_EQ(second.error().field, "data");
  const std::string& message = second.error().message;
  for (const std::string& part :
       {data.string(), "pid " + std::to_string(::getpid()) + " on ",
        std::string(" since 2026-03-01T09:30:00.000Z at http://localhost:8080; stop that one")})
    EXPECT_NE(message.find(part), std::string::npos) << message;
}

TEST(DataLock, IsLeftWithItsHolder) {
  const TemporaryFolder folder;
  {
    auto first = DataLock::take(folder.path(), now);
    ASSERT_TRUE(first);
    const DataLock moved(std::move(*first));
    EXPECT_FALSE(DataLock::take(folder.path(), now));
  }
  EXPECT_TRUE(DataLock::take(folder.path(), now));
}

TEST(DataLock, OfAKilledProcessIsFree) {
  const TemporaryFolder folder;
  int taken[2];
  ASSERT_EQ(::pipe(taken), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto lock = DataLock::take(folder.path(), now);
    (void)!::write(taken[1], lock ? "y" : "n", 1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(taken[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  const auto meanwhile = DataLock::take(folder.path(), now);
  ASSERT_FALSE(meanwhile);
  EXPECT_NE(meanwhile.error().message.find("pid " + std::to_string(child)), std::string::npos);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(DataLock::take(folder.path(), now));
  ::close(taken[0]);
  ::close(taken[1]);
}

TEST(DataLock, IsForItsOwnerAlone) {
  const TemporaryFolder folder;
  const auto data = folder.path() / "of" / "sotto";
  ASSERT_TRUE(DataLock::take(data, now));
  struct stat status {};
  ASSERT_EQ(::stat(data.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700u);
  ASSERT_EQ(::stat((data / "serve.lock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600u);
}

TEST(DataLock, SaysWhatASignInTheFileCannotForge) {
  const TemporaryFolder folder;
  const auto first = DataLock::take(folder.path(), now);
  ASSERT_TRUE(first);
  std::ofstream(folder.path() / "serve.lock") << "pid 7\x1b[2J\rand more" << std::string(4096, 'x');
  const auto second = DataLock::take(folder.path(), now);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message.find('\x1b'), std::string::npos);
  EXPECT_LT(second.error().message.size(), 1000u);
}

TEST(DataLock, SaysWhereNoFolderCanBeMade) {
  const auto lock = DataLock::take("/proc/sotto", now);
  ASSERT_FALSE(lock);
  EXPECT_NE(lock.error().message.find("/proc/sotto"), std::string::npos);
}

}  // namespace
}  // namespace sotto::providers::local
