#include "server/application.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "tests/support/events.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/test_flag.hpp"

namespace sotto::server {
namespace {

class ApplicationTest : public ::testing::Test {
 protected:
  explicit ApplicationTest(milliseconds votes_after_end = {}) {
    ApplicationConfig config;
    config.flag = flag.access();
    config.telemetry = flag.telemetry();
    config.phases = flag.phases();
    config.phases.on_event = [this](const rollout::RolloutEvent& event, const rollout::State&) {
      told.emplace_back(to_string(event.kind));
    };
    config.telemetry.on_outcome = [this](const auto& outcome) { outcomes.push_back(outcome); };
    config.sessions.votes_after_end = votes_after_end;
    config.telemetry.on_alarm = [this](const telemetry::AlarmChange& change) {
      alarms.push_back(std::string(change.rule->name) + ' ' +
                       std::string(telemetry::to_string(change.to)));
    };
    config.store.not_stored = [this] { return not_stored; };
    pipeline::SessionParts parts;
    parts.executor = io.get_executor();
    parts.recogniser = &recogniser;
    parts.translator = &translator;
    parts.cache = &cache;
    application = std::make_shared<Application>(config, parts, &log);
  }

  boost::json::object ask(const std::string& method, const std::string& path,
                          const std::string& body = {}) {
    const Response response = application->handle({method, path, {}, "operator-secret", {}, body});
    EXPECT_LT(response.status, 300) << path << " " << response.body;
    return boost::json::parse(response.body).as_object();
  }
  // A session in which two words are said.
  std::string hold_session() {
    const auto created = ask("POST", "/v1/sessions", "{}");
    recogniser.say(testing::final_result("good morning."));
    recogniser.end();
    io.restart();
    io.poll();
    return std::string(created.at("session_id").as_string());
  }

  boost::asio::io_context io;
  testing::TestFlag flag;
  testing::FakeRecogniser recogniser;
  testing::FakeTranslator translator;
  pipeline::TranslationCache cache;
  telemetry::Log log{telemetry::Level::error, [](const std::string&) {},
                     [] { return std::string(); }};
  std::vector<rollout::SessionOutcome> outcomes;
  std::vector<std::string> told;  // of the rollout
  std::vector<std::string> alarms;
  std::size_t not_stored = 0;
  std::shared_ptr<Application> application;
};

TEST_F(ApplicationTest, SaysWhatASessionThatEndedTellsOfItsArm) {
  const std::string id = hold_session();
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
}

TEST_F(ApplicationTest, ASessionThatEndedIsEvidenceOnceItHasTicked) {
  hold_session();
  EXPECT_TRUE(flag.rollouts.entries(flag.name, ports::Journal::sessions, 0, 9)->empty());
  ask("POST", "/v1/rollout/phases/start",
      R"({"plan":{"phases":[{"name":"all","rollout_percentage":100,"min_sessions":3}],
          "control_percentage":0}})");
  application->tick();
  EXPECT_EQ(flag.rollouts.entries(flag.name, ports::Journal::sessions, 0, 9)->size(), 1u);
  EXPECT_EQ(told, std::vector<std::string>{"started"});
  const auto standing = ask("GET", "/v1/rollout/phases");
  const auto& criteria = standing.at("criteria").as_array();
  EXPECT_TRUE(std::any_of(criteria.begin(), criteria.end(), [](const auto& one) {
    return one.at("name") == "erasure";
  })) << boost::json::serialize(standing);
}

class VotesAfterTheEnd : public ApplicationTest {
 protected:
  VotesAfterTheEnd() : ApplicationTest(std::chrono::minutes{3}) {}
};

TEST_F(VotesAfterTheEnd, AreWaitedFor) {
  hold_session();
  ASSERT_EQ(outcomes.size(), 1u);
  application->tick();
  const auto written = [&] {
    return flag.rollouts.entries(flag.name, ports::Journal::sessions, 0, 9)->size();
  };
  EXPECT_EQ(written(), 0u) << "votes may come";
  application->write_metrics();
  EXPECT_EQ(written(), 1u) << "the process ends";
}

TEST_F(ApplicationTest, AStoreThatCannotBeWrittenIsAnAlarmUntilAllIsStored) {
  const auto of_the_store = [this] {
    std::vector<std::string> of_it;
    for (const std::string& alarm : alarms)
      if (alarm.find("session-store") != std::string::npos) of_it.push_back(alarm);
    return of_it;
  };
  const std::string name = "audio-transcription-session-store-unavailable ";
  application->tick();
  EXPECT_TRUE(of_the_store().empty());
  not_stored = 2;
  application->tick();
  not_stored = 5;
  application->tick();
  EXPECT_EQ(of_the_store(), std::vector<std::string>{name + "ALARM"}) << "once";
  not_stored = 0;
  application->tick();
  EXPECT_EQ(of_the_store(), (std::vector<std::string>{name + "ALARM", name + "OK"}));
}

}  // namespace
}  // namespace sotto::server
