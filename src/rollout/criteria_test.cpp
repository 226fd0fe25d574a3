#include "rollout/criteria.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/rollout_readings.hpp"

namespace sotto::rollout {
namespace {

using testing::add_sessions;
using testing::healthy_evidence;
using testing::healthy_outcome;
using testing::healthy_readings;
using testing::ring;

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
  bool acute, both_arms;
  void (*spoil)(Readings&);
};

void late(SessionOutcome& outcome) { outcome.late->fill(150); }
void orphaning(SessionOutcome& outcome) { outcome.orphaned = 12; }
void falling_back(SessionOutcome& outcome) { outcome.fallbacks = 1; }

// Each criterion, and what makes it fail.
const Spoiled cases[] = {
    {Measure::latency_p95, true, false, [](Readings& r) { add_sessions(r, 60, false, late); }},
    {Measure::latency_p95, false, true, [](Readings& r) { add_sessions(r, 60, true, late); }},
    {Measure::latency_ratio, true, false,
     [](Readings& r) {
       r.evidence = healthy_evidence(50, 2000, 1.5);
       r.latency_before = Interval{1.4, 1.6};
     }},
    {Measure::error_rate, true, false,
     [](Readings& r) { add_sessions(r, 60, false, [](auto& one) { one.errors = 1; }); }},
    {Measure::error_rate, false, true,
     [](Readings& r) { add_sessions(r, 12, true, [](auto& one) { one.errors = 1; }); }},
    {Measure::alarms, true, false, [](Readings& r) { ring(r, "some-alarm", 9, 0); }},
    {Measure::alarms, false, true, [](Readings& r) { ring(r, "some-alarm", 9, 8); }},
    {Measure::alarms, false, false, [](Readings& r) { r.alarms_rung = 1; }},
    {Measure::dropped, true, false,
     [](Readings& r) { add_sessions(r, 12, false, [](auto& one) { one.dropped = 400; }); }},
    {Measure::orphaned, true, false, [](Readings& r) { add_sessions(r, 90, false, orphaning); }},
    {Measure::orphaned, false, true, [](Readings& r) { add_sessions(r, 12, true, orphaning); }},
    {Measure::fallbacks, true, false,
     [](Readings& r) { add_sessions(r, 90, false, falling_back); }},
    {Measure::fallbacks, false, true, [](Readings& r) { add_sessions(r, 12, true, falling_back); }},
    {Measure::feedback, true, false,
     [](Readings& r) { add_sessions(r, 90, false, [](auto& one) { one.thumbs_down = 3; }); }},
    {Measure::sample_ratio, true, false,
     [](Readings& r) {
       for (int i = 0; i < 400; ++i) r.evidence.add(healthy_outcome(true, 50, i));
     }},
    {Measure::cost, true, false,
     [](Readings& r) {
       for (int i = 0; i < 3000; ++i) r.evidence.canary.cost.add(0.3 + 0.001 * (i % 7));
     }},
    {Measure::cache_hit_rate, true, false, [](Readings& r) { r.whole.canary.cache_hits = 38; }},
    {Measure::erasure, true, false,
     [](Readings& r) { add_sessions(r, 3000, false, [](auto& one) { one.erasure = 1.5; }); }},
    {Measure::stability, true, false,
     [](Readings& r) {
       r.latency_before = Interval{0.5, 0.6};
     }},
    {Measure::session_length, true, false,
     [](Readings& r) {
       add_sessions(r, 300, false,
                    [](auto& one) { one.ended_at = one.began_at + std::chrono::minutes{8}; });
     }},
    {Measure::listeners_left, true, false,
     [](Readings& r) { add_sessions(r, 200, false, [](auto& one) { one.listeners_left = 3; }); }},
};

TEST(Criteria, EachFailsByItself) {
  for (const Spoiled& one : cases) {
    Readings readings = healthy_readings(50);
    readings.latency_before = Interval{0.9, 1.1};
    one.spoil(readings);
    const auto criteria = judge(plan, gradual, readings);
    const bool voids = one.measure == Measure::sample_ratio;
    for (const Criterion& criterion : criteria) {
      const bool expected = criterion.rule.measure == one.measure;
      EXPECT_EQ(criterion.verdict == Verdict::fail, expected)
          << info(one.measure).name << " spoiled, " << info(criterion.rule.measure).name << " is "
          << to_string(criterion.verdict);
      EXPECT_TRUE(!expected || criterion.acute == one.acute) << info(one.measure).name;
      EXPECT_TRUE(!expected || criterion.both_arms == one.both_arms) << info(one.measure).name;
      EXPECT_TRUE(!voids || criterion.rule.measure != Measure::error_rate ||
                  criterion.verdict == Verdict::voided);
    }
    const bool guards = one.acute && guide_rule(one.measure).remedy != Remedy::hold;
    EXPECT_EQ(sum_up(criteria).advice, guards ? Advice::roll_back : Advice::hold)
        << info(one.measure).name;
  }
}

TEST(Criteria, NothingActsOnAFewSessions) {
  const Plan own = guide_plan();
  for (const auto trouble : {late, orphaning, falling_back}) {
    Readings readings = healthy_readings(10, 4000);
    for (int i = 0; i < 2; ++i) {
      SessionOutcome outcome = healthy_outcome(true, 10, 200'000 + i);
      trouble(outcome);
      readings.evidence.add(outcome);
    }
    readings.recent.canary.latency_p95_ms = readings.whole.canary.latency_p95_ms = 20'000;
    readings.recent.canary.orphaned_per_session = 50;
    readings.recent.canary.fallbacks = 9;
    for (const Criterion& criterion : judge(own, own.phases[0], readings)) {
      EXPECT_FALSE(criterion.acute) << info(criterion.rule.measure).name;
      EXPECT_NE(criterion.verdict, Verdict::fail) << info(criterion.rule.measure).name;
    }
  }
  Readings readings = healthy_readings(10);
  ring(readings, "audio-transcription-latency-high", 2, 0);
  EXPECT_EQ(named(judge(own, own.phases[0], readings), Measure::alarms)->verdict, Verdict::pass);
}

TEST(Criteria, WithoutControlTheGuidesActionsStay) {
  Readings readings = healthy_readings(98);
  ring(readings, "audio-transcription-latency-high", 4, 0);
  readings.alarm_sessions.back().control_active = 0;
  EXPECT_TRUE(named(judge(plan, full, readings), Measure::alarms)->acute);
  readings.alarm_sessions.back().canary = 2;
  EXPECT_FALSE(named(judge(plan, full, readings), Measure::alarms)->acute);
  readings.alarm_sessions.back() = {"audio-transcription-latency-high", 9, 10, 1, 1};
  const auto criteria = judge(plan, full, readings);
  EXPECT_FALSE(named(criteria, Measure::alarms)->acute);
  EXPECT_TRUE(named(criteria, Measure::alarms)->both_arms);
}

TEST(Criteria, BetweenHarmAndItsExclusionIsInconclusive) {
  Readings readings = healthy_readings(10, 60);
  readings.evidence = {};
  for (int i = 0; i < 560; ++i) {
    SessionOutcome outcome = healthy_outcome(i % 10 == 5, 10, i);
    outcome.errors = i % 47 == 0 ? 1 : 0;
    readings.evidence.add(outcome);
  }
  const auto criteria = judge(plan, canary, readings);
  const Criterion& errors = *named(criteria, Measure::error_rate);
  EXPECT_EQ(errors.verdict, Verdict::inconclusive);
  EXPECT_FALSE(errors.acute);
  ASSERT_TRUE(errors.hidden);
  EXPECT_GT(*errors.hidden, 5);
  EXPECT_LT(*errors.hidden, 30);
  ASSERT_TRUE(errors.more_sessions);
  EXPECT_GT(*errors.more_sessions, 50u);
  const Obstacle obstacle = obstacle_of(criteria);
  EXPECT_EQ(obstacle.kind, ObstacleKind::inconclusive);
  EXPECT_NE(obstacle.text.find("errors up to +"), std::string::npos) << obstacle.text;
}

TEST(Criteria, RollbacksHoldTheLastPhase) {
  Readings readings = healthy_readings(98, 2000);
  readings.rollbacks = 1;
  EXPECT_EQ(named(judge(plan, full, readings), Measure::rollbacks)->verdict, Verdict::fail);
}

TEST(Criteria, MissingDataNeverPasses) {
  const auto criteria = judge(plan, gradual, Readings{});
  for (const Criterion& criterion : criteria) {
    const bool passes =
        criterion.rule.measure == Measure::alarms || criterion.rule.missing == MissingPolicy::pass;
    EXPECT_EQ(criterion.verdict, passes ? Verdict::pass : Verdict::not_enough_data)
        << info(criterion.rule.measure).name;
  }
  EXPECT_EQ(sum_up(criteria).advice, Advice::hold);

  Readings few = healthy_readings(50, 6);
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
  readings.evidence.canary.thumbs_down = readings.evidence.control.thumbs_down = {};
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
  Readings readings = healthy_readings(10);
  readings.evidence = healthy_evidence(10, 2000, 0.7);
  const auto criteria = judge(plan, canary, readings);
  const Criterion& ratio = *named(criteria, Measure::latency_ratio);
  EXPECT_EQ(ratio.verdict, Verdict::pass);
  EXPECT_NEAR(*ratio.canary, 0.7, 0.05);
  EXPECT_LT(ratio.interval->high, 1.1);
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
