#include "providers/chain/deadlines.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "tests/support/bell.hpp"

namespace sotto::providers::chain {
namespace {

TEST(Deadlines, CallsInTheOrderOfTheTimesAndNotBefore) {
  const auto deadlines = real_deadlines();
  testing::Bell bell;
  std::mutex mutex;
  std::vector<int> called;
  std::atomic<bool> early = false;
  const auto now = deadlines->now();
  for (const int after : {30, 10, 20})
    deadlines->call_at(now + milliseconds{after}, [&, after] {
      if (deadlines->now() < now + milliseconds{after}) early = true;
      const std::lock_guard lock(mutex);
      called.push_back(after);
      bell.ring();
    });
  EXPECT_TRUE(bell.wait_until([&] {
    const std::lock_guard lock(mutex);
    return called.size() == 3;
  }));
  EXPECT_EQ(called, (std::vector<int>{10, 20, 30}));
  EXPECT_FALSE(early);
}

TEST(Deadlines, ACallMayAskForAnother) {
  const auto deadlines = real_deadlines();
  testing::Bell bell;
  std::atomic<bool> called = false;
  deadlines->call_at(deadlines->now(), [&] {
    deadlines->call_at(deadlines->now(), [&] {
      called = true;
      bell.ring();
    });
  });
  EXPECT_TRUE(bell.wait_until([&] { return called.load(); }));
}

TEST(Deadlines, DropsWhatIsToComeAtItsEnd) {
  bool called = false;
  {
    const auto deadlines = real_deadlines();
    deadlines->call_at(deadlines->now() + std::chrono::hours{1}, [&] { called = true; });
  }
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace sotto::providers::chain
