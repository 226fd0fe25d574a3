#include "server/operator/phases_api.hpp"

#include "rollout_controller/state_json.hpp"
#include "tests/support/server_fixture.hpp"

namespace sotto::server {
namespace {

using boost::json::object;
using std::chrono::minutes;
using testing::TestFlag;

const std::string phases_root = "/v1/rollout/phases", events_root = "/v1/rollout/events";

const std::vector<std::string> commands = {"start", "advance", "pause", "resume",
                                           "abort", "approve", "clear"};

class PhasesApiTest : public testing::ServerTest {
 protected:
  Response operate(const std::string& method, const std::string& path, const std::string& body = {},
                   const std::map<std::string, std::string>& query = {}) {
    return ask(method, path, body, "operator-secret", query);
  }
  Response say(const std::string& command, const std::string& body = {}) {
    return operate("POST", phases_root + "/" + command, body);
  }
  static object json(const Response& response) {
    return boost::json::parse(response.body).as_object();
  }
  // The rollout after a command that must be taken.
  object done(const std::string& command, const std::string& body = {}) {
    const Response response = say(command, body);
    EXPECT_EQ(response.status, 200) << command << " " << response.body;
    return json(response);
  }
  object standing() { return json(operate("GET", phases_root)).at("rollout").as_object(); }
  static std::string text(const object& of, const char* member) {
    return std::string(of.at(member).as_string());
  }
  static int number(const object& of, const char* member) { return of.at(member).to_number<int>(); }
  void refused(const Response& response, int status, const std::string& field,
               const std::string& hint = {}) {
    EXPECT_EQ(response.status, status) << response.body;
    const object error = json(response).at("error").as_object();
    EXPECT_EQ(text(error, "field"), field) << response.body;
    EXPECT_NE(text(error, "message").find(hint), std::string::npos) << response.body;
  }

  rollout::Flag now_set() { return feature_flag::current_flag(flag.store, flag.name)->flag; }
  std::size_t changes() { return flag.store.history(flag.name, 100)->size(); }
  std::vector<ports::JournalEntry> records() {
    return *flag.rollouts.entries(flag.name, ports::Journal::decisions, 0, 1000);
  }

  // Lets the guide's alarm for errors go off, and the leader look.
  void fail_for_real() {
    flag.monitor.tick(TestFlag::now);
    flag.metrics.count(telemetry::Arm::canary, telemetry::Counter::session_errors, 6);
    flag.monitor.tick(TestFlag::now + minutes{5});
    ASSERT_TRUE(flag.controller.tick(TestFlag::now + minutes{5}));
  }
};

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
  const object started = done("start", R"({"by":"ada","reason":"release 2"})");
  const object rollout = started.at("rollout").as_object();
  EXPECT_EQ(text(rollout, "plan"), "guide");
  EXPECT_EQ(text(rollout, "status"), "running");
  EXPECT_EQ(text(rollout, "phase"), "canary");
  EXPECT_EQ(rollout.at("phases").as_array().size(), 3u);
  EXPECT_EQ(rollout.at("bake_left_hours").to_number<double>(), 168);
  EXPECT_TRUE(rollout.at("latch").is_null());
  const object event = started.at("event").as_object();
  EXPECT_EQ(text(event, "kind"), "started");
  EXPECT_EQ(text(event, "by"), "ada");
  EXPECT_EQ(text(event, "why"), "Started with phase canary, 10 %. release 2");
  EXPECT_EQ(number(event, "percentage_before"), 100);
  EXPECT_EQ(number(event, "percentage_after"), 10);
  const auto current = feature_flag::current_flag(flag.store, flag.name);
  EXPECT_EQ(current->flag.rollout_percentage, 10);
  EXPECT_EQ(current->revision.changed_by, "ada");
  EXPECT_NE(current->revision.reason.find("release 2"), std::string::npos);
  refused(say("start"), 409, "status", "abort it first");
}

TEST_F(PhasesApiTest, PausingAndApprovingLeaveTheFlagAlone) {
  done("start");
  const std::size_t before = changes();
  EXPECT_EQ(text(done("pause").at("rollout").as_object(), "status"), "paused");
  refused(say("pause"), 409, "status", "not running");
  EXPECT_EQ(text(done("resume", R"({"by":"ada"})").at("event").as_object(), "by"), "ada");
  EXPECT_EQ(text(standing(), "status"), "running");
  refused(say("resume"), 409, "status", "not paused");
  EXPECT_EQ(text(done("approve", R"({"by":"ada"})").at("rollout").as_object(), "approved_by"),
            "ada");
  EXPECT_EQ(changes(), before);
}

TEST_F(PhasesApiTest, AdvancingSetsTheFlagUntilAllPhasesHavePassed) {
  done("start");
  EXPECT_EQ(text(done("advance").at("rollout").as_object(), "phase"), "gradual");
  EXPECT_EQ(now_set().rollout_percentage, 50);
  EXPECT_EQ(now_set().control_percentage, 0) << "there is room for control without";
  const object last = done("advance", R"({"force":true,"reason":"in a hurry"})");
  EXPECT_EQ(text(last, "why"), "Advanced by force. in a hurry");
  EXPECT_EQ(now_set().rollout_percentage, 100);
  EXPECT_EQ(now_set().control_percentage, 2);
  EXPECT_EQ(text(done("advance").at("rollout").as_object(), "status"), "completed");
  refused(say("advance"), 409, "status", "running or paused");
  refused(say("approve"), 409, "status", "nothing to approve");
  EXPECT_EQ(now_set().rollout_percentage, 100);
}

TEST_F(PhasesApiTest, AbortingTakesEverybodyOut) {
  done("start");
  done("advance");
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
  const object cleared = done("clear", R"({"reason":"mended","by":"ada"})");
  EXPECT_EQ(text(cleared.at("rollout").as_object(), "status"), "paused");
  EXPECT_TRUE(cleared.at("rollout").as_object().at("latch").is_null());
  EXPECT_FALSE(now_set().enabled) << "clearing switches nobody on";
  refused(say("clear", R"({"reason":"again"})"), 409, "status", "nothing to clear");
  done("resume");
  EXPECT_TRUE(now_set().enabled);
  EXPECT_EQ(now_set().rollout_percentage, 10);
}

TEST_F(PhasesApiTest, AFailedCriterionIsAdvancedOverByForceAlone) {
  done("start");
  fail_for_real();
  done("clear", R"({"reason":"a drill"})");
  done("resume");
  refused(say("advance"), 409, "status", "a criterion fails: Alarms");
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

TEST_F(PhasesApiTest, WhatIsWrongIsNamed) {
  struct Case {
    std::string command, body;
    int status;
    std::string field;
  };
  const std::string long_reason = R"({"reason":")" + std::string(501, 'x') + "\"}";
  const std::vector<Case> cases = {
      {"start", "[]", 400, "body"},
      {"start", "{", 400, "body"},
      {"start", R"({"plan":"fast"})", 400, "plan"},
      {"start", R"({"plan":7})", 400, "plan"},
      {"start", R"({"plan":null})", 400, "plan"},
      {"start", R"({"force":true})", 400, "force"},
      {"start", R"({"phase":"canary"})", 400, "phase"},
      {"start", R"({"by":7})", 400, "by"},
      {"start", R"({"by":""})", 400, "by"},
      {"start", R"({"reason":["a"]})", 400, "reason"},
      {"start", long_reason, 400, "reason"},
      {"advance", R"({"force":"yes"})", 400, "force"},
      {"advance", R"({"force":1})", 400, "force"},
      {"advance", R"({"plan":"guide"})", 400, "plan"},
      {"pause", R"({"force":true})", 400, "force"},
      {"resume", R"({"plan":"guide"})", 400, "plan"},
      {"abort", "", 400, "reason"},
      {"abort", R"({"reason":""})", 400, "reason"},
      {"clear", "{}", 400, "reason"},
      {"stop", "", 404, "path"},
      {"", "", 404, "path"},
      {"start/now", "", 404, "path"},
  };
  for (const auto& [command, body, status, field] : cases) {
    SCOPED_TRACE(command + " " + body);
    refused(say(command, body), status, field);
  }
  EXPECT_EQ(changes(), 1u);
  EXPECT_TRUE(records().empty());
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
  done("advance");
  const auto criteria = json(operate("GET", phases_root)).at("criteria").as_array();
  ASSERT_EQ(criteria.size(), 2u);
  EXPECT_EQ(text(criteria.at(1).as_object(), "name"), "latency_p95");
  EXPECT_EQ(number(criteria.at(1).as_object(), "limit"), 4000);
}

TEST_F(PhasesApiTest, WhatIsWrongInAPlanIsNamed) {
  const auto phase = [](const std::string& more) {
    return R"({"phases":[{"name":"few","rollout_percentage":5)" + more + "}]}";
  };
  const auto rule = [&](const std::string& more) {
    return phase(R"(,"criteria":[{"name":"latency_p95",)" + more + "}]");
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"speed":1})", "speed"},
      {R"({"name":""})", "name"},
      {R"({"name":7})", "name"},
      {R"({"phases":[]})", "phases"},
      {R"({"phases":7})", "phases"},
      {R"({"phases":[{"name":"few"}]})", "rollout_percentage"},
      {R"({"phases":[{"rollout_percentage":5}]})", "name"},
      {R"({"phases":[{"name":"a","rollout_percentage":5},{"name":"b","rollout_percentage":5}]})",
       "rollout_percentage"},
      {phase(R"(,"bake_hours":8737)"), "bake_hours"},
      {phase(R"(,"bake_hours":1.5)"), "bake_hours"},
      {phase(R"(,"min_sessions":2)"), "min_sessions"},
      {phase(R"(,"approval":"yes")"), "approval"},
      {phase(R"(,"criteria":[])"), "criteria"},
      {phase(R"(,"criteria":["luck"])"), "criteria"},
      {phase(R"(,"criteria":["alarms","alarms"])"), "criteria"},
      {phase(R"(,"wait":1)"), "wait"},
      {rule(R"("limit":-1)"), "limit"},
      {rule(R"("limit":"low")"), "limit"},
      {rule(R"("on_failure":"weep")"), "on_failure"},
      {rule(R"("breaches":3,"of":2)"), "breaches"},
      {rule(R"("of":33)"), "of"},
      {rule(R"("warm_up_minutes":10081)"), "warm_up_minutes"},
      {rule(R"("missing":"maybe")"), "missing"},
      {R"({"freeze":[{"from":"2026-12-20T00:00:00Z"}]})", "freeze"},
      {R"({"freeze":[{"from":"soon","to":"2026-12-20T00:00:00Z"}]})", "from"},
      {R"({"alarms":{"bell":"ring"}})", "alarms"},
      {R"({"control_percentage":51})", "control_percentage"},
      {R"({"alpha":0.5})", "alpha"},
      {R"({"look_minutes":0})", "look_minutes"},
      {R"({"a_a":1})", "a_a"},
  };
  for (const auto& [plan, field] : cases) {
    SCOPED_TRACE(plan);
    refused(say("start", "{\"plan\":" + plan + "}"), 400, field);
  }
  EXPECT_EQ(changes(), 1u);
}

TEST_F(PhasesApiTest, StrangersSeeAndDoNothing) {
  done("start");
  for (const char* bearer : {"", "wrong", "operator-secre"}) {
    for (const std::string& command : commands)
      refused(ask("POST", phases_root + "/" + command, R"({"reason":"x"})", bearer), 403,
              "Authorization");
    for (const std::string& path :
         {phases_root, events_root, events_root + "/1", std::string("/v1/rollout/criteria")})
      refused(ask("GET", path, {}, bearer), 403, "Authorization");
  }
  EXPECT_EQ(text(standing(), "status"), "running");
  auto nobody = flag.access();
  nobody.operator_token.clear();
  const PhasesApi without(nobody, &flag.controller, &flag.rollouts);
  EXPECT_EQ(without.handle({"GET", phases_root, {}, "", {}, ""}).status, 403);
}

TEST_F(PhasesApiTest, OtherMethodsAreAnsweredWithThoseThatThereAre) {
  done("start");
  const auto only = [&](const std::string& allowed, const std::string& other,
                        const std::string& path) {
    const Response refused = operate(other, path);
    EXPECT_EQ(refused.status, 405) << path;
    EXPECT_EQ(refused.allow, allowed) << path;
  };
  for (const std::string& path :
       {phases_root, events_root, events_root + "/1", std::string("/v1/rollout/criteria")})
    only("GET", "POST", path);
  for (const std::string& command : commands) only("POST", "GET", phases_root + "/" + command);
  EXPECT_EQ(records().size(), 1u);
  EXPECT_TRUE(api->may_wait({"GET", phases_root, {}, {}, {}, {}}));
  EXPECT_TRUE(api->may_wait({"GET", events_root + "/1", {}, {}, {}, {}}));
}

TEST_F(PhasesApiTest, EventsAreListedPageByPage) {
  done("start");
  done("pause");
  done("resume");
  done("advance");
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

TEST_F(PhasesApiTest, NothingIsSaidOrDoneWhileItsStoreIsDown) {
  done("start");
  const std::size_t before = changes();
  flag.rollouts.break_with(Error{ErrorCode::unavailable, "the disk is gone", "store"});
  for (const std::string& command : commands)
    refused(say(command, R"({"reason":"because"})"), 503, "store", "the disk is gone");
  for (const std::string& path :
       {phases_root, events_root, events_root + "/1", std::string("/v1/rollout/criteria")})
    refused(operate("GET", path), 503, "store");
  EXPECT_EQ(changes(), before);
  flag.rollouts.break_with(std::nullopt);
  EXPECT_EQ(text(standing(), "status"), "running");
  flag.store.break_with(Error{ErrorCode::unavailable, "no flag", "store"});
  for (const std::string& path : {phases_root, std::string("/v1/rollout/criteria")})
    refused(operate("GET", path), 503, "store", "no flag");
  refused(say("pause"), 503, "store", "no flag");
}

TEST_F(PhasesApiTest, CriteriaAreTheGuidesWhereNoPlanRuns) {
  const object judged = json(operate("GET", "/v1/rollout/criteria"));
  EXPECT_TRUE(judged.at("rollout").is_null());
  EXPECT_EQ(text(judged.at("phase").as_object(), "name"), "full");
  EXPECT_EQ(text(judged, "decision"), "hold");
  EXPECT_NE(text(judged, "why").find("Not enough data"), std::string::npos);
  const object latency = judged.at("criteria").at(0).as_object();
  EXPECT_EQ(text(latency, "name"), "latency_p95");
  EXPECT_TRUE(latency.at("canary").is_null());
  EXPECT_TRUE(latency.at("interval").is_null());
  EXPECT_FALSE(latency.at("acute").as_bool());
  EXPECT_EQ(text(latency, "on_failure"), "step_back");
}

TEST_F(PhasesApiTest, CriteriaAreThePlansWhereOneRuns) {
  done("start", R"({"plan":{"phases":[{"name":"few","rollout_percentage":5,"min_sessions":3,
                    "criteria":[{"name":"alarms","on_failure":"hold"}]}]}})");
  const auto judge = [&] { return json(operate("GET", "/v1/rollout/criteria")); };
  object judged = judge();
  EXPECT_EQ(text(judged.at("rollout").as_object(), "phase"), "few");
  ASSERT_EQ(judged.at("criteria").as_array().size(), 1u);
  EXPECT_EQ(text(judged.at("criteria").at(0).as_object(), "on_failure"), "hold");
  EXPECT_EQ(text(judged, "decision"), "hold");
  EXPECT_EQ(text(judged, "why"), "Too few sessions: the canary has 0 of 3.");
  done("pause");
  EXPECT_EQ(text(judge(), "decision"), "hold");
  done("abort", R"({"reason":"enough"})");
  judged = judge();
  EXPECT_EQ(text(judged.at("rollout").as_object(), "status"), "aborted");
  EXPECT_GT(judged.at("criteria").as_array().size(), 1u) << "the guide's again";
}

TEST_F(PhasesApiTest, WhereNothingCanBeMeasuredNothingGoesOn) {
  done("start");
  rollout_controller::RolloutController blind(
      {&flag.rollouts,
       &flag.store,
       flag.name,
       "test pid 1",
       [](const rollout::State&, UtcTime) -> Result<rollout::Readings> {
         return fail(ErrorCode::unavailable, "no metrics", "series");
       },
       {}});
  ApiParts parts = flag.api_parts(&*registry, &log);
  parts.controller = &blind;
  api.emplace(parts);
  const object judged = json(operate("GET", "/v1/rollout/criteria"));
  EXPECT_EQ(text(judged, "decision"), "hold");
  EXPECT_EQ(text(judged, "why"), "Nothing could be measured.");
  EXPECT_TRUE(judged.at("criteria").as_array().empty());
  refused(say("advance"), 409, "status", "nothing could be measured");
}

}  // namespace
}  // namespace sotto::server
