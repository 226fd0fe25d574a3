#include "simulation/alarms.hpp"

#include <gmock/gmock.h>

#include "simulation/simulate.hpp"

namespace sotto::simulation {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* latency = "audio-transcription-latency-high";

Session session(bool canary, minutes from, minutes long_, double p95_ms = 1000) {
  Session one;
  one.outcome.canary = canary;
  one.outcome.began_at = simulated_start + from;
  one.outcome.ended_at = one.outcome.began_at + long_;
  one.outcome.captions = 40;
  one.outcome.latency_p95_ms = p95_ms;
  return one;
}

rollout::AlarmSessions counts(const char* alarm, std::uint64_t canary, std::uint64_t canary_active,
                              std::uint64_t control, std::uint64_t control_active) {
  return {alarm, canary, canary_active, control, control_active};
}

TEST(GuideAlarms, SaysWhichSessionsAreBehindOne) {
  GuideAlarms alarms;
  alarms.began(session(true, minutes{1}, minutes{3}, 20'000));
  alarms.began(session(false, minutes{1}, minutes{8}));
  EXPECT_FALSE(alarms.look(simulated_start + minutes{5})) << "one period is not yet an alarm";
  EXPECT_THAT(alarms.on(), IsEmpty());
  alarms.began(session(true, minutes{6}, minutes{3}, 20'000));
  alarms.began(session(true, minutes{7}, minutes{1}));
  EXPECT_TRUE(alarms.look(simulated_start + minutes{10}));
  EXPECT_THAT(alarms.on(), ElementsAre(latency));
  EXPECT_EQ(alarms.behind(latency), counts(latency, 2, 3, 0, 1));
  EXPECT_FALSE(alarms.look(simulated_start + minutes{11})) << "in the same period";
  EXPECT_TRUE(alarms.look(simulated_start + minutes{15})) << "it is off again";
  EXPECT_FALSE(alarms.look(simulated_start + minutes{20}));
  EXPECT_EQ(alarms.behind("unknown"), counts("unknown", 0, 0, 0, 0));
}

TEST(GuideAlarms, ASessionInTwoPeriodsCountsOnce) {
  GuideAlarms alarms;
  alarms.began(session(false, minutes{1}, minutes{8}, 20'000));
  alarms.look(simulated_start + minutes{10});
  EXPECT_EQ(alarms.behind(latency), counts(latency, 0, 0, 1, 1));
}

TEST(GuideAlarms, EachHasItsTrouble) {
  GuideAlarms alarms;
  Session one = session(true, minutes{6}, minutes{2});
  one.outcome.errors = 6;
  alarms.began(one);
  one = session(false, minutes{6}, minutes{3});
  one.outcome.dropped = 600;
  alarms.began(one);
  one = session(false, minutes{6}, minutes{3});
  one.outcome.fallbacks = 1;
  alarms.began(one);
  one = session(true, minutes{1}, minutes{2});
  one.outcome.orphaned = 11;
  GuideAlarms with_orphans;
  with_orphans.began(one);
  one = session(false, minutes{7}, minutes{2});
  one.outcome.orphaned = 12;
  with_orphans.began(one);
  alarms.look(simulated_start + minutes{10});
  with_orphans.look(simulated_start + minutes{10});
  const char* orphaned = "audio-transcription-orphaned-results-high";
  const char* dropped = "audio-transcription-rate-limit-high";
  const char* fallback = "audio-transcription-transcribe-fallback";
  const char* errors = "audio-transcription-lambda-errors";
  EXPECT_THAT(alarms.on(), ElementsAre(dropped, fallback, errors));
  EXPECT_EQ(alarms.behind(dropped), counts(dropped, 0, 1, 1, 2));
  EXPECT_EQ(alarms.behind(fallback), counts(fallback, 0, 1, 1, 2));
  EXPECT_EQ(alarms.behind(errors), counts(errors, 1, 1, 0, 2));
  EXPECT_THAT(with_orphans.on(), ElementsAre(orphaned));
  EXPECT_EQ(with_orphans.behind(orphaned), counts(orphaned, 1, 1, 1, 1));
}

TEST(GuideAlarms, LateCaptionsAreThoseThatWereCounted) {
  GuideAlarms alarms;
  Session one = session(true, minutes{1}, minutes{9});
  one.outcome.late = rollout::LateCaptions{40, 40, 40, 40, 4, 0, 0, 0};
  alarms.began(one);
  EXPECT_TRUE(alarms.look(simulated_start + minutes{10}));
  EXPECT_EQ(alarms.behind(latency), counts(latency, 1, 1, 0, 0));
}

}  // namespace
}  // namespace sotto::simulation
