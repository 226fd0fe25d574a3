#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "rollout_controller/state_json.hpp"

namespace sotto::rollout_controller {
namespace {

using rollout::Obstacle;
using rollout::ObstacleKind;
using rollout::State;
using std::chrono::hours;
using std::chrono::minutes;

constexpr UtcTime beginning{hours{24 * 365 * 56}};

struct Started {
  State state;
  rollout::FlagSeen flag;
};

Started started() {
  const rollout::Command start{.kind = rollout::Command::Kind::start,
                               .by = "ada",
                               .reason = "",
                               .plan = rollout::guide_plan()};
  auto step = rollout::command(std::nullopt, start, {}, std::nullopt, beginning);
  EXPECT_TRUE(step);
  const rollout::FlagTarget target = step->state.pending->target;
  return {rollout::flag_written(std::move(step->state), true), {1, target, "ada"}};
}

Standing held_by(Obstacle obstacle) {
  Standing standing;
  standing.state = started().state;
  standing.state.holding = std::move(obstacle);
  return standing;
}

Standing taken_back_by(rollout::Breach breach) {
  Standing standing;
  standing.state = started().state;
  standing.state.status = rollout::Status::rolled_back;
  standing.state.latch = {beginning, rollout::Remedy::disable, "canary", std::move(breach)};
  return standing;
}

const std::vector<Standing>& explained() {
  using rollout::Measure;
  static const std::vector<Standing> all = {
      held_by({.kind = ObstacleKind::criteria_fail, .measures = {Measure::alarms, Measure::cost}}),
      held_by({.kind = ObstacleKind::canary_sessions, .sessions = 3, .needed = 20}),
      held_by({.kind = ObstacleKind::freeze, .until = beginning + hours{1}, .text = "a fair"}),
      held_by({.kind = ObstacleKind::silence}),
      taken_back_by({.measure = Measure::latency_ratio,
                     .limit = 1.5,
                     .canary = 1.0 / 3,
                     .surely_above = 1.1,
                     .sessions = 40}),
      taken_back_by({.measure = Measure::alarms, .canary = 1, .alarms = {"one", "two"}})};
  return all;
}

boost::json::object stored(const Standing& standing) {
  return boost::json::parse(standing_text(standing)).as_object();
}

TEST(ExplanationJson, ReadsBackAsTheValueThatItWas) {
  for (const Standing& standing : explained()) {
    const auto read = standing_of(standing_text(standing));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->state, standing.state);
  }
}

TEST(ExplanationJson, AStoreThatKeptTheSentencesAloneIsReadAsBefore) {
  for (const Standing& standing : explained()) {
    boost::json::object old = stored(standing);
    EXPECT_EQ(old.erase("holding") + old.erase("breach"), 1u);
    const auto read = standing_of(boost::json::serialize(old));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(standing_json(*read), standing_json(standing)) << "people see the same";
    EXPECT_EQ(stored(*read), old);
  }
}

TEST(ExplanationJson, TheSentenceCountsWhereTheValueSaysSomethingElse) {
  for (const Standing& standing : explained()) {
    boost::json::object changed = stored(standing);
    boost::json::object& state = changed["state"].as_object();
    if (standing.state.latch)
      state["latch"].as_object()["why"] = "It rains.";
    else
      state["holding"] = "It rains.";
    auto read = standing_of(boost::json::serialize(changed));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(
        standing.state.latch ? describe(read->state.latch->why) : describe(read->state.holding),
        "It rains.");

    boost::json::object broken = stored(standing);
    for (const char* name : {"holding", "breach"})
      if (broken.contains(name)) broken[name] = boost::json::object{{"kind", "of another time"}};
    read = standing_of(boost::json::serialize(broken));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(standing_json(*read), standing_json(standing));
  }
}

TEST(ExplanationJson, WhatWasSaidBeforeThereWereValuesIsNotSaidAgain) {
  const auto [state, flag] = started();
  const auto held = rollout::step(state, flag, std::nullopt, beginning + minutes{1});
  ASSERT_TRUE(held.event);
  EXPECT_EQ(held.state.holding.kind, ObstacleKind::not_measured);
  Standing standing;
  standing.state = held.state;
  boost::json::object old = stored(standing);
  EXPECT_EQ(old.erase("holding"), 1u);
  const auto read = standing_of(boost::json::serialize(old));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->state.holding.kind, ObstacleKind::written);
  EXPECT_FALSE(rollout::step(read->state, flag, std::nullopt, beginning + minutes{2}).event);
}

}  // namespace
}  // namespace sotto::rollout_controller
