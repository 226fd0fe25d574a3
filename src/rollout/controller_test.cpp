#include "rollout/controller.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/support/rollout_readings.hpp"

namespace sotto::rollout {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::healthy_evidence;
using testing::healthy_readings;

constexpr UtcTime beginning{hours{24 * 365 * 50}};

Command say(Command::Kind kind, std::string reason = "") {
  return {.kind = kind, .by = "ada", .reason = std::move(reason)};
}

// A rollout with its flag, under a clock that only the test moves.
class Rollout {
 public:
  explicit Rollout(Plan plan) {
    Command start = say(Command::Kind::start);
    start.plan = std::move(plan);
    take(command(std::nullopt, start, flag, std::nullopt, now));
  }

  Result<> tell(const Command& what) {
    auto done = command(state, what, flag, readings(), now);
    if (!done) return tl::unexpected(done.error());
    take(std::move(done));
    return {};
  }

  // A look every `every`, for a time or until something happens.
  Step go(milliseconds time, milliseconds every = minutes{5}) {
    Step last;
    for (const UtcTime end = now + time; now < end;) {
      now += every;
      last = step(*state, flag, readings(), now);
      if (last.event) events.push_back(*last.event);
      state = last.state;
      make_flag();
      if (last.event) return last;
    }
    return last;
  }

  const RolloutEvent& last_event() const { return events.back(); }
  int share() const { return canary_share(state->plan, state->plan.phases[state->phase]); }

  std::optional<State> state;
  FlagSeen flag{1, {true, 0, 0, false, false}, "ada"};
  UtcTime now = beginning;
  std::function<void(Readings&)> spoil = [](Readings&) {};
  bool measured = true;
  int sessions = 2000;
  std::vector<RolloutEvent> events;

 private:
  std::optional<Readings> readings() {
    if (!measured) return std::nullopt;
    Readings reading = cached();
    reading.taken_at = now;
    reading.newest = now;
    spoil(reading);
    return reading;
  }

  const Readings& cached() {
    if (!made_ || made_for_ != std::pair(share(), sessions)) {
      made_for_ = {share(), sessions};
      made_ = healthy_readings(share(), sessions, now);
    }
    return *made_;
  }

  void take(Result<Step> step) {
    ASSERT_TRUE(step) << step.error().message;
    if (step->event) events.push_back(*step->event);
    state = std::move(step->state);
    make_flag();
  }

  void make_flag() {
    if (!state->pending) return;
    flag = {flag.version + 1, state->pending->target, state->pending->by};
    state = flag_written(*state, true);
  }

  std::optional<Readings> made_;
  std::pair<int, int> made_for_;
};

TEST(Controller, TheGuidesSevenWeeksLeadToHundredPercent) {
  Rollout rollout(timeline_plan());
  const UtcTime begun = rollout.now;
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 0);
  struct Leg {
    int week;  // in which it is reached
    int percentage;
    std::size_t criteria;
  };
  // Of the last leg's criteria every one of the guide's three phases is evaluated.
  const Leg legs[] = {{1, 10, 1}, {3, 50, 9}, {5, 100, 13}, {7, 100, 14}};
  for (const Leg& leg : legs) {
    const Step step = rollout.go(hours{24 * 40});
    ASSERT_TRUE(step.event);
    EXPECT_EQ(step.criteria.size(), leg.criteria);
    for (const Criterion& criterion : step.criteria)
      EXPECT_EQ(criterion.verdict, Verdict::pass) << info(criterion.rule.measure).name;
    EXPECT_EQ(rollout.flag.flag.rollout_percentage, leg.percentage);
    EXPECT_EQ((rollout.now - begun) / hours{168}, leg.week) << describe(step.why);
  }
  EXPECT_EQ(rollout.state->status, Status::completed);
  EXPECT_EQ(rollout.last_event().kind, EventKind::completed);
  EXPECT_EQ(rollout.flag.flag.control_percentage, 2);
  EXPECT_EQ(rollout.events.size(), 5u) << "started, three times promoted, completed";
}

struct Failure {
  std::string name;
  EventKind event;
  int percentage;
  std::function<void(Readings&)> spoil;
};

void all(Readings& readings, double cost, double erasure, bool errors) {
  for (int i = 0; i < 400; ++i) {
    SessionOutcome outcome = testing::healthy_outcome(i % 2 == 0, 50, i);
    outcome.cost_per_listener_hour = cost;
    if (outcome.canary) outcome.erasure = erasure;
    outcome.errors = errors && outcome.canary ? 1 : 0;
    readings.evidence.add(outcome);
  }
}

const Failure failures[] = {
    {"latency_p95", EventKind::stepped_back, 10,
     [](Readings& r) { r.recent.canary.latency_p95_ms = 5200; }},
    {"latency_ratio", EventKind::stepped_back, 10,
     [](Readings& r) { r.evidence = healthy_evidence(50, 400, 1.5); }},
    {"error_rate", EventKind::disabled, 0, [](Readings& r) { all(r, 0.03, 0.1, true); }},
    {"latency alarm", EventKind::stepped_back, 10,
     [](Readings& r) { r.alarms_on = r.canary_alarms = {"audio-transcription-latency-high"}; }},
    {"errors alarm", EventKind::disabled, 0,
     [](Readings& r) {
       r.alarms_on = r.canary_alarms = {"audio-transcription-latency-high",
                                        "audio-transcription-lambda-errors"};
     }},
    {"fallback alarm", EventKind::held, 50,
     [](Readings& r) {
       r.alarms_on = r.canary_alarms = {"audio-transcription-transcribe-fallback"};
     }},
    {"an alarm of its own", EventKind::held, 50,
     [](Readings& r) { r.alarms_on = r.canary_alarms = {"disk-full"}; }},
    {"dropped", EventKind::stepped_back, 10,
     [](Readings& r) { r.recent.canary.dropped_per_minute = 140; }},
    {"orphaned", EventKind::stepped_back, 10,
     [](Readings& r) { r.recent.canary.orphaned_per_session = 12; }},
    {"one fallback", EventKind::held, 50, [](Readings& r) { r.whole.canary.fallbacks = 1; }},
    {"persistent fallbacks", EventKind::disabled, 0,
     [](Readings& r) { r.recent.canary.fallbacks = 4; }},
    {"feedback", EventKind::stepped_back, 10,
     [](Readings& r) { r.whole.canary.thumbs_down = 300; }},
    {"sample_ratio", EventKind::held, 50,
     [](Readings& r) {
       for (int i = 0; i < 900; ++i) r.evidence.sample_ratio.add(true, 0.5);
     }},
    {"cost", EventKind::held, 50, [](Readings& r) { all(r, 0.9, 0.1, false); }},
    {"cache_hit_rate", EventKind::held, 50, [](Readings& r) { r.whole.canary.cache_misses = 900; }},
    {"erasure", EventKind::stepped_back, 10, [](Readings& r) { all(r, 0.03, 3, false); }},
};

TEST(Controller, EachFailureHoldsOrRollsBackAndLatches) {
  for (const Failure& failure : failures) {
    SCOPED_TRACE(failure.name);
    Rollout rollout(guide_plan());
    rollout.go(hours{24 * 8});
    ASSERT_EQ(rollout.flag.flag.rollout_percentage, 50);
    const std::uint64_t version = rollout.flag.version;
    rollout.now += minutes{30};  // past all warm-ups
    rollout.spoil = failure.spoil;
    const Step step = rollout.go(hours{1});
    ASSERT_TRUE(step.event) << describe(step.why);
    EXPECT_EQ(step.event->kind, failure.event) << describe(step.why);
    EXPECT_FALSE(step.event->why.empty());
    EXPECT_EQ(step.event->percentage_after, failure.percentage);
    if (failure.event == EventKind::held) {
      EXPECT_EQ(rollout.flag.version, version);
      EXPECT_FALSE(rollout.go(hours{24}).event) << "said once";
      EXPECT_GT(bake_left(*rollout.state), hours{24}) << "what fails bakes nothing";
      rollout.spoil = [](Readings&) {};
      // An alarm has to be a bake time away as well.
      EXPECT_EQ(rollout.go(hours{24 * 8}).event->kind, EventKind::went_on);
      continue;
    }
    EXPECT_EQ(rollout.flag.flag.enabled, failure.event != EventKind::disabled);
    EXPECT_EQ(rollout.flag.flag.recall_live, failure.event == EventKind::stepped_back);
    EXPECT_EQ(rollout.state->status, Status::rolled_back);
    // All is well again, and it stays back until a person clears it and says why.
    rollout.spoil = [](Readings&) {};
    EXPECT_FALSE(rollout.go(hours{24}).event);
    EXPECT_EQ(rollout.flag.version, version + 1);
    EXPECT_EQ(rollout.tell(say(Command::Kind::resume)).error().code, ErrorCode::conflict);
    EXPECT_EQ(rollout.tell(say(Command::Kind::clear)).error().field, "reason");
    ASSERT_TRUE(rollout.tell(say(Command::Kind::clear, "mended")));
    EXPECT_EQ(rollout.state->status, Status::paused);
    EXPECT_EQ(rollout.flag.version, version + 1) << "only a resume moves the flag";
    ASSERT_TRUE(rollout.tell(say(Command::Kind::resume)));
    EXPECT_TRUE(rollout.flag.flag.enabled);
    EXPECT_EQ(rollout.flag.flag.rollout_percentage, 10);
    EXPECT_FALSE(rollout.flag.flag.recall_live);
    EXPECT_EQ(rollout.go(hours{24 * 8}).event->kind, EventKind::promoted) << "and proves it anew";
  }
}

TEST(Controller, AnAlarmThatIsOverHoldsUntilTheBakeTimeIsCleanOfIt) {
  Rollout rollout(guide_plan());
  rollout.go(hours{24});
  rollout.spoil = [](Readings& r) {
    r.alarms_on = r.canary_alarms = {"audio-transcription-transcribe-fallback"};
  };
  EXPECT_EQ(rollout.go(minutes{10}).event->kind, EventKind::held);
  rollout.spoil = [](Readings&) {};
  const UtcTime rung = rollout.now;
  EXPECT_EQ(rollout.go(hours{24 * 30}).event->kind, EventKind::went_on);
  EXPECT_GE(rollout.now - rung, hours{24 * 7 - 1});
  EXPECT_EQ(rollout.go(hours{24 * 30}).event->kind, EventKind::promoted);
}

TEST(Controller, AnAlarmOfControlsAloneHoldsOnlyWhileItIsOn) {
  Rollout rollout(guide_plan());
  rollout.go(hours{24});
  rollout.spoil = [](Readings& r) { r.alarms_on = {"audio-transcription-lambda-errors"}; };
  EXPECT_EQ(rollout.go(minutes{10}).event->kind, EventKind::held);
  EXPECT_TRUE(rollout.flag.flag.enabled);
  rollout.spoil = [](Readings&) {};
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::went_on);
  EXPECT_EQ(rollout.go(hours{24 * 6}).event->kind, EventKind::promoted);
}

TEST(Controller, TheFirstPhaseStepsBackToNobody) {
  Rollout rollout(guide_plan());
  rollout.spoil = [](Readings& r) { r.evidence = healthy_evidence(10, 400, 1.6); };
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::stepped_back);
  EXPECT_TRUE(rollout.flag.flag.enabled);
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 0);
}

TEST(Controller, WhatIsLeftAfterAStepBackIsGuardedOnceItsFiguresAreItsOwn) {
  Rollout rollout(guide_plan());
  rollout.go(hours{24 * 8});
  rollout.now += hours{1};
  rollout.spoil = [](Readings& r) {
    r.alarms_on = r.canary_alarms = {"audio-transcription-latency-high"};
  };
  ASSERT_EQ(rollout.go(hours{1}).event->kind, EventKind::stepped_back);
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 10);
  EXPECT_FALSE(rollout.go(minutes{55}).event) << "these may be the figures of before";
  rollout.spoil = [](Readings& r) {
    r.alarms_on = r.canary_alarms = {"audio-transcription-lambda-errors"};
  };
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::disabled);
  EXPECT_FALSE(rollout.flag.flag.enabled);
  EXPECT_FALSE(rollout.go(hours{24}).event);
}

TEST(Controller, SaysWhetherItIsSafeToGoOn) {
  Plan plan = guide_plan();
  plan.phases[0].approval = true;
  Rollout rollout(plan);
  rollout.spoil = [](Readings& r) { r = Readings{}; };
  EXPECT_EQ(rollout.go(minutes{5}).advice, Advice::hold) << "nothing is known";
  rollout.spoil = [](Readings&) {};
  EXPECT_EQ(rollout.go(minutes{5}).advice, Advice::hold) << "nobody has approved";
  ASSERT_TRUE(rollout.tell(say(Command::Kind::approve)));
  EXPECT_EQ(rollout.go(minutes{5}).advice, Advice::go_on);
  rollout.spoil = [](Readings& r) {
    r.alarms_on = r.canary_alarms = {"audio-transcription-lambda-errors"};
  };
  EXPECT_EQ(rollout.go(minutes{5}).advice, Advice::roll_back);
}

TEST(Controller, GuardrailsActInPausesAndAfterTheEnd) {
  Rollout paused(guide_plan());
  ASSERT_TRUE(paused.tell(say(Command::Kind::pause)));
  EXPECT_FALSE(paused.go(hours{24 * 30}).event);
  paused.spoil = [](Readings& r) {
    r.alarms_on = r.canary_alarms = {"audio-transcription-lambda-errors"};
  };
  EXPECT_EQ(paused.go(hours{1}).event->kind, EventKind::disabled);

  Rollout done(guide_plan());
  for (int i = 0; i < 3; ++i) done.go(hours{24 * 20});
  ASSERT_EQ(done.state->status, Status::completed);
  done.now += hours{1};
  done.spoil = [](Readings& r) { r.recent.canary.latency_p95_ms = 9000; };
  EXPECT_EQ(done.go(hours{1}).event->kind, EventKind::stepped_back);
  EXPECT_EQ(done.flag.flag.rollout_percentage, 50);
}

TEST(Controller, OneBadLookIsNotTwo) {
  Rollout rollout(guide_plan());
  rollout.go(hours{1});
  rollout.spoil = [](Readings& r) { r.recent.canary.latency_p95_ms = 6000; };
  rollout.go(minutes{5});
  rollout.spoil = [](Readings&) {};
  EXPECT_EQ(rollout.go(hours{24 * 8}).event->kind, EventKind::promoted);
}

TEST(Controller, LooksAreCountedByTimeNotByCalls) {
  Rollout rollout(guide_plan());
  rollout.go(hours{1});
  rollout.spoil = [](Readings& r) { r.recent.canary.latency_p95_ms = 6000; };
  EXPECT_FALSE(rollout.go(minutes{6}, std::chrono::seconds{10}).event);
  EXPECT_EQ(rollout.go(minutes{6}, std::chrono::seconds{10}).event->kind, EventKind::stepped_back);
}

TEST(Controller, WithoutTrafficNothingIsPromoted) {
  Rollout rollout(guide_plan());
  rollout.spoil = [](Readings& r) { r = Readings{}; };
  const Step step = rollout.go(hours{24 * 100});
  ASSERT_TRUE(step.event);
  EXPECT_EQ(step.event->kind, EventKind::held);
  EXPECT_FALSE(rollout.go(hours{24 * 100}).event);
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 10);
  EXPECT_EQ(rollout.state->baked, milliseconds{0}) << "silence is no baking";
}

TEST(Controller, TooFewSessionsHold) {
  Rollout rollout(guide_plan());
  rollout.sessions = 100;  // of which 10 are the canary's
  const Step step = rollout.go(hours{24 * 30});
  ASSERT_TRUE(step.event);
  EXPECT_EQ(step.event->kind, EventKind::held);
  rollout.sessions = 2000;
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::promoted);
}

TEST(Controller, WhatCannotBeMeasuredPromotesNothing) {
  Rollout rollout(guide_plan());
  rollout.go(hours{100});
  rollout.measured = false;
  EXPECT_EQ(rollout.go(hours{24 * 30}).event->kind, EventKind::held);
  const milliseconds baked = rollout.state->baked;
  EXPECT_FALSE(rollout.go(hours{24 * 30}).event);
  EXPECT_EQ(rollout.state->baked, baked);
  rollout.measured = true;
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::went_on);
  EXPECT_EQ(rollout.go(hours{100}).event->kind, EventKind::promoted);
}

TEST(Controller, AClockThatJumpsPromotesNothing) {
  Rollout rollout(guide_plan());
  rollout.go(hours{1});
  rollout.now += hours{24 * 365};
  EXPECT_FALSE(rollout.go(hours{1}).event);
  EXPECT_LE(rollout.state->baked, hours{2} + max_gap);
  rollout.now -= hours{24 * 400};
  EXPECT_FALSE(rollout.go(hours{1}).event);
  EXPECT_LE(rollout.state->baked, hours{3} + 2 * max_gap);
  EXPECT_EQ(rollout.go(hours{24 * 8}).event->kind, EventKind::promoted);
}

TEST(Controller, AFreezeHoldsPromotionNotGuardrails) {
  Plan plan = guide_plan();
  plan.freezes = {{beginning + hours{24 * 5}, beginning + hours{24 * 20}, "a fair"}};
  Rollout rollout(plan);
  const Step held = rollout.go(hours{24 * 30});
  EXPECT_EQ(held.event->kind, EventKind::held);
  EXPECT_NE(describe(held.why).find("a fair"), std::string::npos);
  EXPECT_EQ(rollout.go(hours{24 * 30}).event->kind, EventKind::promoted);
  EXPECT_GE(rollout.now, plan.freezes[0].to);

  Rollout guarded(plan);
  guarded.go(hours{24 * 6});
  guarded.spoil = [](Readings& r) {
    r.alarms_on = r.canary_alarms = {"audio-transcription-lambda-errors"};
  };
  EXPECT_EQ(guarded.go(hours{1}).event->kind, EventKind::disabled);
}

TEST(Controller, AnApprovalIsAwaited) {
  Plan plan = guide_plan();
  plan.phases[0].approval = true;
  Rollout rollout(plan);
  EXPECT_EQ(rollout.go(hours{24 * 30}).event->kind, EventKind::held);
  ASSERT_TRUE(rollout.tell(say(Command::Kind::approve)));
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::promoted);
  EXPECT_TRUE(rollout.state->approved_by.empty()) << "each phase needs its own";
}

TEST(Controller, APersonsHandOnTheFlagPauses) {
  Rollout rollout(guide_plan());
  rollout.flag = {rollout.flag.version + 1, {true, 30, 0, false, false}, "grace"};
  const Step step = rollout.go(hours{1});
  EXPECT_EQ(step.event->kind, EventKind::overruled);
  EXPECT_NE(describe(step.why).find("grace"), std::string::npos);
  EXPECT_FALSE(rollout.go(hours{24 * 30}).event);
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 30) << "nobody fights with a person";
  ASSERT_TRUE(rollout.tell(say(Command::Kind::resume)));
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 10);
  EXPECT_GT(bake_left(*rollout.state), hours{167});
}

TEST(Controller, AFlagThatAPersonHasDisabledIsLeftAlone) {
  Rollout rollout(guide_plan());
  rollout.flag = {rollout.flag.version + 1, {false, 10, 0, false, false}, "grace"};
  rollout.spoil = [](Readings& r) {
    r.alarms_on = r.canary_alarms = {"audio-transcription-latency-high"};
  };
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::overruled);
  EXPECT_FALSE(rollout.go(hours{24}).event);
  EXPECT_FALSE(rollout.flag.flag.enabled);
}

TEST(Controller, WhatIsPendingComesFirst) {
  Rollout rollout(guide_plan());
  State state = *rollout.state;
  state.pending = PendingFlag{{true, 50, 0, false, false}, 2, "controller", "on"};
  const Step again = step(state, rollout.flag, healthy_readings(10), rollout.now + minutes{1});
  EXPECT_TRUE(again.flag_first);
  EXPECT_FALSE(again.event);
  EXPECT_EQ(command(state, say(Command::Kind::pause), rollout.flag, {}, rollout.now).error().code,
            ErrorCode::conflict);
  EXPECT_TRUE(command(state, say(Command::Kind::abort, "enough"), rollout.flag, {}, rollout.now));
  EXPECT_EQ(flag_written(state, false).status, Status::paused) << "somebody else was faster";
  EXPECT_EQ(flag_written(state, true).status, Status::running);
}

TEST(Controller, AdvancingSkipsTheBakeAndNotAFailure) {
  Rollout rollout(guide_plan());
  ASSERT_TRUE(rollout.tell(say(Command::Kind::advance)));
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 50);
  rollout.spoil = [](Readings& r) { r.whole.canary.cache_misses = 900; };
  EXPECT_EQ(rollout.tell(say(Command::Kind::advance)).error().code, ErrorCode::conflict);
  Command force = say(Command::Kind::advance);
  force.force = true;
  EXPECT_EQ(rollout.tell(force).error().field, "reason");
  force.reason = "the cache is cold by design";
  ASSERT_TRUE(rollout.tell(force));
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 100);
  EXPECT_EQ(rollout.last_event().by, "ada");
}

TEST(Controller, CommandsFitTheirState) {
  EXPECT_EQ(command(std::nullopt, say(Command::Kind::pause), {}, {}, beginning).error().code,
            ErrorCode::not_found);
  Rollout rollout(guide_plan());
  Command start = say(Command::Kind::start);
  start.plan = guide_plan();
  EXPECT_EQ(rollout.tell(start).error().code, ErrorCode::conflict);
  EXPECT_EQ(rollout.tell(say(Command::Kind::resume)).error().code, ErrorCode::conflict);
  EXPECT_EQ(rollout.tell(say(Command::Kind::clear, "x")).error().code, ErrorCode::conflict);
  EXPECT_EQ(rollout.tell(say(Command::Kind::abort)).error().field, "reason");
  EXPECT_EQ(rollout.tell(say(Command::Kind::pause, std::string(501, 'x'))).error().field, "reason");
  ASSERT_TRUE(rollout.tell(say(Command::Kind::abort, "another plan")));
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 0);
  EXPECT_EQ(rollout.tell(say(Command::Kind::advance)).error().code, ErrorCode::conflict);
  ASSERT_TRUE(rollout.tell(start));
  EXPECT_EQ(rollout.state->status, Status::running);
  EXPECT_GT(rollout.last_event().number, 2u) << "events are counted on";
}

TEST(Controller, AnATrialGivesTheCanaryNothing) {
  Plan plan = guide_plan();
  plan.a_a = true;
  Rollout rollout(plan);
  EXPECT_TRUE(rollout.flag.flag.a_a);
  EXPECT_EQ(rollout.go(hours{24 * 8}).event->kind, EventKind::promoted);
}

void forget_figures(Readings& readings) {
  readings.figures_known = false;
  readings.recent = readings.whole = {};
}

TEST(Controller, NothingIsPromotedWhileTheFiguresCannotBeRead) {
  Plan plan = timeline_plan();  // its first phase is judged by alarms alone
  Rollout rollout(plan);
  rollout.go(hours{24});
  const auto baked = rollout.state->baked;
  rollout.spoil = forget_figures;
  Step step = rollout.go(hours{24 * 20});
  ASSERT_TRUE(step.event);
  EXPECT_EQ(step.event->kind, EventKind::held);
  EXPECT_EQ(describe(step.why), "The figures cannot be read.");
  step = rollout.go(hours{24 * 20});
  EXPECT_FALSE(step.event) << "it is said once: " << describe(step.why);
  EXPECT_EQ(rollout.state->baked, baked) << "no bake time passes";
  EXPECT_EQ(rollout.flag.flag.rollout_percentage, 0);
  rollout.spoil = [](Readings&) {};
  EXPECT_EQ(rollout.go(hours{1}).event->kind, EventKind::went_on);
  EXPECT_EQ(rollout.go(hours{24 * 7}).event->kind, EventKind::promoted);
}

TEST(Controller, AlarmsAndSessionsTakeBackWhileTheFiguresCannotBeRead) {
  for (const bool alarm : {true, false}) {
    Rollout rollout(guide_plan());
    rollout.go(hours{24});
    rollout.spoil = forget_figures;
    ASSERT_EQ(rollout.go(hours{1}).event->kind, EventKind::held);
    rollout.spoil = [alarm](Readings& readings) {
      forget_figures(readings);
      if (alarm)
        readings.alarms_on = readings.canary_alarms = {"audio-transcription-latency-high"};
      else
        all(readings, 0.03, 0.1, true);
    };
    const Step step = rollout.go(hours{1});
    ASSERT_TRUE(step.event) << describe(step.why);
    EXPECT_EQ(step.event->kind, alarm ? EventKind::stepped_back : EventKind::disabled);
  }
}

TEST(Controller, APhaseWhoseFiguresCannotBeReadIsAdvancedByForceAlone) {
  Rollout rollout(guide_plan());
  rollout.go(hours{24});
  Readings readings = healthy_readings(10, 400, rollout.now);
  forget_figures(readings);
  Command advance{.kind = Command::Kind::advance, .by = "ada", .reason = "known by other means"};
  const auto refused = command(*rollout.state, advance, rollout.flag, readings, rollout.now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  advance.force = true;
  EXPECT_TRUE(command(*rollout.state, advance, rollout.flag, readings, rollout.now));
}

}  // namespace
}  // namespace sotto::rollout
