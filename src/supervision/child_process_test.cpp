#include "supervision/child_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "supervision/test_support.hpp"

namespace sotto::supervision {
namespace {

ChildCommand shell(const std::string& script) {
  return {{"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin"}, SIGKILL, std::nullopt};
}

std::string read_all(const ChildProcess& child) {
  std::string out;
  for (;;) {
    pollfd wanted{child.output(), POLLIN, 0};
    if (::poll(&wanted, 1, 30'000) <= 0) return out + " (no end)";
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(child.output(), buffer.data(), buffer.size());
    if (got <= 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

TEST(ChildProcess, TalksOverItsPipes) {
  auto child = ChildProcess::start(shell("read line; echo \"got $line\""));
  ASSERT_TRUE(child.has_value()) << child.error().message;
  ASSERT_EQ(::write(child->input(), "it\n", 3), 3);
  EXPECT_EQ(read_all(*child), "got it\n");
}

TEST(ChildProcess, ItsInputCanBeEnded) {
  auto child = ChildProcess::start({{"/bin/cat"}, {}, SIGKILL, std::nullopt});
  ASSERT_TRUE(child.has_value());
  ASSERT_EQ(::write(child->input(), "all", 3), 3);
  child->close_input();
  child->close_input();
  EXPECT_EQ(child->input(), -1);
  EXPECT_EQ(read_all(*child), "all");
}

TEST(ChildProcess, TellsWhatItEndedWith) {
  for (const auto& [script, code] : std::vector<std::pair<std::string, int>>{
           {"exit 0", 0}, {"exit 3", 3}, {"kill -9 $$", 137}}) {
    auto child = ChildProcess::start(shell("read line; " + script));
    ASSERT_TRUE(child.has_value());
    EXPECT_FALSE(child->exit_code().has_value());
    const UniqueFd end = child->end_event();
    child->close_input();
    pollfd wanted{end.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&wanted, 1, 30'000), 1);
    EXPECT_EQ(child->exit_code(), code) << script;
    EXPECT_EQ(child->exit_code(), code) << script;  // looking reaps nothing
    child->stop();
    EXPECT_FALSE(child->exit_code().has_value());
    EXPECT_FALSE(child->end_event().valid());
  }
}

TEST(ChildProcess, InheritsNoDescriptorSignalStateOrVariable) {
  const UniqueFd leaky(::open("/dev/null", O_RDONLY));  // on purpose without O_CLOEXEC
  const auto before = std::signal(SIGUSR1, SIG_IGN);
  sigset_t blocked;
  sigset_t mask_before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &mask_before);
  auto child = ChildProcess::start({{"/bin/cat", "/proc/self/status", "/proc/self/environ"},
                                    {"ONLY=this"},
                                    SIGKILL,
                                    std::nullopt});
  auto fds = ChildProcess::start(shell("for f in /proc/$$/fd/*; do echo ${f##*/}; done"));
  ::pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
  std::signal(SIGUSR1, before);
  ASSERT_TRUE(child.has_value());
  ASSERT_TRUE(fds.has_value());
  const std::string status = read_all(*child);
  EXPECT_NE(status.find("SigBlk:\t0000000000000000"), std::string::npos) << status;
  EXPECT_NE(status.find("SigIgn:\t0000000000000000"), std::string::npos) << status;
  EXPECT_TRUE(status.ends_with(std::string("ONLY=this\0", 10)));
  EXPECT_EQ(read_all(*fds).substr(0, 6), "0\n1\n2\n");
}

TEST(ChildProcess, SaysWhyItCannotRun) {
  const test::TemporaryDirectory directory;
  const auto missing = ChildProcess::start({{"/nonexistent/program"}, {}, SIGKILL});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  const auto refused = ChildProcess::start({{directory.write("text", "x")}, {}, SIGKILL});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::permission_denied);
}

TEST(ChildProcess, StopEndsTheWholeGroup) {
  auto child = ChildProcess::start(shell("sleep 1000 | sleep 1000 & echo on; wait"));
  ASSERT_TRUE(child.has_value());
  const pid_t group = child->group();
  EXPECT_TRUE(test::group_runs(group));
  child->stop();
  EXPECT_EQ(child->group(), 0);
  EXPECT_TRUE(test::eventually([&] { return !test::group_runs(group); }));
  child->stop();
}

TEST(ChildProcess, StopEndsWhatIgnoresItsRequest) {
  auto child = ChildProcess::start(shell("trap '' TERM; echo on; sleep 1000; sleep 1000"));
  ASSERT_TRUE(child.has_value());
  pollfd wanted{child->output(), POLLIN, 0};
  ASSERT_EQ(::poll(&wanted, 1, 30'000), 1);  // the trap is set
  const pid_t group = child->group();
  child->stop(milliseconds{20});
  EXPECT_TRUE(test::eventually([&] { return !test::group_runs(group); }));
  EXPECT_NE(::kill(group, 0), 0);  // and reaped
}

TEST(ChildProcess, MovingKeepsOneOwner) {
  auto first = ChildProcess::start(shell("exec sleep 1000"));
  auto second = ChildProcess::start(shell("exec sleep 1000"));
  ASSERT_TRUE(first.has_value());
  ASSERT_TRUE(second.has_value());
  const pid_t kept = first->group();
  const pid_t replaced = second->group();
  *second = std::move(*first);
  EXPECT_EQ(second->group(), kept);
  EXPECT_NE(::kill(replaced, 0), 0);
  EXPECT_EQ(::kill(kept, 0), 0);
}

TEST(FindProgram, LooksInThePathItIsGiven) {
  EXPECT_EQ(find_program("sh", "/nonexistent::/bin"), "/bin/sh");
  EXPECT_EQ(find_program("/bin/sh", ""), "/bin/sh");
  EXPECT_FALSE(find_program("sh", "/nonexistent").has_value());
  EXPECT_FALSE(find_program("/bin", "").has_value());
  EXPECT_FALSE(find_program("sh", "").has_value());
}

}  // namespace
}  // namespace sotto::supervision
