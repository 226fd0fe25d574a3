#include "simulation/window.hpp"

#include <gtest/gtest.h>

#include "simulation/alarms.hpp"

namespace sotto::simulation {
namespace {

using std::chrono::minutes;

constexpr UtcTime noon{std::chrono::hours{24 * 365 * 50 + 12}};

Session session(bool canary, int began, int lasted, double latency_p95_ms) {
  Session one;
  one.outcome.canary = canary;
  one.outcome.began_at = noon + minutes{began};
  one.outcome.ended_at = one.outcome.began_at + minutes{lasted};
  one.outcome.captions = 200;
  one.outcome.latency_p95_ms = latency_p95_ms;
  one.outcome.finals = 100;
  one.outcome.dropped = 40;
  one.outcome.orphaned = 3;
  one.outcome.cost_per_listener_hour = 0.04;
  one.outcome.cache_hits = 30;
  one.outcome.thumbs_up = 1;
  return one;
}

TEST(FiguresWindow, OneSessionsP95IsItsOwn) {
  for (const double p95 : {3.0, 250.0, 1000.0, 5000.0, 60000.0}) {
    FiguresWindow window;
    window.add(session(true, 0, 10, p95));
    EXPECT_NEAR(*window.figures().canary.latency_p95_ms, p95, 0.011 * p95);
  }
}

TEST(FiguresWindow, SumsUpByArmAndForgets) {
  FiguresWindow window;
  window.add(session(true, 0, 10, 1000));
  window.add(session(false, 5, 10, 2000));
  const rollout::Figures before = window.figures();
  EXPECT_EQ(before.canary.captions, 200u);
  EXPECT_EQ(before.canary.dropped_per_minute, 4);
  EXPECT_EQ(before.canary.orphaned_per_session, 3);
  EXPECT_NEAR(*before.canary.cost_per_listener_hour, 0.04, 1e-12);
  EXPECT_EQ(before.control.sessions, 1u);
  window.add(session(true, 8, 10, 9000));
  EXPECT_GT(*window.figures().canary.latency_p95_ms, 5000);
  EXPECT_FALSE(window.forget_until(noon + minutes{9}));
  EXPECT_TRUE(window.forget_until(noon + minutes{10}));
  window.forget_until(noon + minutes{15});
  EXPECT_NEAR(*window.figures().canary.latency_p95_ms, 9000, 90);
  EXPECT_EQ(window.figures().control, rollout::ArmFigures{}) << "nothing is left of it";
}

TEST(GuideAlarms, ASlowSessionOfTenMinutesRingsAndStops) {
  GuideAlarms alarms;
  alarms.began(session(true, 0, 10, 6000));
  EXPECT_FALSE(alarms.look(noon + minutes{5}));
  EXPECT_TRUE(alarms.look(noon + minutes{10}));
  EXPECT_EQ(alarms.on(), std::vector<std::string>{"audio-transcription-latency-high"});
  EXPECT_FALSE(alarms.look(noon + minutes{12}));
  EXPECT_TRUE(alarms.look(noon + minutes{15}));
  EXPECT_TRUE(alarms.on().empty());
}

TEST(GuideAlarms, ASlowSessionAmongQuickOnesDoesNot) {
  GuideAlarms alarms;
  for (int i = 0; i < 9; ++i) alarms.began(session(i % 2 == 0, 0, 10, 1000));
  alarms.began(session(true, 0, 10, 5500));
  EXPECT_FALSE(alarms.look(noon + minutes{5}));
  EXPECT_FALSE(alarms.look(noon + minutes{10}));
}

TEST(GuideAlarms, CountsErrorsFallbacksDroppedAndOrphanedResults) {
  GuideAlarms alarms;
  Session bad = session(true, 0, 10, 1000);
  bad.outcome.errors = 12;
  bad.outcome.fallbacks = 2;
  bad.outcome.dropped = 10'000;
  alarms.began(bad);
  EXPECT_TRUE(alarms.look(noon + minutes{5}));
  EXPECT_EQ(alarms.on(), (std::vector<std::string>{"audio-transcription-rate-limit-high",
                                                   "audio-transcription-transcribe-fallback",
                                                   "audio-transcription-lambda-errors"}));
  bad.outcome.errors = 10;  // five in five minutes are not more than five
  bad.outcome.fallbacks = 0;
  bad.outcome.dropped = 0;
  bad.outcome.began_at += minutes{60};
  bad.outcome.ended_at += minutes{61};
  bad.outcome.orphaned = 11;
  alarms.began(bad);
  EXPECT_TRUE(alarms.look(noon + minutes{65}));
  EXPECT_TRUE(alarms.on().empty());
  bad.outcome.ended_at += minutes{5};
  alarms.began(bad);
  alarms.look(noon + minutes{75});
  EXPECT_TRUE(alarms.on().empty());
  EXPECT_TRUE(alarms.look(noon + minutes{80}));
  EXPECT_EQ(alarms.on(), std::vector<std::string>{"audio-transcription-orphaned-results-high"});
}

}  // namespace
}  // namespace sotto::simulation
