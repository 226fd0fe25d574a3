#include "server/operator/test_phases_api.hpp"

namespace sotto::server {
namespace {

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
