#include "rollout_controller/rollout_controller.hpp"

#include <gtest/gtest.h>

#include "feature_flag/flag_operations.hpp"
#include "rollout_controller/state_json.hpp"
#include "tests/support/flag_change.hpp"
#include "tests/support/memory_flag_store.hpp"
#include "tests/support/memory_rollout_store.hpp"
#include "tests/support/rollout_readings.hpp"

namespace sotto::rollout_controller {
namespace {

using rollout::Command;
using rollout::EventKind;
using rollout::Readings;
using rollout::Status;
using std::chrono::hours;
using std::chrono::minutes;

const std::string flag_name(rollout::default_parameter_name);
constexpr UtcTime beginning{hours{24 * 365 * 56}};

class Conducting : public ::testing::Test {
 protected:
  Conducting() {
    rollout::FlagEdit zero;
    zero.rollout_percentage = 0;
    EXPECT_TRUE(feature_flag::change_flag(flags, flag_name, zero, {"ada", "", beginning}));
  }

  RolloutController controller(const std::string& process) {
    return RolloutController({&rollouts, &flags, flag_name, process,
                              [this](const rollout::State& state, UtcTime at) -> Result<Readings> {
                                if (unmeasured) return fail(ErrorCode::unavailable, "no metrics");
                                const auto& phase = state.plan.phases[state.phase];
                                const int share = rollout::canary_share(state.plan, phase);
                                if (!made.contains(share))
                                  made[share] = testing::healthy_readings(share, 2000);
                                Readings readings = made[share];
                                readings.taken_at = at;
                                readings.newest = at;
                                if (spoil) spoil(readings);
                                return readings;
                              },
                              [this](const rollout::RolloutEvent& event, const rollout::State&) {
                                told.push_back(event);
                              }});
  }

  static Command say(Command::Kind kind, std::string reason = "") {
    return {.kind = kind,
            .by = "ada",
            .reason = std::move(reason),
            .plan = kind == Command::Kind::start ? rollout::guide_plan() : rollout::Plan{}};
  }

  // Ticks every five minutes until something happens.
  Done until_event(RolloutController& controller, hours most = hours{24 * 30}) {
    for (const UtcTime end = now + most; now < end;) {
      now += minutes{5};
      const auto done = controller.tick(now);
      EXPECT_TRUE(done) << done.error().message;
      if (done && *done && (*done)->event) return **done;
    }
    return {};
  }

  rollout::Flag flag() { return feature_flag::current_flag(flags, flag_name)->flag; }
  std::uint64_t flag_version() {
    return feature_flag::current_flag(flags, flag_name)->revision.version;
  }

  testing::MemoryFlagStore flags;
  testing::MemoryRolloutStore rollouts;
  std::function<void(Readings&)> spoil;
  bool unmeasured = false;
  std::map<int, Readings> made;  // by share
  std::vector<rollout::RolloutEvent> told;
  UtcTime now = beginning;
};

TEST_F(Conducting, APlanRunsToItsEndAndEachDecisionCanBeMadeAgain) {
  RolloutController one = controller("a");
  EXPECT_FALSE(*one.look());
  EXPECT_FALSE(*one.tick(now));
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  EXPECT_EQ(flag().rollout_percentage, 10);
  EXPECT_EQ(until_event(one).event->kind, EventKind::promoted);
  EXPECT_EQ(flag().rollout_percentage, 50);
  EXPECT_EQ(until_event(one).event->kind, EventKind::promoted);
  EXPECT_EQ(flag().rollout_percentage, 100);
  EXPECT_EQ(flag().control_percentage, 2);
  EXPECT_EQ(until_event(one).event->kind, EventKind::completed);
  EXPECT_EQ(told.size(), 4u);

  const auto records = rollouts.entries(flag_name, ports::Journal::decisions, 0, 100);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 4u);
  for (const ports::JournalEntry& record : *records) {
    const auto again = recompute(record.text);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, record.text) << "bit for bit";
  }
  std::string forged = records->at(1).text;
  const auto at = forged.find("\"latency_p95_ms\":1500");
  ASSERT_NE(at, std::string::npos);
  forged.replace(at, 21, "\"latency_p95_ms\":9500");
  const auto again = recompute(forged);
  EXPECT_TRUE(!again || *again != forged);
  EXPECT_FALSE(recompute("{}"));
  EXPECT_FALSE(recompute("nonsense"));
}

TEST_F(Conducting, ARollbackIsDoneOnceToldAndKept) {
  RolloutController one = controller("a");
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  until_event(one);
  now += hours{1};
  spoil = [](Readings& r) { testing::ring(r, "audio-transcription-latency-high", 10, 0); };
  const Done back = until_event(one, hours{1});
  ASSERT_TRUE(back.event);
  EXPECT_EQ(back.event->kind, EventKind::stepped_back);
  EXPECT_EQ(flag().rollout_percentage, 10);
  EXPECT_TRUE(flag().recall_live);
  EXPECT_EQ(told.back().kind, EventKind::stepped_back);
  const std::uint64_t version = flag_version();
  RolloutController restarted = controller("b");
  now += hours{1};
  spoil = nullptr;
  EXPECT_FALSE(until_event(restarted, hours{24}).event);
  EXPECT_EQ(flag_version(), version);
  EXPECT_EQ((*restarted.look())->state.status, Status::rolled_back);
}

TEST_F(Conducting, TheLeaderTellsWhatAPersonDidElsewhere) {
  RolloutController served = controller("a"), typed = controller("ada's terminal");
  ASSERT_TRUE(typed.command(say(Command::Kind::start), now));
  EXPECT_TRUE(told.empty());
  ASSERT_TRUE(served.tick(now += minutes{1}));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, EventKind::started);
  ASSERT_TRUE(typed.command(say(Command::Kind::pause, "lunch"), now));
  ASSERT_TRUE(typed.command(say(Command::Kind::resume), now));
  ASSERT_TRUE(served.tick(now += minutes{1}));
  ASSERT_TRUE(served.tick(now += minutes{1}));
  ASSERT_EQ(told.size(), 3u) << "each once";
  EXPECT_EQ(told[1].why, "Paused. lunch");
}

TEST_F(Conducting, OneLeads) {
  RolloutController one = controller("a"), two = controller("b");
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  EXPECT_TRUE((*one.tick(now))->leads);
  EXPECT_FALSE((*two.tick(now + std::chrono::seconds{30}))->leads);
  EXPECT_TRUE((*one.tick(now + std::chrono::seconds{30}))->leads);
  EXPECT_FALSE((*two.tick(now + std::chrono::seconds{80}))->leads);
  EXPECT_TRUE((*two.tick(now + std::chrono::seconds{91}))->leads) << "the leader is gone";
  EXPECT_FALSE((*one.tick(now + std::chrono::seconds{100}))->leads);
  now -= hours{24 * 300};
  EXPECT_TRUE((*one.tick(now))->leads) << "a lease that a clock left in the future";
}

// Both see the same state; what one has decided the other has not.
TEST_F(Conducting, TwoAtOnceDecideOnce) {
  RolloutController one = controller("a"), two = controller("a");
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  for (int i = 0; i < 7 * 24 * 12; ++i) ASSERT_TRUE(one.tick(now += minutes{5}));
  // The other gets in between this one's reading and its writing.
  bool once = true;
  spoil = [&](Readings&) {
    EXPECT_TRUE(!std::exchange(once, false) || two.tick(now)) << "decides first";
  };
  const std::uint64_t version = flag_version();
  now += minutes{5};
  const auto beaten = one.tick(now);
  EXPECT_FALSE(beaten);
  EXPECT_EQ(beaten.error().code, ErrorCode::conflict);
  EXPECT_LE(flag_version(), version + 1);
  std::size_t promotions = 0;
  for (const auto& event : told) promotions += event.kind == EventKind::promoted;
  EXPECT_LE(promotions, 1u);
}

TEST_F(Conducting, WhatWasDecidedAndNotDoneIsDoneAfterARestart) {
  RolloutController one = controller("a");
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  until_event(one);
  now += hours{1};
  spoil = [](Readings& r) { testing::ring(r, "audio-transcription-lambda-errors", 10, 0); };
  // The process dies between its decision and the flag.
  flags.before_write = [] { throw std::runtime_error("killed"); };
  now += minutes{5};
  EXPECT_THROW((void)one.tick(now), std::runtime_error);
  EXPECT_TRUE(flag().enabled);
  ASSERT_TRUE((*one.look())->state.pending);
  RolloutController restarted = controller("b");
  now += minutes{2};
  ASSERT_TRUE(restarted.tick(now));
  EXPECT_FALSE(flag().enabled);
  EXPECT_FALSE((*restarted.look())->state.pending);
  const std::uint64_t version = flag_version();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(restarted.tick(now += minutes{1}));
  EXPECT_EQ(flag_version(), version);
  EXPECT_EQ(rollouts.entries(flag_name, ports::Journal::decisions, 0, 100)->size(), 3u);
}

TEST_F(Conducting, WhatWasDoneAndNotNotedIsNotDoneTwice) {
  RolloutController one = controller("a");
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  for (int i = 0; i < 7 * 24 * 12 - 1; ++i) ASSERT_TRUE(one.tick(now += minutes{5}));
  // The store goes away once the flag is written.
  flags.before_write = [this] { rollouts.break_with(Error{ErrorCode::unavailable, "gone", ""}); };
  now += minutes{5};
  (void)one.tick(now);
  rollouts.break_with(std::nullopt);
  EXPECT_EQ(flag().rollout_percentage, 50);
  ASSERT_TRUE((*one.look())->state.pending);
  const std::uint64_t version = flag_version();
  RolloutController restarted = controller("b");
  now += minutes{2};
  ASSERT_TRUE(restarted.tick(now));
  EXPECT_EQ(flag_version(), version);
  EXPECT_FALSE((*restarted.look())->state.pending);
  EXPECT_EQ((*restarted.look())->state.status, Status::running);
}

TEST_F(Conducting, APersonWhoIsFasterIsNotOverruledByAPromotion) {
  RolloutController one = controller("a");
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  for (int i = 0; i < 7 * 24 * 12 - 1; ++i) ASSERT_TRUE(one.tick(now += minutes{5}));
  flags.before_write = [this] {
    ASSERT_TRUE(flags.write(flag_name, flag_version(),
                            testing::change("{\"enabled\":true,\"rollout_percentage\":5}")));
  };
  now += minutes{5};
  ASSERT_TRUE(one.tick(now));
  EXPECT_EQ(flag().rollout_percentage, 5);
  EXPECT_EQ((*one.look())->state.status, Status::paused);
}

TEST_F(Conducting, AStepBackWinsButDoesNotSwitchOn) {
  RolloutController one = controller("a");
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  until_event(one);
  now += hours{1};
  spoil = [](Readings& r) { testing::ring(r, "audio-transcription-latency-high", 10, 0); };
  flags.before_write = [this] {
    ASSERT_TRUE(flags.write(flag_name, flag_version(),
                            testing::change("{\"enabled\":true,\"rollout_percentage\":80}")));
  };
  ASSERT_TRUE(until_event(one, hours{1}).event);
  EXPECT_EQ(flag().rollout_percentage, 10);

  Conducting::flags = {};
  rollouts = {};
  ASSERT_TRUE(
      flags.write(flag_name, 0, testing::change("{\"enabled\":true,\"rollout_percentage\":0}")));
  spoil = nullptr;
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  until_event(one);
  now += hours{1};
  spoil = [](Readings& r) { testing::ring(r, "audio-transcription-latency-high", 10, 0); };
  flags.before_write = [this] {
    ASSERT_TRUE(flags.write(flag_name, flag_version(),
                            testing::change("{\"enabled\":false,\"rollout_percentage\":50}")));
  };
  ASSERT_TRUE(until_event(one, hours{1}).event);
  EXPECT_FALSE(flag().enabled);
}

TEST_F(Conducting, AStoreThatIsDownDecidesNothing) {
  RolloutController one = controller("a");
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  rollouts.break_with(Error{ErrorCode::unavailable, "gone", ""});
  EXPECT_EQ(one.tick(now + minutes{1}).error().code, ErrorCode::unavailable);
  EXPECT_EQ(one.command(say(Command::Kind::pause), now).error().code, ErrorCode::unavailable);
  rollouts.break_with(std::nullopt);
  unmeasured = true;
  EXPECT_EQ(until_event(one).event->kind, EventKind::held);
  EXPECT_FALSE(until_event(one).event);
  EXPECT_EQ(flag().rollout_percentage, 10);
}

TEST_F(Conducting, AlarmsTakeBackWhileTheFiguresCannotBeRead) {
  RolloutController one = controller("a");
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  until_event(one);
  ASSERT_EQ(flag().rollout_percentage, 50);
  const auto forget = [](Readings& r) {
    r.figures_known = false;
    r.recent = r.whole = {};
  };
  spoil = forget;
  const Done held = until_event(one);
  EXPECT_EQ(held.event->kind, EventKind::held);
  EXPECT_EQ(held.event->why, "The figures cannot be read.");
  EXPECT_FALSE(until_event(one).event);
  EXPECT_EQ(flag().rollout_percentage, 50);
  spoil = [forget](Readings& r) {
    forget(r);
    testing::ring(r, "audio-transcription-latency-high", 10, 0);
  };
  EXPECT_EQ(until_event(one, hours{1}).event->kind, EventKind::stepped_back);
  EXPECT_EQ(flag().rollout_percentage, 10);
  EXPECT_TRUE(flag().recall_live);
  const auto records = rollouts.entries(flag_name, ports::Journal::decisions, 0, 100);
  ASSERT_TRUE(records);
  for (const ports::JournalEntry& record : *records) {
    const bool unknown = record.text.find("figures_known") != std::string::npos;
    EXPECT_EQ(unknown, &record >= &records->at(records->size() - 2)) << record.text;
    EXPECT_EQ(recompute(record.text).value_or(""), record.text) << "bit for bit";
  }
}

TEST_F(Conducting, AFlagThatCannotBeChangedIsSaidAndTriedAgain) {
  RolloutController one = controller("a");
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  spoil = [](Readings& r) { testing::ring(r, "audio-transcription-lambda-errors", 10, 0); };
  flags.before_write = [this] { flags.break_with(Error{ErrorCode::unavailable, "full", ""}); };
  const auto decided = one.tick(now += minutes{5});
  ASSERT_TRUE(decided && *decided);
  EXPECT_EQ((*decided)->event->kind, EventKind::disabled);
  ASSERT_TRUE((*decided)->flag_problem);
  EXPECT_EQ((*decided)->flag_problem->message, "full");
  flags.break_with(std::nullopt);
  EXPECT_TRUE(flag().enabled);
  const auto retried = one.tick(now += minutes{1});
  ASSERT_TRUE(retried && *retried);
  EXPECT_FALSE((*retried)->flag_problem);
  EXPECT_FALSE(flag().enabled);
}

TEST_F(Conducting, JudgingDoesNothing) {
  RolloutController one = controller("a");
  EXPECT_FALSE(*one.judge(now));
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  const auto before = (*one.look())->version;
  const auto judged = one.judge(now + hours{24 * 30});
  ASSERT_TRUE(judged && *judged);
  EXPECT_EQ((*judged)->criteria.size(), 11u);
  EXPECT_FALSE((*judged)->why.empty());
  EXPECT_EQ((*one.look())->version, before);
}

TEST_F(Conducting, StatesThatCannotBeReadAreErrors) {
  for (const std::string text : {"", "{}", "[]", R"({"state":{}})", R"({"state":{"phase":9}})"})
    EXPECT_EQ(standing_of(text).error().code, ErrorCode::invalid_argument) << text;
  RolloutController one = controller("a");
  ASSERT_TRUE(one.command(say(Command::Kind::start), now));
  Standing standing = **one.look();
  standing.version = 0;
  const auto read = standing_of(standing_text(standing));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->state, standing.state);
}

}  // namespace
}  // namespace sotto::rollout_controller
