#include "supervision/waiting.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

#include "supervision/request_thread.hpp"

namespace sotto::supervision {
namespace {

using namespace std::chrono_literals;

ChildProcess shell(const std::string& script) {
  auto child = ChildProcess::start(
                   {{"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin"}, SIGKILL, std::nullopt})
                   .value();
  return child;
}

WaitLimit within(milliseconds time, int stop_fd = -1) {
  return {std::chrono::steady_clock::now() + time, stop_fd, "the shell"};
}

TEST(WaitReady, TellsWhatIsReady) {
  const ChildProcess child = shell("read line; echo \"got $line\"; exec sleep 1000");
  auto ready = wait_ready(child.output(), child.input(), within(30s));
  ASSERT_TRUE(ready.has_value());
  EXPECT_TRUE(ready->writable);
  EXPECT_FALSE(ready->readable);
  ASSERT_EQ(::write(child.input(), "it\n", 3), 3);
  ready = wait_ready(child.output(), -1, within(30s));
  ASSERT_TRUE(ready.has_value());
  EXPECT_TRUE(ready->readable);
  EXPECT_FALSE(ready->writable);
  std::string text;
  EXPECT_TRUE(read_some(child.output(), text));
  EXPECT_EQ(text, "got it\n");
  EXPECT_TRUE(read_some(child.output(), text));  // nothing yet is not the end
  EXPECT_EQ(text, "got it\n");
}

TEST(WaitReady, TellsTheEnd) {
  const ChildProcess child = shell("exit 0");
  const auto ready = wait_ready(child.output(), -1, within(30s));
  ASSERT_TRUE(ready.has_value());
  EXPECT_TRUE(ready->readable);
  std::string text;
  EXPECT_FALSE(read_some(child.output(), text));
}

TEST(WaitReady, GivesUpAtItsDeadlineAndWhenToldTo) {
  const ChildProcess child = shell("exec sleep 1000");
  const auto late = wait_ready(child.output(), -1, within(20ms));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::deadline_exceeded);
  EXPECT_EQ(late.error().message, "the shell did not answer in time");
  const Event stop;
  stop.signal();
  const auto stopped = wait_ready(child.output(), child.input(), within(1h, stop.fd()));
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().code, ErrorCode::unavailable);
}

TEST(WaitForEnd, ReturnsTheExitCode) {
  EXPECT_EQ(wait_for_end(shell("exit 7"), within(30s)).value_or(-1), 7);
  EXPECT_EQ(wait_for_end(shell("kill -9 $$"), within(30s)).value_or(-1), 137);
  const ChildProcess closed = shell("exec >&-; exit 3");
  EXPECT_EQ(wait_for_end(closed, within(30s)).value_or(-1), 3);
}

TEST(WaitForEnd, GivesUpAtItsDeadlineAndWhenToldTo) {
  const ChildProcess child = shell("exec sleep 1000");
  const auto late = wait_for_end(child, within(20ms));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::deadline_exceeded);
  const Event stop;
  stop.signal();
  const auto stopped = wait_for_end(child, within(1h, stop.fd()));
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace sotto::supervision
