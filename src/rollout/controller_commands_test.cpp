#include <gtest/gtest.h>

#include "rollout/test_support.hpp"

namespace sotto::rollout {
namespace {

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
  rollout.spoil = [](Readings& r) { ring(r, "audio-transcription-lambda-errors", 10, 0); };
  EXPECT_EQ(rollout.go(minutes{5}).advice, Advice::roll_back);
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

TEST(Controller, WhatIsNotKnownNeedsAnApprovalThatWasAskedFor) {
  Rollout early(guide_plan());
  early.sessions = 100;
  ASSERT_TRUE(early.tell(say(Command::Kind::approve)));
  EXPECT_EQ(early.go(hours{24 * 30}).event->kind, EventKind::held) << "nobody could know then";
  ASSERT_TRUE(early.tell(say(Command::Kind::approve, "seen by hand")));
  EXPECT_EQ(early.go(hours{1}).event->kind, EventKind::promoted);
  EXPECT_FALSE(early.state->approved_unsettled) << "each phase needs its own";

  Rollout failing(guide_plan());
  failing.sessions = 100;
  failing.go(hours{24 * 30});
  failing.spoil = [](Readings& r) { ring(r, "audio-transcription-lambda-errors", 9, 8); };
  ASSERT_TRUE(failing.tell(say(Command::Kind::approve)));
  EXPECT_NE(failing.go(hours{24}).event->kind, EventKind::promoted) << "that is not missing";
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
  rollout.spoil = [](Readings& r) { ring(r, "audio-transcription-latency-high", 10, 0); };
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
  rollout.sessions = 100;
  EXPECT_EQ(rollout.tell(say(Command::Kind::advance)).error().code, ErrorCode::conflict)
      << "what is missing has not passed";
  rollout.sessions = 2000;
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
