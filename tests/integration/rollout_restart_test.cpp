// A rollout in the stores of one machine, and the servers that come, go and share it.
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "feature_flag/outcome_json.hpp"
#include "providers/local/sqlite_flag_store.hpp"
#include "providers/local/sqlite_rollout_store.hpp"
#include "providers/local/sqlite_series.hpp"
#include "rollout_controller/state_json.hpp"
#include "server/application.hpp"
#include "tests/support/events.hpp"
#include "tests/support/failing_sessions.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/rollout_readings.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::server {
namespace {

namespace json = boost::json;
namespace local = providers::local;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string flag_name(rollout::default_parameter_name);

/// A server's process without its transport: all that it knows goes with it, but for the folder.
class Process {
 public:
  Process(const std::filesystem::path& folder, const std::string& name, const UtcTime* clock)
      : flags_(local::make_sqlite_flag_store(folder / "flags.db")),
        rollouts_(local::make_sqlite_rollout_store(folder)),
        series_(local::make_sqlite_series(folder / "metrics.db")) {
    recogniser_.calibration_.emplace();
    const auto now = [clock] { return *clock; };
    feature_flag::FlagReaderConfig reading;
    reading.process = name;
    reader_ = std::make_unique<feature_flag::FlagReader>(
        reading, feature_flag::FlagReaderParts{flags_.get(), now, [] { return 0.5; }});
    ApplicationConfig config;
    config.flag = {reader_.get(), flags_.get(), flag_name, "operator-secret", now};
    config.telemetry = {metrics_.get(), series_.get(), "test", {}, {}, {}};
    config.phases = {rollouts_.get(), name,
                     [this](const rollout::RolloutEvent& event, const rollout::State&) {
                       told.emplace_back(to_string(event.kind));
                     }};
    pipeline::SessionParts parts;
    parts.executor = io_.get_executor();
    parts.recogniser = &recogniser_;
    parts.translator = &translator_;
    parts.cache = &cache_;
    application_ = std::make_shared<Application>(config, parts, &log_);
  }

  json::object ask(const std::string& method, const std::string& path,
                   const std::string& body = {}) {
    const Response response = application_->handle({method, path, {}, "operator-secret", {}, body});
    EXPECT_EQ(response.status, 200) << path << " " << response.body;
    return json::parse(response.body).as_object();
  }
  json::object standing() { return ask("GET", "/v1/rollout/phases").at("rollout").as_object(); }
  void tick() { application_->tick(); }
  telemetry::Metrics& metrics() { return *metrics_; }
  ports::RolloutStore& rollouts() { return *rollouts_; }
  ports::FlagStore& flags() { return *flags_; }

  std::vector<std::string> told;

 private:
  const std::unique_ptr<ports::FlagStore> flags_;
  const std::unique_ptr<ports::RolloutStore> rollouts_;
  const std::unique_ptr<telemetry::Series> series_;
  const std::unique_ptr<telemetry::Metrics> metrics_ = std::make_unique<telemetry::Metrics>();
  boost::asio::io_context io_;
  testing::FakeRecogniser recogniser_;
  testing::FakeTranslator translator_;
  pipeline::TranslationCache cache_;
  telemetry::Log log_{telemetry::Level::error, [](const std::string&) {}, [] { return ""; }};
  std::unique_ptr<feature_flag::FlagReader> reader_;
  std::shared_ptr<Application> application_;
};

class RolloutRestart : public ::testing::Test {
 protected:
  std::unique_ptr<Process> process(const std::string& name) {
    return std::make_unique<Process>(folder.path(), name, &clock);
  }

  // Two phases of six hours, for whose end alarms and sessions alone count.
  static std::string plan() {
    return R"({"plan":{"name":"short","phases":[
        {"name":"few","rollout_percentage":10,"bake_hours":6,"min_sessions":3,"criteria":["alarms"]},
        {"name":"half","rollout_percentage":50,"bake_hours":6,"min_sessions":3,
         "criteria":["alarms"]}],
        "alarms":{"audio-transcription-lambda-errors":"step_back"}}})";
  }

  // A talk of either arm has just ended.
  void talks_end(Process& at, int share) {
    std::vector<ports::JournalEntry> entries;
    for (const bool canary : {true, false}) {
      rollout::SessionOutcome outcome = testing::healthy_outcome(canary, share, ++talks);
      outcome.began_at = outcome.ended_at = clock;
      entries.push_back({0, clock, *feature_flag::outcome_text(outcome)});
    }
    ASSERT_TRUE(at.rollouts().add_sessions(flag_name, entries));
  }
  // An hour of ticks, in which a talk of either arm ends.
  void pass_hour(Process& at, int share) {
    talks_end(at, share);
    for (int i = 0; i < 12; ++i) {
      clock += minutes{5};
      at.tick();
    }
  }

  static double number(const json::object& of, const char* member) {
    return of.at(member).to_number<double>();
  }
  static rollout::Flag flag_of(Process& at) {
    return feature_flag::current_flag(at.flags(), flag_name)->flag;
  }

  testing::TemporaryFolder folder;
  UtcTime clock{milliseconds{1'764'000'000'000}};
  int talks = 0;
};

TEST_F(RolloutRestart, PhaseBakeTimeAndApprovalAreAsTheyWere) {
  auto server = process("one");
  server->ask("POST", "/v1/rollout/phases/start", plan());
  server->tick();
  EXPECT_EQ(server->told, std::vector<std::string>{"started"});
  for (int hour = 0; hour < 3; ++hour) pass_hour(*server, 10);
  server->ask("POST", "/v1/rollout/phases/approve", R"({"reason":"seen"})");
  const json::object before = server->standing();
  EXPECT_EQ(before.at("phase").as_string(), "few");
  EXPECT_NEAR(number(before, "baked_hours"), 3, 0.1);
  EXPECT_EQ(before.at("approved_by").as_string(), "operator");

  server.reset();
  server = process("two");
  EXPECT_EQ(server->standing(), before);
  // The time without a server is no bake time, or little of it.
  clock += hours{2};
  server->tick();
  EXPECT_EQ(server->told, std::vector<std::string>{"approved"}) << "what nobody was told of yet";
  const json::object after = server->standing();
  EXPECT_EQ(after.at("leader").as_string(), "two");
  EXPECT_LT(number(after, "baked_hours") - number(before, "baked_hours"), 0.1);

  for (int hour = 0; hour < 4 && flag_of(*server).rollout_percentage == 10; ++hour)
    pass_hour(*server, 10);
  EXPECT_EQ(flag_of(*server).rollout_percentage, 50);
  EXPECT_EQ(server->told.back(), "promoted");
  server = process("three");
  EXPECT_EQ(server->standing().at("phase").as_string(), "half");
}

TEST_F(RolloutRestart, TheLatchIsAsItWas) {
  auto server = process("one");
  server->ask("POST", "/v1/rollout/phases/start", plan());
  server->ask("POST", "/v1/rollout/phases/advance",
              R"({"force":true,"reason":"nobody talks yet"})");
  for (int minute = 0; minute < 12; ++minute) {
    server->tick();
    if (minute == 5) testing::count_failing_sessions(server->metrics(), 10);
    clock += minutes{1};
  }
  const json::object before = server->standing();
  ASSERT_EQ(before.at("status").as_string(), "rolled_back");
  EXPECT_EQ(before.at("latch").at("phase").as_string(), "half");
  const auto version = feature_flag::current_flag(server->flags(), flag_name)->revision.version;
  EXPECT_EQ(flag_of(*server).rollout_percentage, 10);
  EXPECT_TRUE(flag_of(*server).recall_live);

  server.reset();
  server = process("two");
  EXPECT_EQ(server->standing(), before);
  for (int hour = 0; hour < 12; ++hour) pass_hour(*server, 10);
  EXPECT_EQ(server->standing().at("latch"), before.at("latch"));
  EXPECT_EQ(feature_flag::current_flag(server->flags(), flag_name)->revision.version, version);

  const auto records = server->rollouts().entries(flag_name, ports::Journal::decisions, 0, 100);
  ASSERT_TRUE(records);
  for (const ports::JournalEntry& record : *records)
    EXPECT_EQ(*rollout_controller::recompute(record.text), record.text)
        << "also by another process";
}

TEST_F(RolloutRestart, OfTwoServersOneLeadsAndEachChangeIsMadeOnce) {
  auto one = process("one"), two = process("two");
  one->ask("POST", "/v1/rollout/phases/start", plan());
  two->ask("POST", "/v1/rollout/phases/pause", R"({"reason":"seen"})");
  EXPECT_EQ(one->standing().at("status").as_string(), "paused") << "either takes commands";
  one->ask("POST", "/v1/rollout/phases/resume");
  for (int minute = 0; minute < 7 * 60; ++minute) {
    if (minute % 60 == 0) talks_end(*two, 10);
    clock += minutes{1};
    two->tick();
    one->tick();
    ASSERT_EQ(one->standing().at("leader").as_string(), "two") << minute;
  }
  EXPECT_EQ(two->told, (std::vector<std::string>{"started", "paused", "resumed", "promoted"}));
  EXPECT_TRUE(one->told.empty()) << "nobody is told twice";
  EXPECT_EQ(one->standing(), two->standing());
  EXPECT_EQ(flag_of(*one).rollout_percentage, 50);
  EXPECT_EQ(feature_flag::current_flag(one->flags(), flag_name)->revision.version, 2u);

  two.reset();
  clock += seconds{30};
  one->tick();
  EXPECT_EQ(one->standing().at("leader").as_string(), "two") << "it may only be slow";
  clock += seconds{40};
  one->tick();
  EXPECT_EQ(one->standing().at("leader").as_string(), "one");
  EXPECT_EQ(one->standing().at("phase").as_string(), "half");
}

}  // namespace
}  // namespace sotto::server
