#include "server/application.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "tests/support/events.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/test_flag.hpp"

namespace sotto::server {
namespace {

TEST(Application, SaysWhatASessionThatEndedTellsOfItsArm) {
  boost::asio::io_context io;
  const auto poll = [&io] {
    io.restart();
    io.poll();
  };
  testing::TestFlag flag;
  testing::FakeRecogniser recogniser;
  testing::FakeTranslator translator;
  pipeline::TranslationCache cache;
  telemetry::Log log{telemetry::Level::error, [](const std::string&) {},
                     [] { return std::string(); }};
  std::vector<rollout::SessionOutcome> outcomes;
  ApplicationConfig config;
  config.flag = flag.access();
  config.telemetry = flag.telemetry();
  config.phases = flag.phases();
  std::vector<std::string> told;
  config.phases.on_event = [&](const rollout::RolloutEvent& event, const rollout::State&) {
    told.emplace_back(to_string(event.kind));
  };
  config.telemetry.on_outcome = [&](const auto& outcome) { outcomes.push_back(outcome); };
  pipeline::SessionParts parts;
  parts.executor = io.get_executor();
  parts.recogniser = &recogniser;
  parts.translator = &translator;
  parts.cache = &cache;
  const auto application = std::make_shared<Application>(config, parts, &log);
  const auto created = application->handle({"POST", "/v1/sessions", {}, {}, {}, "{}"});
  const std::string id(boost::json::parse(created.body).as_object().at("session_id").as_string());
  recogniser.say(testing::final_result("good morning."));
  recogniser.end();
  poll();
  ASSERT_EQ(outcomes.size(), 1u);
  const rollout::SessionOutcome& outcome = outcomes.front();
  EXPECT_EQ(outcome.session_id, id);
  EXPECT_TRUE(outcome.canary);
  EXPECT_TRUE(outcome.by_bucket);
  EXPECT_EQ(outcome.percentage, 100);
  EXPECT_EQ(outcome.flag_version, 1u);
  EXPECT_EQ(outcome.began_at, testing::TestFlag::now);
  EXPECT_EQ(outcome.ended_at, testing::TestFlag::now);
  EXPECT_EQ(outcome.finals, 1u);
  ASSERT_TRUE(outcome.paired);
  EXPECT_EQ(outcome.paired->words, 2u);

  // It is the rollout's evidence once the host has ticked, and so is what became of the rollout.
  EXPECT_TRUE(flag.rollouts.entries(flag.name, ports::Journal::sessions, 0, 9)->empty());
  const auto started =
      application->handle({"POST",
                           "/v1/rollout/phases/start",
                           {},
                           "operator-secret",
                           {},
                           R"({"plan":{"phases":[{"name":"all","rollout_percentage":100,
                                         "min_sessions":3}],"control_percentage":0}})"});
  ASSERT_EQ(started.status, 200) << started.body;
  application->tick();
  EXPECT_EQ(flag.rollouts.entries(flag.name, ports::Journal::sessions, 0, 9)->size(), 1u);
  EXPECT_EQ(told, std::vector<std::string>{"started"});
  const auto standing =
      application->handle({"GET", "/v1/rollout/phases", {}, "operator-secret", {}, {}});
  const auto criteria = boost::json::parse(standing.body).at("criteria").as_array();
  const auto cost = std::find_if(criteria.begin(), criteria.end(),
                                 [](const auto& one) { return one.at("name") == "erasure"; });
  ASSERT_NE(cost, criteria.end()) << standing.body;
}

}  // namespace
}  // namespace sotto::server
