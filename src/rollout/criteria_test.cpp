#include "rollout/criteria.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/rollout_readings.hpp"

namespace sotto::rollout {
namespace {

using testing::healthy_evidence;
using testing::healthy_outcome;
using testing::healthy_readings;

const Plan plan = guide_plan();
const Phase& canary = plan.phases[0];
const Phase& gradual = plan.phases[1];
const Phase& full = plan.phases[2];

const Criterion* named(const std::vector<Criterion>& criteria, Measure measure) {
  const auto found = std::find_if(criteria.begin(), criteria.end(), [&](const Criterion& one) {
    return one.rule.measure == measure;
  });
  return found == criteria.end() ? nullptr : &*found;
}

TEST(Criteria, HealthyGoesOnInEveryPhase) {
  for (const auto* phase : {&canary, &gradual, &full}) {
    Readings readings = healthy_readings(canary_share(plan, *phase), 2000);
    readings.latency_before = Interval{0.9, 1.1};
    const Judgement judgement = sum_up(judge(plan, *phase, readings));
    EXPECT_EQ(judgement.advice, Advice::go_on) << phase->name << ": " << describe(judgement.why);
    EXPECT_EQ(judgement.criteria.size(), phase->rules.size());
  }
}

struct Spoiled {
  Measure measure;
  bool acute;
  void (*spoil)(Readings&);
};

// Each criterion, and what makes it fail.
const Spoiled cases[] = {
    {Measure::latency_p95, true, [](Readings& r) { r.recent.canary.latency_p95_ms = 5000; }},
    {Measure::latency_p95, false, [](Readings& r) { r.whole.canary.latency_p95_ms = 5000; }},
    {Measure::latency_ratio, true,
     [](Readings& r) {
       r.evidence = healthy_evidence(50, 400, 1.5);
       r.latency_before = Interval{1.4, 1.6};
     }},
    {Measure::error_rate, true,
     [](Readings& r) {
       for (int i = 0; i < 60; ++i) {
         SessionOutcome outcome = healthy_outcome(true, 50, i);
         outcome.errors = 1;
         r.evidence.add(outcome);
         r.evidence.add(healthy_outcome(false, 50, i));
       }
     }},
    {Measure::alarms, true, [](Readings& r) { r.alarms_on = {"some-alarm"}; }},
    {Measure::alarms, false, [](Readings& r) { r.alarms_rung = 1; }},
    {Measure::dropped, true, [](Readings& r) { r.recent.canary.dropped_per_minute = 100; }},
    {Measure::dropped, false, [](Readings& r) { r.whole.canary.dropped_per_minute = 100; }},
    {Measure::orphaned, true, [](Readings& r) { r.recent.canary.orphaned_per_session = 10; }},
    {Measure::fallbacks, true, [](Readings& r) { r.recent.canary.fallbacks = 3; }},
    {Measure::fallbacks, false, [](Readings& r) { r.whole.canary.fallbacks = 1; }},
    {Measure::feedback, true, [](Readings& r) { r.whole.canary.thumbs_down = 280; }},
    {Measure::feedback, false, [](Readings& r) { r.whole.canary.thumbs_down = 32; }},
    {Measure::sample_ratio, true,
     [](Readings& r) {
       for (int i = 0; i < 200; ++i) r.evidence.add(healthy_outcome(true, 50, i));
     }},
    {Measure::cost, true,
     [](Readings& r) {
       for (int i = 0; i < 400; ++i) {
         SessionOutcome outcome = healthy_outcome(i % 2 == 0, 50, i);
         outcome.cost_per_listener_hour = 0.3;
         r.evidence.add(outcome);
       }
     }},
    {Measure::cache_hit_rate, false, [](Readings& r) { r.whole.canary.cache_hits = 38; }},
    {Measure::erasure, true,
     [](Readings& r) {
       for (int i = 0; i < 400; ++i) {
         SessionOutcome outcome = healthy_outcome(i % 2 == 0, 50, i);
         outcome.erasure = 1.5;
         r.evidence.add(outcome);
       }
     }},
    {Measure::stability, true,
     [](Readings& r) {
       r.latency_before = Interval{0.5, 0.6};
     }},
};

TEST(Criteria, EachFailsByItself) {
  for (const Spoiled& one : cases) {
    Readings readings = healthy_readings(50, 600);
    readings.latency_before = Interval{0.9, 1.1};
    one.spoil(readings);
    const auto criteria = judge(plan, gradual, readings);
    for (const Criterion& criterion : criteria) {
      const bool expected = criterion.rule.measure == one.measure;
      EXPECT_EQ(criterion.verdict == Verdict::fail, expected)
          << info(one.measure).name << " spoiled, " << info(criterion.rule.measure).name << " is "
          << to_string(criterion.verdict);
      EXPECT_TRUE(!expected || criterion.acute == one.acute) << info(one.measure).name;
    }
    const bool guards = one.acute && guide_rule(one.measure).remedy != Remedy::hold;
    EXPECT_EQ(sum_up(criteria).advice, guards ? Advice::roll_back : Advice::hold)
        << info(one.measure).name;
  }
}

TEST(Criteria, RollbacksHoldTheLastPhase) {
  Readings readings = healthy_readings(98, 2000);
  readings.rollbacks = 1;
  EXPECT_EQ(named(judge(plan, full, readings), Measure::rollbacks)->verdict, Verdict::fail);
}

TEST(Criteria, MissingDataNeverPasses) {
  const auto criteria = judge(plan, gradual, Readings{});
  for (const Criterion& criterion : criteria)
    EXPECT_EQ(criterion.verdict,
              criterion.rule.measure == Measure::alarms ? Verdict::pass : Verdict::not_enough_data)
        << info(criterion.rule.measure).name;
  EXPECT_EQ(sum_up(criteria).advice, Advice::hold);

  Readings few = healthy_readings(50, 10);
  few.whole.canary.captions = few.recent.canary.captions = min_captions - 1;
  few.whole.canary.thumbs_up = few.whole.canary.thumbs_neutral = 1;
  few.whole.canary.cache_hits = few.whole.canary.cache_misses = 40;
  few.whole.canary.sessions = min_sessions - 1;
  const auto judged = judge(plan, gradual, few);
  for (const Measure measure :
       {Measure::latency_p95, Measure::latency_ratio, Measure::error_rate, Measure::orphaned,
        Measure::feedback, Measure::sample_ratio, Measure::cache_hit_rate})
    EXPECT_EQ(named(judged, measure)->verdict, Verdict::not_enough_data) << info(measure).name;
}

TEST(Criteria, WhatMayBeMissingPasses) {
  Plan own = plan;
  for (Rule& rule : own.phases[0].rules) rule.missing = MissingPolicy::pass;
  Readings readings = healthy_readings(10);
  readings.whole.canary.thumbs_up = readings.whole.canary.thumbs_neutral = 0;
  readings.whole.canary.thumbs_down = 0;
  EXPECT_EQ(named(judge(own, own.phases[0], readings), Measure::feedback)->verdict, Verdict::pass);
}

TEST(Criteria, NothingPassesByFiguresThatAreNotKnown) {
  Plan own = plan;
  for (Rule& rule : own.phases[1].rules) rule.missing = MissingPolicy::pass;
  Readings readings = healthy_readings(50, 2000);
  readings.figures_known = false;
  readings.recent = readings.whole = {};
  const auto criteria = judge(own, own.phases[1], readings);
  for (const Criterion& criterion : criteria)
    EXPECT_EQ(criterion.verdict,
              judged_by_figures(criterion.rule.measure) ? Verdict::not_enough_data : Verdict::pass)
        << info(criterion.rule.measure).name;
  EXPECT_EQ(sum_up(criteria).advice, Advice::hold);
  EXPECT_EQ(judge_percentage(true, 50, readings).advice, Advice::hold);
}

TEST(Criteria, ComparisonsNeedBothArms) {
  Plan all = plan;
  all.control_percentage = 0;
  const auto criteria = judge(all, all.phases[2], healthy_readings(100));
  for (const Measure measure :
       {Measure::latency_ratio, Measure::error_rate, Measure::sample_ratio, Measure::stability})
    EXPECT_EQ(named(criteria, measure), nullptr) << info(measure).name;
  EXPECT_EQ(named(judge(plan, gradual, healthy_readings(50)), Measure::stability), nullptr)
      << "there was no phase before";
}

TEST(Criteria, ABetterCanaryIsNoFailure) {
  Readings readings = healthy_readings(10, 400);
  readings.evidence = healthy_evidence(10, 400, 0.3);
  const auto criteria = judge(plan, canary, readings);
  const Criterion& ratio = *named(criteria, Measure::latency_ratio);
  EXPECT_EQ(ratio.verdict, Verdict::pass);
  EXPECT_NEAR(*ratio.canary, 0.3, 0.05);
  EXPECT_LT(ratio.interval->high, 1);
}

TEST(Criteria, TheSameReadingsGiveTheSameBits) {
  const Readings readings = healthy_readings(50, 777);
  const auto once = judge(plan, gradual, readings), again = judge(plan, gradual, readings);
  ASSERT_EQ(once.size(), again.size());
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].canary, again[i].canary);
    EXPECT_EQ(once[i].interval, again[i].interval);
  }
}

TEST(Criteria, APercentageWithoutAPlanIsJudgedByTheGuide) {
  EXPECT_EQ(judge_percentage(false, 10, healthy_readings(10)).advice, Advice::hold);
  EXPECT_TRUE(
      std::holds_alternative<FeatureOff>(judge_percentage(true, 0, healthy_readings(10)).why));
  EXPECT_EQ(judge_percentage(true, 10, healthy_readings(10)).advice, Advice::go_on);
  EXPECT_EQ(judge_percentage(true, 100, healthy_readings(100)).advice, Advice::go_on);
}

TEST(Criteria, ThePhaseOfAPercentage) {
  EXPECT_EQ(phase_of(true, 10), "canary");
  EXPECT_EQ(phase_of(true, 50), "gradual");
  EXPECT_EQ(phase_of(true, 100), "full");
  EXPECT_EQ(phase_of(true, 25), "custom");
  EXPECT_EQ(phase_of(true, 0), "off");
  EXPECT_EQ(phase_of(false, 50), "off");
}

}  // namespace
}  // namespace sotto::rollout
