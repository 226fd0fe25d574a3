#include "server/http/rate_limiter.hpp"

#include <gtest/gtest.h>

namespace sotto::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr RateLimiter::Clock::time_point start{};

TEST(RateLimiter, GivesABurstThenARate) {
  RateLimiter limiter(3, 0.5);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.allows("a", start)) << i;
  EXPECT_FALSE(limiter.allows("a", start));
  EXPECT_TRUE(limiter.allows("b", start)) << "each client has its own";
  EXPECT_FALSE(limiter.allows("a", start + milliseconds{1900}));
  EXPECT_TRUE(limiter.allows("a", start + seconds{2}));
  EXPECT_FALSE(limiter.allows("a", start + seconds{2}));
  EXPECT_EQ(limiter.wait(), seconds{2});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.allows("a", start + seconds{100})) << i;
  EXPECT_FALSE(limiter.allows("a", start + seconds{100})) << "no more than a burst is saved up";
}

TEST(RateLimiter, RemembersABoundedNumberOfClients) {
  RateLimiter limiter(1, 1);
  for (std::size_t i = 0; i < RateLimiter::max_clients; ++i)
    EXPECT_TRUE(limiter.allows(std::to_string(i), start));
  EXPECT_FALSE(limiter.allows("one too many", start));
  EXPECT_TRUE(limiter.allows("one too many", start + seconds{1})) << "the others' are full again";
}

}  // namespace
}  // namespace sotto::server
