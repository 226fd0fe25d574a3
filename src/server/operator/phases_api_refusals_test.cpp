#include "server/operator/test_phases_api.hpp"

namespace sotto::server {
namespace {

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
    only("GET, HEAD", "POST", path);
  for (const std::string& command : commands) only("POST", "GET", phases_root + "/" + command);
  EXPECT_EQ(records().size(), 1u);
  EXPECT_TRUE(api->may_wait({"GET", phases_root, {}, {}, {}, {}}));
  EXPECT_TRUE(api->may_wait({"GET", events_root + "/1", {}, {}, {}, {}}));
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

}  // namespace
}  // namespace sotto::server
