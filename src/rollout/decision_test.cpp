#include "rollout/decision.hpp"

namespace sotto::rollout {
namespace {

TEST(Decision, TheEnvironmentAlwaysWins) {
  EXPECT_TRUE(decide(true).enabled);
  EXPECT_FALSE(decide(false).enabled);
  EXPECT_EQ(to_string(decide(false).reason), "environment_off");
  EXPECT_EQ(to_string(decide(true).reason), "rollout");
}

}  // namespace
}  // namespace sotto::rollout
