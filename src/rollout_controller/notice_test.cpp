#include "rollout_controller/notice.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace sotto::rollout_controller {
namespace {

KeptEvent event() {
  return {{7, rollout::EventKind::stepped_back, UtcTime{std::chrono::hours{24}}, "controller",
           "Back to 10 %: p95 <latency> & more", "canary", 50, 10},
          12,
          std::string(64, 'a')};
}

rollout::State state() {
  rollout::State state;
  state.plan = rollout::guide_plan();
  state.status = rollout::Status::rolled_back;
  return state;
}

TEST(Notice, SaysAllInJson) {
  const auto notice = boost::json::parse(notice_json("prod", "/a/b", event(), state())).as_object();
  EXPECT_EQ(notice.at("kind"), "stepped_back");
  EXPECT_EQ(notice.at("percentage_before"), 50);
  EXPECT_EQ(notice.at("percentage_after"), 10);
  EXPECT_EQ(notice.at("why"), "Back to 10 %: p95 <latency> & more");
  EXPECT_EQ(notice.at("environment"), "prod");
  EXPECT_EQ(notice.at("status"), "rolled_back");
  EXPECT_EQ(notice.at("event"), "rollout");
  EXPECT_EQ(notice.at("record"), 12);
  EXPECT_EQ(notice.at("hash").as_string(), std::string(64, 'a'));
}

TEST(Notice, TakesSlacksFormWithItsEscapes) {
  const auto notice =
      boost::json::parse(notice_slack("prod", "/a/b", event(), state())).as_object();
  EXPECT_EQ(notice.at("text"), "Rolled back (prod): Back to 10 %: p95 &lt;latency&gt; &amp; more");
  const auto& blocks = notice.at("blocks").as_array();
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].at("type"), "section");
  EXPECT_EQ(blocks[0].at("text").at("type"), "mrkdwn");
  const std::string context(blocks[1].at("elements").at(0).at("text").as_string());
  EXPECT_NE(context.find("50 % → 10 %"), std::string::npos) << context;
  EXPECT_NE(context.find("record 12, hash " + std::string(64, 'a')), std::string::npos) << context;
}

}  // namespace
}  // namespace sotto::rollout_controller
