#include "rollout/criteria.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sotto::rollout {
namespace {

ArmFigures healthy_arm() {
  ArmFigures arm;
  arm.captions = 500;
  arm.latency_p95_ms = 1500;
  arm.finals = 400;
  arm.errors = 4;
  arm.dropped_per_minute = 3;
  arm.sessions = 20;
  arm.orphaned_per_session = 1;
  arm.thumbs_up = 8;
  arm.thumbs_down = 2;
  arm.cost_per_listener_hour = 0.04;
  arm.cache_hits = 60;
  arm.cache_misses = 90;
  return arm;
}

Figures healthy(int percentage = 10) { return {healthy_arm(), healthy_arm(), 0, true, percentage}; }

const Criterion& named(const Judgement& judgement, std::string_view name) {
  return *std::find_if(judgement.criteria.begin(), judgement.criteria.end(),
                       [&](const Criterion& criterion) { return criterion.name == name; });
}

TEST(Criteria, HealthyGoesOn) {
  const Judgement judgement = judge(healthy());
  EXPECT_EQ(judgement.advice, Advice::go_on) << judgement.why;
  EXPECT_EQ(judgement.criteria.size(), 7u);
  EXPECT_EQ(judge(healthy(50)).criteria.size(), 9u) << "cost and cache hits join in";
  EXPECT_EQ(judge(healthy(100)).criteria.size(), 8u) << "and nobody is left to compare errors with";
}

TEST(Criteria, EachLimitFails) {
  struct Case {
    std::string_view name;
    void (*spoil)(Figures&);
  };
  const Case cases[] = {
      {"latency_p95", [](Figures& f) { f.canary.latency_p95_ms = 5000; }},
      {"error_rate", [](Figures& f) { f.canary.errors = 24; }},
      {"alarms", [](Figures& f) { f.alarms_on = 1; }},
      {"dropped", [](Figures& f) { f.canary.dropped_per_minute = 100; }},
      {"orphaned", [](Figures& f) { f.canary.orphaned_per_session = 10; }},
      {"fallbacks", [](Figures& f) { f.canary.fallbacks = 1; }},
      {"feedback", [](Figures& f) { f.canary.thumbs_down = 9; }},
      {"cost", [](Figures& f) { f.canary.cost_per_listener_hour = 0.10; }},
      {"cache_hit_rate", [](Figures& f) { f.canary.cache_hits = 38; }},
  };
  for (const Case& one : cases) {
    Figures figures = healthy(50);
    one.spoil(figures);
    const Judgement judgement = judge(figures);
    EXPECT_EQ(named(judgement, one.name).verdict, Verdict::fail) << one.name;
    EXPECT_EQ(judgement.advice, Advice::roll_back) << one.name;
  }
}

TEST(Criteria, AFewMoreErrorsMayBeChance) {
  Figures figures = healthy();
  figures.canary.errors = 8;  // against 4: one in five such pairs would be as far apart
  EXPECT_EQ(named(judge(figures), "error_rate").verdict, Verdict::pass);
}

TEST(Criteria, MissingDataPassesNothing) {
  const Judgement judgement = judge({{}, {}, 0, true, 50});
  EXPECT_EQ(judgement.advice, Advice::hold);
  EXPECT_EQ(judgement.why,
            "Not enough data yet: p95 latency; Errors a final, not above control and 6 more.");
  for (const Criterion& criterion : judgement.criteria)
    if (criterion.name != "alarms") {
      EXPECT_EQ(criterion.verdict, Verdict::not_enough_data) << criterion.name;
    }
}

TEST(Criteria, NothingGoesOnWhileItIsOff) {
  Figures figures = healthy();
  figures.enabled = false;
  EXPECT_EQ(judge(figures).advice, Advice::hold);
  EXPECT_EQ(phase_of(false, 10), "off");
  EXPECT_EQ(phase_of(true, 10), "canary");
  EXPECT_EQ(phase_of(true, 50), "gradual");
  EXPECT_EQ(phase_of(true, 100), "full");
  EXPECT_EQ(phase_of(true, 25), "custom");
}

}  // namespace
}  // namespace sotto::rollout
