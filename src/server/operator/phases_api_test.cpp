#include "feature_flag/outcome_json.hpp"
#include "server/operator/test_phases_api.hpp"
#include "tests/support/rollout_readings.hpp"

namespace sotto::server {
namespace {

TEST_F(PhasesApiTest, ThereIsNoRolloutUntilOneIsStarted) {
  refused(operate("GET", phases_root), 404, "", "start one with a plan");
  for (const char* command : {"advance", "pause", "resume", "approve"})
    refused(say(command), 404, "status", "start one with a plan");
  for (const char* command : {"abort", "clear"})
    refused(say(command, R"({"reason":"because"})"), 404, "status");
  EXPECT_TRUE(json(operate("GET", events_root)).at("events").as_array().empty());
  refused(operate("GET", events_root + "/1"), 404, "record");
}

TEST_F(PhasesApiTest, AStartSetsTheFlagAndSaysWho) {
  const object started = done("start", R"({"reason":"release 2"})");
  const object rollout = started.at("rollout").as_object();
  EXPECT_EQ(text(rollout, "plan"), "guide");
  EXPECT_EQ(text(rollout, "status"), "running");
  EXPECT_EQ(text(rollout, "phase"), "canary");
  EXPECT_EQ(rollout.at("phases").as_array().size(), 3u);
  EXPECT_EQ(rollout.at("bake_left_hours").to_number<double>(), 168);
  EXPECT_TRUE(rollout.at("latch").is_null());
  const object event = started.at("event").as_object();
  EXPECT_EQ(text(event, "kind"), "started");
  EXPECT_EQ(text(event, "by"), "operator");
  EXPECT_EQ(text(event, "why"), "Started with phase canary, 10 %. release 2");
  EXPECT_EQ(number(event, "percentage_before"), 100);
  EXPECT_EQ(number(event, "percentage_after"), 10);
  const auto current = feature_flag::current_flag(flag.store, flag.name);
  EXPECT_EQ(current->flag.rollout_percentage, 10);
  EXPECT_EQ(current->revision.changed_by, "operator");
  EXPECT_NE(current->revision.reason.find("release 2"), std::string::npos);
  refused(say("start"), 409, "status", "abort it first");
}

TEST_F(PhasesApiTest, PausingAndApprovingLeaveTheFlagAlone) {
  done("start");
  const std::size_t before = changes();
  EXPECT_EQ(text(done("pause").at("rollout").as_object(), "status"), "paused");
  refused(say("pause"), 409, "status", "not running");
  EXPECT_EQ(text(done("resume", "").at("event").as_object(), "by"), "operator");
  EXPECT_EQ(text(standing(), "status"), "running");
  refused(say("resume"), 409, "status", "not paused");
  EXPECT_EQ(text(done("approve", "").at("rollout").as_object(), "approved_by"), "operator");
  EXPECT_EQ(changes(), before);
}

TEST_F(PhasesApiTest, AdvancingSetsTheFlagUntilAllPhasesHavePassed) {
  done("start");
  EXPECT_EQ(text(advanced().at("rollout").as_object(), "phase"), "gradual");
  EXPECT_EQ(now_set().rollout_percentage, 50);
  EXPECT_EQ(now_set().control_percentage, 0) << "there is room for control without";
  const object last = done("advance", R"({"force":true,"reason":"in a hurry"})");
  EXPECT_EQ(text(last, "why"), "Advanced by force. in a hurry");
  EXPECT_EQ(now_set().rollout_percentage, 100);
  EXPECT_EQ(now_set().control_percentage, 2);
  EXPECT_EQ(text(advanced().at("rollout").as_object(), "status"), "completed");
  refused(say("advance"), 409, "status", "running or paused");
  refused(say("approve"), 409, "status", "nothing to approve");
  EXPECT_EQ(now_set().rollout_percentage, 100);
}

TEST_F(PhasesApiTest, AbortingTakesEverybodyOut) {
  done("start");
  advanced();
  const object event = done("abort", R"({"reason":"the talk is off"})").at("event").as_object();
  EXPECT_EQ(number(event, "percentage_before"), 50);
  EXPECT_EQ(number(event, "percentage_after"), 0);
  EXPECT_EQ(now_set().rollout_percentage, 0);
  EXPECT_TRUE(now_set().enabled);
  refused(say("abort", R"({"reason":"again"})"), 409, "status", "aborted already");
  EXPECT_EQ(text(done("start", R"({"plan":"timeline"})").at("rollout").as_object(), "phase"),
            "pre-rollout")
      << "another may be started";
}

TEST_F(PhasesApiTest, WhatWasTakenBackStaysSoUntilSomebodyHasLooked) {
  done("start");
  fail_for_real();
  EXPECT_FALSE(now_set().enabled);
  const object latch = standing().at("latch").as_object();
  EXPECT_EQ(text(latch, "remedy"), "disable");
  EXPECT_EQ(text(latch, "phase"), "canary");
  EXPECT_NE(text(latch, "why").find("audio-transcription-lambda-errors"), std::string::npos);
  for (const char* command : {"start", "advance", "pause", "resume", "approve"})
    EXPECT_EQ(say(command).status, 409) << command;
  refused(say("clear"), 400, "reason");
  const object cleared = done("clear", R"({"reason":"mended"})");
  EXPECT_EQ(text(cleared.at("rollout").as_object(), "status"), "paused");
  EXPECT_TRUE(cleared.at("rollout").as_object().at("latch").is_null());
  EXPECT_FALSE(now_set().enabled) << "clearing switches nobody on";
  refused(say("clear", R"({"reason":"again"})"), 409, "status", "nothing to clear");
  done("resume");
  EXPECT_TRUE(now_set().enabled);
  EXPECT_EQ(now_set().rollout_percentage, 10);
}

TEST_F(PhasesApiTest, WhatHasNotPassedIsAdvancedOverByForceAlone) {
  done("start");
  fail_for_real();
  done("clear", R"({"reason":"a drill"})");
  done("resume");
  refused(say("advance"), 409, "status", "a criterion has not passed: Not enough data yet");
  for (int i = 0; i < 20; ++i) {
    rollout::SessionOutcome outcome = testing::healthy_outcome(i % 10 == 0, 10, i);
    outcome.began_at = TestFlag::now;
    outcome.ended_at = TestFlag::now + minutes{20};
    outcome.errors = 1;
    ASSERT_TRUE(flag.rollouts.add_sessions(
        flag.name, {{0, TestFlag::now, *feature_flag::outcome_text(outcome)}}));
  }
  refused(say("advance"), 409, "status", "a criterion fails: Sessions with errors");
  refused(say("advance", R"({"force":true})"), 400, "reason");
  EXPECT_EQ(now_set().rollout_percentage, 10);
  done("advance", R"({"force":true,"reason":"a drill"})");
  EXPECT_EQ(now_set().rollout_percentage, 50);
}

TEST_F(PhasesApiTest, APersonsHandOnTheFlagPausesAndIsNotOverruled) {
  done("start");
  flag.set_percentage(30);
  refused(say("advance"), 409, "status", "changed by hand");
  ASSERT_TRUE(flag.controller.tick(TestFlag::now + minutes{1}));
  EXPECT_EQ(text(standing(), "status"), "paused");
  EXPECT_EQ(now_set().rollout_percentage, 30);
  done("resume");
  EXPECT_EQ(now_set().rollout_percentage, 10) << "as the phase wants it";
}

TEST_F(PhasesApiTest, APlanMayBeADocument) {
  const object started = done("start", R"({"plan":{"name":"two steps","phases":[
      {"name":"few","rollout_percentage":5,"bake_hours":48,"min_sessions":3,"approval":true},
      {"name":"all","rollout_percentage":100,
       "criteria":["alarms",{"name":"latency_p95","limit":4000,"breaches":3,"of":4}]}]}})");
  const object rollout = started.at("rollout").as_object();
  EXPECT_EQ(text(rollout, "plan"), "two steps");
  const object few = rollout.at("phases").at(0).as_object();
  EXPECT_EQ(number(few, "bake_hours"), 48);
  EXPECT_EQ(number(few, "min_sessions"), 3);
  EXPECT_TRUE(few.at("approval").as_bool());
  EXPECT_EQ(number(rollout.at("phases").at(1).as_object(), "bake_hours"), 168) << "the guide's";
  EXPECT_EQ(now_set().rollout_percentage, 5);
  advanced();
  const auto criteria = json(operate("GET", phases_root)).at("criteria").as_array();
  ASSERT_EQ(criteria.size(), 2u);
  EXPECT_EQ(text(criteria.at(1).as_object(), "name"), "latency_p95");
  EXPECT_EQ(number(criteria.at(1).as_object(), "limit"), 4000);
}

TEST_F(PhasesApiTest, EventsAreListedPageByPage) {
  done("start");
  done("pause");
  done("resume");
  advanced();
  const auto list = [&](const std::map<std::string, std::string>& query) {
    std::vector<std::string> kinds;
    const object page = json(operate("GET", events_root, {}, query));
    for (const auto& event : page.at("events").as_array())
      kinds.push_back(text(event.as_object(), "kind"));
    return kinds;
  };
  using Kinds = std::vector<std::string>;
  EXPECT_EQ(list({}), (Kinds{"started", "paused", "resumed", "advanced"}));
  EXPECT_EQ(list({{"limit", "2"}}), (Kinds{"started", "paused"}));
  const std::string second = std::to_string(records().at(1).number);
  EXPECT_EQ(list({{"after", second}}), (Kinds{"resumed", "advanced"}));
  EXPECT_EQ(list({{"after", second}, {"limit", "1"}}), Kinds{"resumed"});
  EXPECT_EQ(list({{"after", "18446744073709551615"}}), Kinds{});
  for (const char* limit : {"0", "1001", "-1", "x", "", "1.5", "99999999999999999999"})
    refused(operate("GET", events_root, {}, {{"limit", limit}}), 400, "limit");
  for (const char* after : {"-1", "x", "18446744073709551616"})
    refused(operate("GET", events_root, {}, {{"after", after}}), 400, "after");
}

TEST_F(PhasesApiTest, ARecordIsTheBytesThatItsDecisionFollowsFrom) {
  done("start");
  fail_for_real();
  done("clear", R"({"reason":"mended"})");
  const object page = json(operate("GET", events_root));
  ASSERT_EQ(page.at("events").as_array().size(), 3u);
  EXPECT_EQ(page.at("newest").at("number"), 3);
  EXPECT_EQ(page.at("newest").at("hash"), page.at("events").at(2).at("hash"));
  for (const auto& event : page.at("events").as_array()) {
    const Response record =
        operate("GET", events_root + "/" + std::to_string(number(event.as_object(), "record")));
    ASSERT_EQ(record.status, 200);
    const auto again = rollout_controller::recompute(record.body);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, record.body);
    EXPECT_EQ(text(json(record).at("event").as_object(), "kind"), text(event.as_object(), "kind"));
  }
  for (const char* number : {"0", "-1", "x", "1x", "1/2", "99999999999999999999"})
    refused(operate("GET", events_root + "/" + number), 400, "record");
  refused(operate("GET", events_root + "/"), 400, "record");
  refused(operate("GET", events_root + "/99"), 404, "record");
  refused(operate("GET", events_root + "/18446744073709551615"), 404, "record");
}

}  // namespace
}  // namespace sotto::server
