#include "rollout_controller/present_state.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "feature_flag/flag_operations.hpp"
#include "rollout_controller/present_json.hpp"
#include "rollout_controller/state_json.hpp"
#include "tests/support/flag_change.hpp"
#include "tests/support/memory_flag_store.hpp"
#include "tests/support/memory_rollout_store.hpp"

namespace sotto::rollout_controller {
namespace {

using rollout::Command;
using rollout::EventKind;
using rollout::Reason;
using rollout::Status;
using std::chrono::minutes;

const std::string name(rollout::default_parameter_name);
const std::string id = "golden-eagle-427";  // bucket 73
constexpr UtcTime noon{std::chrono::hours{24 * 365 * 56 + 12}};

class PresentStateTest : public ::testing::Test {
 protected:
  PresentStateTest() { set(100); }

  void edit(const rollout::FlagEdit& wanted, const std::string& by = "ana",
            const std::string& why = "") {
    at += minutes{1};
    ASSERT_TRUE(feature_flag::change_flag(flags, name, wanted, {by, why, at}));
  }
  void set(int percentage) {
    rollout::FlagEdit wanted;
    wanted.rollout_percentage = percentage;
    edit(wanted);
  }
  void turn(bool on, const std::string& why = "") {
    rollout::FlagEdit wanted;
    wanted.enabled = on;
    edit(wanted, "ana", why);
  }
  Result<Done> say(Command::Kind kind, const std::string& why = "") {
    return controller.command(
        {.kind = kind, .by = "bea", .reason = why, .plan = rollout::guide_plan()}, at);
  }
  PresentState state(const std::optional<SessionSeen>& seen = std::nullopt) {
    const auto present = present_state({&flags, &controller, name}, id, seen, at);
    EXPECT_TRUE(present) << present.error().message;
    return present.value_or(PresentState{});
  }
  // As every surface says it: the command's, watch's and explain's.
  void expect_status(Status status, const std::string& about_to) {
    const auto judged = controller.judge(at);
    ASSERT_TRUE(judged && *judged);
    EXPECT_EQ((*judged)->status(), status);
    EXPECT_EQ((*judged)->present->about_to, about_to);
    if (!about_to.empty()) {
      EXPECT_EQ((*judged)->why, about_to);
    }
    const PresentState present = state();
    ASSERT_TRUE(present.rollout);
    EXPECT_EQ(present.rollout->status, status);
    EXPECT_EQ(present.rollout->about_to, about_to);
  }
  std::vector<EventKind> kinds() {
    std::vector<EventKind> all;
    const auto entries = rollouts.entries(name, ports::Journal::decisions, 0, 100);
    for (const ports::JournalEntry& entry : *entries) all.push_back(event_of(entry.text)->kind);
    return all;
  }
  // A session that began with partial results, as it was stored then.
  ports::StoredSession stored() {
    ports::StoredSession session;
    session.id = SessionId{id};
    session.created_at = at;
    session.canary = session.partial_results = true;
    session.reason = "rollout";
    session.bucket = 73;
    session.rollout_percentage = 100;
    session.flag_version = 1;
    return session;
  }

  UtcTime at = noon;
  testing::MemoryFlagStore flags;
  testing::MemoryRolloutStore rollouts;
  RolloutController controller{{&rollouts,
                                &flags,
                                name,
                                "test pid 1",
                                [](const rollout::State&, UtcTime) -> Result<rollout::Readings> {
                                  return fail(ErrorCode::unavailable, "no metrics");
                                },
                                {}}};
};

TEST_F(PresentStateTest, SaysWhatAHandOnTheFlagLeadsToBeforeAStepHasNotedIt) {
  ASSERT_TRUE(say(Command::Kind::start));
  expect_status(Status::running, "");
  set(30);
  expect_status(Status::paused, "The flag was set to 30 % by ana: the rollout will pause.");
  turn(false);
  expect_status(Status::paused, "The flag was disabled by ana: the rollout will pause.");
  EXPECT_EQ((*controller.look())->state.status, Status::running) << "nobody has stepped";
  turn(true);
  set(10);
  expect_status(Status::running, "");
}

TEST_F(PresentStateTest, WhoChangesTheFlagNotesItAtOnceAndOnce) {
  EXPECT_FALSE(*controller.note_flag(at)) << "there is no rollout";
  ASSERT_TRUE(say(Command::Kind::start));
  EXPECT_FALSE(*controller.note_flag(at)) << "the flag is as the phase wants it";
  set(30);
  const auto noted = controller.note_flag(at);
  ASSERT_TRUE(noted && *noted);
  EXPECT_EQ((*noted)->kind, EventKind::overruled);
  EXPECT_EQ((*noted)->why, "Paused: ana has set the flag to 30 %.");
  expect_status(Status::paused, "");
  EXPECT_FALSE(*controller.note_flag(at));
  EXPECT_EQ(kinds(), (std::vector{EventKind::started, EventKind::overruled}));
  rollouts.break_with(Error{ErrorCode::unavailable, "down", "store"});
  EXPECT_FALSE(controller.note_flag(at)) << "the leader notes it then";
}

TEST_F(PresentStateTest, ResumesOverAChangeThatNobodyHasNoted) {
  ASSERT_TRUE(say(Command::Kind::start));
  set(30);
  const auto tried =
      controller.preview({.kind = Command::Kind::resume, .by = "bea", .reason = ""}, at);
  ASSERT_TRUE(tried) << tried.error().message;
  EXPECT_EQ(kinds().size(), 1u);
  const auto done = say(Command::Kind::resume);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->status(), Status::running);
  EXPECT_EQ(done->present->about_to, "");
  expect_status(Status::running, "");
  EXPECT_EQ(kinds(), (std::vector{EventKind::started, EventKind::overruled, EventKind::resumed}));
  EXPECT_EQ(feature_flag::current_flag(flags, name)->flag.rollout_percentage, 10);
}

TEST_F(PresentStateTest, SaysWhatWasDecidedAndCouldNotBeMadeYet) {
  ASSERT_TRUE(say(Command::Kind::start));
  Standing standing = **controller.look();
  rollout::FlagTarget half;
  half.rollout_percentage = 50;
  standing.state.pending = rollout::PendingFlag{half, 2, "bea", ""};
  const auto seen = seen_of(*flags.read(name));
  EXPECT_EQ(rollout_now(standing, seen, at).about_to, "The flag is about to be set to 50 %.");
  standing.state.pending->target.enabled = false;
  EXPECT_EQ(rollout_now(standing, seen, at).about_to, "The flag is about to be disabled.");
  EXPECT_EQ(rollout_now(standing, {}, at).status, Status::running);
}

TEST_F(PresentStateTest, ALeaderIsOneWhoseLeaseLasts) {
  ASSERT_TRUE(say(Command::Kind::start));
  EXPECT_FALSE((*controller.judge(at))->present->led);
  ASSERT_TRUE(controller.tick(at));
  EXPECT_TRUE((*controller.judge(at))->present->led);
  EXPECT_FALSE((*controller.judge(at + RolloutController::lease))->present->led);
}

TEST_F(PresentStateTest, AKilledSessionIsOffForGood) {
  const SessionSeen seen = session_seen(stored());
  EXPECT_TRUE(state(seen).session->present.enabled);
  turn(false, "complaints");
  const UtcTime killed_at = at;
  PresentState present = state(seen);
  EXPECT_FALSE(present.session->present.enabled) << "from the flag's change on";
  EXPECT_FALSE(present.session->acted) << "nobody has acknowledged";
  // As the server has noted it since.
  ports::StoredSession killed = stored();
  killed.partial_results = false;
  killed.reason = "disabled";
  killed.flag_version = 2;
  turn(true);
  present = state(session_seen(killed));
  const SessionNow& session = *present.session;
  EXPECT_TRUE(session.given.enabled);
  EXPECT_EQ(session.given.reason, Reason::rollout);
  EXPECT_FALSE(session.present.enabled);
  EXPECT_EQ(session.present.reason, Reason::disabled);
  EXPECT_TRUE(session.acted);
  EXPECT_EQ(session.since, killed_at);
  EXPECT_EQ(session.by, "ana");
  EXPECT_EQ(session.remark, "complaints");
  EXPECT_TRUE(present.new_session.enabled);
  const auto json = explained_json(id, present);
  EXPECT_FALSE(json.at("enabled").as_bool()) << "of the session, which stays off";
  EXPECT_EQ(json.at("reason").as_string(), "disabled");
  EXPECT_TRUE(json.at("new_session").at("enabled").as_bool());
}

TEST_F(PresentStateTest, SinceIsTheFirstOfTheVersionsThatSwitchItOff) {
  const SessionSeen seen = session_seen(stored());
  turn(false, "first");
  const UtcTime first = at;
  set(50);  // still disabled
  const PresentState present = state(seen);
  EXPECT_EQ(present.session->since, first);
  EXPECT_EQ(present.session->remark, "first");
  EXPECT_EQ(present.session->present.version, 2u);
}

TEST_F(PresentStateTest, SteppedBackAndOverruledSessionsSayWhy) {
  rollout::FlagEdit back;
  back.rollout_percentage = 10;
  back.recall_live = true;
  edit(back, "controller", "Back to 10 %");
  EXPECT_EQ(state(session_seen(stored())).session->present.reason, Reason::stepped_back);
  set(100);
  rollout::FlagEdit off;
  off.session = rollout::Override{id, false, at + minutes{60}};
  edit(off);
  const PresentState present = state(session_seen(stored()));
  EXPECT_EQ(present.session->present.reason, Reason::override_off);
  EXPECT_EQ(present.new_session.reason, Reason::override_off);
}

TEST_F(PresentStateTest, OfAnEndedSessionTheIdIsFreeAgain) {
  ports::StoredSession ended = stored();
  ended.ended_at = at;
  turn(false);
  const PresentState present = state(session_seen(ended));
  EXPECT_TRUE(present.session->present.enabled) << "it had ended before";
  EXPECT_FALSE(goes_on(present));
  EXPECT_FALSE(explained_json(id, present).at("enabled").as_bool());
}

TEST_F(PresentStateTest, GoesByWhatTheProcessHasWhereTheStoreIsDown) {
  flags.break_with(Error{ErrorCode::unavailable, "down", "store"});
  EXPECT_FALSE(present_state({&flags, &controller, name}, id, {}, at));
  rollout::InForce last_good;
  last_good.flag.rollout_percentage = 100;
  last_good.source = rollout::Source::last_good;
  const auto present = present_state({&flags, &controller, name, last_good}, id, {}, at);
  ASSERT_TRUE(present);
  EXPECT_TRUE(present->new_session.enabled);
  EXPECT_FALSE(present->store_read);
  EXPECT_TRUE(present->problem);
}

TEST_F(PresentStateTest, TheStateOfARolloutThatCannotBeReadIsNoReasonToSayNothing) {
  rollouts.break_with(Error{ErrorCode::unavailable, "down", "store"});
  const PresentState present = state();
  EXPECT_TRUE(present.new_session.enabled);
  EXPECT_EQ(present.problem->message, "down");
}

}  // namespace
}  // namespace sotto::rollout_controller
