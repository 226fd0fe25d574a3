#include "feature_flag/flag_cache.hpp"

#include "tests/support/temporary_folder.hpp"

namespace sotto::feature_flag {
namespace {

using ports::FlagRevision;
using rollout::Source;

using Read = Result<std::optional<FlagRevision>>;

Read stored(std::uint64_t version, const std::string& document) {
  return std::optional(FlagRevision{version, document, "ada", "", UtcTime{}});
}

std::string at(int percentage) {
  return "{\"enabled\":true,\"rollout_percentage\":" + std::to_string(percentage) + "}";
}

LastGood kept(int percentage) { return {"/flag", 4, *rollout::parse_flag(at(percentage))}; }

TEST(FlagCache, FallsBackFromTheStoreToTheLastGoodToTheEnvironmentToNothing) {
  const Read down = fail(ErrorCode::unavailable, "down");
  rollout::Environment environment;
  EXPECT_EQ(FlagCache(environment, {}).current()->source, Source::none);
  EXPECT_FALSE(FlagCache(environment, {}).decide("golden-eagle-427", UtcTime{}).enabled);
  environment.flag = *rollout::parse_flag(at(20));
  EXPECT_EQ(FlagCache(environment, {}).current()->source, Source::environment);
  EXPECT_EQ(FlagCache(environment, {}).current()->flag.rollout_percentage, 20);
  FlagCache cache(environment, kept(30));
  EXPECT_TRUE(cache.take(down).problem);
  EXPECT_EQ(cache.current()->source, Source::last_good);
  EXPECT_EQ(cache.current()->flag.rollout_percentage, 30);
  EXPECT_EQ(cache.current()->version, 4u);
  EXPECT_TRUE(cache.take(stored(5, at(40))).changed);
  EXPECT_EQ(cache.current()->source, Source::store);
  EXPECT_EQ(cache.current()->flag.rollout_percentage, 40);
}

TEST(FlagCache, WhatIsRefusedOrGoneLeavesTheOldValueInForceAndIsNewsOnce) {
  FlagCache cache({}, {});
  cache.take(stored(1, at(10)));
  const std::vector<Read> problems = {
      fail(ErrorCode::unavailable, "down"),
      stored(2, "{\"enabled\":tru"),
      stored(3, at(101)),
      stored(4, R"({"enabled":true,"enabled":false,"rollout_percentage":1})"),
      stored(5, std::string(1'000'000, ' ')),
      std::optional<FlagRevision>()};
  for (const Read& problem : problems) {
    const auto taken = cache.take(problem);
    EXPECT_FALSE(taken.changed);
    ASSERT_TRUE(taken.problem);
    EXPECT_TRUE(taken.news) << taken.problem->message;
    EXPECT_FALSE(cache.take(problem).news) << "said once";
    EXPECT_EQ(cache.current()->flag.rollout_percentage, 10);
    EXPECT_EQ(cache.current()->version, 1u);
  }
  const auto again = cache.take(stored(1, at(10)));
  EXPECT_TRUE(again.news && !again.problem && !again.changed) << "it works again";
}

TEST(FlagCache, ARefusedVersionSaysWhichAndWhose) {
  FlagCache cache({}, {});
  EXPECT_EQ(cache.take(stored(7, at(101))).problem->message,
            "version 7 of the flag, by ada, is refused: rollout_percentage is 101, must be a whole "
            "number from 0 to 100");
}

TEST(FlagCache, AStoreThatBeginsAnewIsFollowed) {
  FlagCache cache({}, {});
  cache.take(stored(9, at(50)));
  EXPECT_TRUE(cache.take(stored(1, at(10))).changed);
  EXPECT_EQ(cache.current()->version, 1u);
  EXPECT_TRUE(cache.take(stored(1, at(20))).changed) << "the same number, another document";
}

TEST(FlagCache, TheEnvironmentsOffStaysWhateverTheStoreSays) {
  rollout::Environment environment;
  environment.off = true;
  FlagCache cache(environment, {});
  cache.take(stored(1, at(100)));
  EXPECT_EQ(cache.decide("golden-eagle-427", UtcTime{}).reason, rollout::Reason::environment_off);
}

TEST(FlagCache, AThreadDecidesByTheNewestFlagOfEachCache) {
  for (int round = 0; round < 3; ++round) {  // a cache may be made where another one was
    FlagCache one({}, {}), other({}, {});
    EXPECT_EQ(one.decide("golden-eagle-427", UtcTime{}).reason, rollout::Reason::fallback);
    one.take(stored(1, at(10)));
    other.take(stored(1, at(20)));
    EXPECT_EQ(one.decide("golden-eagle-427", UtcTime{}).rollout_percentage, 10);
    EXPECT_EQ(other.decide("golden-eagle-427", UtcTime{}).rollout_percentage, 20);
    one.take(stored(2, at(30)));
    EXPECT_EQ(one.decide("golden-eagle-427", UtcTime{}).rollout_percentage, 30);
    EXPECT_EQ(other.decide("golden-eagle-427", UtcTime{}).rollout_percentage, 20);
  }
}

TEST(LastGood, IsReadBackForItsFlagAndNoOther) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "last-good.json";
  EXPECT_FALSE(load_last_good(file, "/flag")->has_value());
  ASSERT_TRUE(save_last_good(file, kept(30)));
  const auto loaded = load_last_good(file, "/flag");
  ASSERT_TRUE(loaded && *loaded);
  EXPECT_EQ((*loaded)->version, 4u);
  EXPECT_EQ((*loaded)->flag, kept(30).flag);
  EXPECT_FALSE(load_last_good(file, "/another")->has_value());
}

}  // namespace
}  // namespace sotto::feature_flag
