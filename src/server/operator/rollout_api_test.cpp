#include "server/operator/rollout_api.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "server/http/api.hpp"
#include "tests/support/bell.hpp"
#include "tests/support/events.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/test_flag.hpp"

namespace sotto::server {
namespace {

const SessionRegistry::Clock::time_point start{};

class RolloutApiTest : public ::testing::Test {
 protected:
  RolloutApiTest() {
    recogniser.calibration_.emplace();
    pipeline::SessionParts parts;
    parts.executor = io.get_executor();
    parts.recogniser = &recogniser;
    parts.translator = &translator;
    parts.cache = &cache;
    RegistryConfig config;
    config.now = [] { return testing::TestFlag::now; };
    registry.emplace(config, parts, access::secure_random());
    api.emplace(flag.api_parts(&*registry, &log));
  }

  Response ask(std::string method, std::string path, std::string body = {},
               std::string bearer = "operator-secret") {
    std::map<std::string, std::string> query;
    if (const std::size_t mark = path.find('?'); mark != std::string::npos) {
      const std::string pair = path.substr(mark + 1);
      query[pair.substr(0, pair.find('='))] = pair.substr(pair.find('=') + 1);
      path.resize(mark);
    }
    return api->handle({std::move(method),
                        std::move(path),
                        std::move(query),
                        std::move(bearer),
                        {},
                        std::move(body)},
                       start);
  }
  boost::json::object json(const Response& response) {
    return boost::json::parse(response.body).as_object();
  }
  // The reader's thread has seen the newest version.
  void follow() {
    feature_flag::FlagReaderEvents events;
    events.on_change = [this](const rollout::InForce& in_force, std::function<void()> applied) {
      registry->apply(in_force, testing::TestFlag::now, [applied](std::size_t) { applied(); });
      bell.ring();
    };
    flag.reader->follow(events);
  }
  void await_version(std::uint64_t version) {
    ASSERT_TRUE(bell.wait_until([&] { return flag.reader->current()->version == version; }));
  }

  // The version that the server's process has said it acts by.
  std::uint64_t acknowledged() {
    const auto readers = flag.store.readers(flag.name);
    return readers->empty() ? 0 : readers->front().version;
  }

  boost::asio::io_context io;
  testing::Bell bell;
  testing::FakeRecogniser recogniser;
  testing::FakeTranslator translator;
  pipeline::TranslationCache cache;
  telemetry::Log log{telemetry::Level::error, [](const std::string&) {}, telemetry::utc_timestamp};
  std::optional<SessionRegistry> registry;
  testing::TestFlag flag;  // its reader is gone before what it tells
  std::optional<Api> api;
};

TEST_F(RolloutApiTest, AStrangerSeesAndChangesNothing) {
  for (const char* bearer : {"", "wrong", "operator-secre", "operator-secret2"})
    for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{
             {"GET", "/v1/rollout"},
             {"PATCH", "/v1/rollout"},
             {"POST", "/v1/rollout/disable"},
             {"GET", "/v1/rollout/history"},
             {"GET", "/v1/rollout/explain/golden-eagle-427"},
             {"GET", "/v1/rollout/nothing"}}) {
      const Response refused = ask(method, path, R"({"enabled":false})", bearer);
      EXPECT_EQ(refused.status, 403) << path;
      EXPECT_EQ(refused.body.find("rollout_percentage"), std::string::npos);
    }
  EXPECT_EQ(flag.store.history(flag.name, 10)->size(), 1u);
  auto no_token = flag.access();
  no_token.operator_token.clear();
  EXPECT_EQ(RolloutApi(no_token, &*registry, &flag.controller)
                .handle({"GET", "/v1/rollout", {}, "", {}, ""})
                .status,
            403)
      << "without a token nobody is the operator";
}

TEST_F(RolloutApiTest, ShowsWhatIsInForce) {
  const auto status = json(ask("GET", "/v1/rollout"));
  for (const char* member :
       {"parameter_name", "version", "enabled", "rollout_percentage", "min_stability_threshold",
        "max_buffer_timeout", "source", "changed_by", "changed_at", "reason"})
    EXPECT_TRUE(status.contains(member)) << member;
  EXPECT_EQ(status.at("in_force").at("source").as_string(), "store");
  flag.store.break_with(Error{ErrorCode::unavailable, "down", "store"});
  const Response down = ask("GET", "/v1/rollout");
  EXPECT_EQ(down.status, 503);
  EXPECT_EQ(json(down).at("in_force").at("version").to_number<int>(), 1);
}

TEST_F(RolloutApiTest, ChangesAreWrittenWithTheirAuthorOrNotAtAll) {
  const auto changed =
      json(ask("PATCH", "/v1/rollout", R"({"rollout_percentage":10,"reason":"phase 1"})"));
  EXPECT_EQ(changed.at("version").to_number<int>(), 2);
  EXPECT_EQ(changed.at("changed_by").as_string(), "operator");
  EXPECT_EQ(boost::json::serialize(changed.at("changes")),
            R"([{"field":"rollout_percentage","before":"100","after":"10"}])");
  EXPECT_EQ(ask("PATCH", "/v1/rollout", R"({"rollout_percentage":50,"if_version":1})").status, 409);
  EXPECT_EQ(ask("PATCH", "/v1/rollout", R"({"rollout_percentage":50,"dry_run":true})").status, 200);
  EXPECT_EQ(feature_flag::current_flag(flag.store, flag.name)->flag.rollout_percentage, 10);
  EXPECT_EQ(ask("POST", "/v1/rollout/undo", R"({"reason":"too early","confirm":true})").status,
            200);
  EXPECT_EQ(feature_flag::current_flag(flag.store, flag.name)->flag.rollout_percentage, 100);
}

TEST_F(RolloutApiTest, WhatUndoWouldSwitchOnHasToBeConfirmed) {
  flag.set_percentage(30);
  flag.set_enabled(false);
  const Response refused = ask("POST", "/v1/rollout/undo", R"({"reason":"it was me"})");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(json(refused).at("error").at("field").as_string(), "confirm");
  EXPECT_EQ(json(refused).at("error").at("message").as_string(),
            "going back to version 2 switches partial results ON again, for 30 % of new sessions: "
            "confirm that with \"confirm\":true");
  const auto tried = json(ask("POST", "/v1/rollout/undo", R"({"dry_run":true})"));
  EXPECT_EQ(tried.at("switches_on").as_string(),
            "switches partial results ON again, for 30 % of new sessions");
  EXPECT_EQ(ask("POST", "/v1/rollout/undo", R"({"version":1,"confirm":false})").status, 409);
  EXPECT_EQ(ask("POST", "/v1/rollout/undo", R"({"confirm":"yes"})").status, 400);
  EXPECT_EQ(ask("POST", "/v1/rollout/enable", R"({"confirm":true})").status, 400)
      << "what switches on by its name needs nothing more";
  EXPECT_FALSE(feature_flag::current_flag(flag.store, flag.name)->flag.enabled);
  const auto back = json(ask("POST", "/v1/rollout/undo", R"({"confirm":true})"));
  EXPECT_TRUE(back.at("enabled").as_bool());
  const auto smaller = json(ask("PATCH", "/v1/rollout", R"({"rollout_percentage":10})"));
  EXPECT_TRUE(smaller.at("switches_on").is_null());
}

TEST_F(RolloutApiTest, WhatIsWrongIsNamed) {
  struct Case {
    std::string method, path, body;
    int status;
    std::string field;
  };
  const std::vector<Case> cases = {
      {"PATCH", "", R"({"rollout_percentage":101})", 400, "rollout_percentage"},
      {"PATCH", "", R"({"rollout_percentage":-1})", 400, "rollout_percentage"},
      {"PATCH", "", R"({"rollout_percentage":"ten"})", 400, "rollout_percentage"},
      {"PATCH", "", R"({"rollout_percentage":10.5})", 400, "rollout_percentage"},
      {"PATCH", "", R"({"rollout_percentage":NaN})", 400, "body"},
      {"PATCH", "", R"({"min_stability_threshold":0.5})", 400, "min_stability_threshold"},
      {"PATCH", "", R"({"max_buffer_timeout":60})", 400, "max_buffer_timeout"},
      {"PATCH", "", R"({"max_buffer_timeout":1e300})", 400, "max_buffer_timeout"},
      {"PATCH", "", R"({"enabled":"yes"})", 400, "enabled"},
      {"PATCH", "", R"({"enabled":tru)", 400, "body"},
      {"PATCH", "", "[]", 400, "body"},
      {"PATCH", "", "{}", 400, "body"},
      {"PATCH", "", R"({"percent":10})", 400, "percent"},
      {"PATCH", "", R"({"enabled":true,"by":""})", 400, "by"},
      {"PUT", "", "{}", 405, "method"},
      {"GET", "/disable", "", 405, "method"},
      {"POST", "/history", "", 405, "method"},
      {"GET", "/history?limit=0", "", 400, "limit"},
      {"GET", "/history?limit=x", "", 400, "limit"},
      {"GET", "/diff?from=7", "", 404, "version"},
      {"POST", "/undo", R"({"version":77})", 404, "version"},
      {"GET", "/explain/a b", "", 400, "session_id"},
      {"PUT", "/overrides/golden-eagle-427", "{}", 400, "enabled"},
      {"PUT", "/overrides/golden-eagle-427", R"({"enabled":true,"seconds":0})", 400, "seconds"},
      {"DELETE", "/overrides/golden-eagle-427", "", 404, "session_id"},
      {"POST", "/lint", R"({"enabled":true,"enabled":true})", 400, "enabled"},
      {"POST", "/lint", std::string(65'000, ' '), 400, "document"},
      {"GET", "/nothing", "", 404, "path"},
  };
  for (const auto& [method, path, body, status, field] : cases) {
    const Response refused = ask(method, "/v1/rollout" + path, body);
    EXPECT_EQ(refused.status, status) << path << " " << body << " " << refused.body;
    EXPECT_EQ(json(refused).at("error").at("field").as_string(), field) << path << " " << body;
  }
  EXPECT_EQ(flag.store.history(flag.name, 10)->size(), 1u) << "the old value stays in force";
}

TEST_F(RolloutApiTest, ExplainsASessionAndWhatItWasGiven) {
  const auto created = json(ask("POST", "/v1/sessions", R"({"session_id":"golden-eagle-427"})"));
  EXPECT_EQ(created.at("session_id").as_string(), "golden-eagle-427");
  flag.set_percentage(10);
  follow();
  await_version(2);
  const auto explained = json(ask("GET", "/v1/rollout/explain/golden-eagle-427"));
  EXPECT_EQ(explained.at("bucket").to_number<int>(), 73);
  EXPECT_FALSE(explained.at("enabled").as_bool()) << "a new session of this id";
  EXPECT_EQ(explained.at("reason").as_string(), "outside_rollout");
  EXPECT_FALSE(explained.at("new_session").at("enabled").as_bool());
  EXPECT_EQ(explained.at("new_session").at("reason").as_string(), "outside_rollout");
  EXPECT_TRUE(explained.at("session").at("enabled").as_bool()) << "this one keeps what it has";
  EXPECT_TRUE(explained.at("rollout").is_null());
  EXPECT_EQ(ask("POST", "/v1/sessions", R"({"session_id":"golden-eagle-427"})").status, 409);
  EXPECT_EQ(ask("POST", "/v1/sessions", R"({"session_id":"x"})", "").status, 403);
  EXPECT_EQ(ask("POST", "/v1/sessions", R"({"session_id":"a b"})").status, 400);
}

TEST_F(RolloutApiTest, OverridesDecideForOneSession) {
  flag.set_percentage(0);
  ASSERT_EQ(ask("PUT", "/v1/rollout/overrides/golden-eagle-427", R"({"enabled":true})").status,
            200);
  follow();
  await_version(3);
  const auto partial = [&](const std::string& id) {
    const auto created = json(ask("POST", "/v1/sessions", "{\"session_id\":\"" + id + "\"}"));
    return std::string(created.at("partial_results").at("reason").as_string());
  };
  EXPECT_EQ(partial("golden-eagle-427"), "override_on");
  EXPECT_EQ(partial("silver-river-512"), "outside_rollout");
  ASSERT_EQ(ask("DELETE", "/v1/rollout/overrides/golden-eagle-427").status, 200);
}

TEST_F(RolloutApiTest, AKillMovesLiveSessionsForGoodAndASmallerPercentageMovesNone) {
  const std::string id(json(ask("POST", "/v1/sessions")).at("session_id").as_string());
  const auto reason = [&] {
    return std::string(
        json(ask("GET", "/v1/sessions/" + id)).at("partial_results").at("reason").as_string());
  };
  follow();
  flag.set_percentage(0);
  await_version(2);
  EXPECT_EQ(reason(), "rollout");
  flag.set_enabled(false);
  ASSERT_TRUE(bell.wait_until([&] { return reason() == "disabled"; }));
  flag.set_enabled(true);
  flag.set_percentage(100);
  await_version(5);
  EXPECT_EQ(reason(), "disabled") << "a killed session does not come back on";
}

TEST_F(RolloutApiTest, TheKillIsAcknowledgedOnceEverySessionActsByIt) {
  ask("POST", "/v1/sessions");
  follow();
  const auto watch = flag.store.watch(flag.name, [this] { bell.ring(); });
  ASSERT_TRUE(bell.wait_until([&] { return acknowledged() == 1; }));
  flag.set_enabled(false);
  await_version(2);
  EXPECT_EQ(acknowledged(), 1u) << "its session has not been reached";
  io.run();
  EXPECT_TRUE(bell.wait_until([&] { return acknowledged() == 2; }));
}

TEST_F(RolloutApiTest, DisablingAnswersWithWhoHasAcknowledged) {
  follow();
  const auto watch = flag.store.watch(flag.name, [this] { bell.ring(); });
  ASSERT_TRUE(bell.wait_until([&] { return acknowledged() == 1; }));
  const auto killed = json(ask("POST", "/v1/rollout/disable", R"({"reason":"complaints"})"));
  EXPECT_FALSE(killed.at("enabled").as_bool());
  ASSERT_EQ(killed.at("acknowledgements").as_array().size(), 1u);
  EXPECT_EQ(killed.at("acknowledgements").at(0).at("process").as_string(), "test pid 1");
  EXPECT_TRUE(killed.at("acknowledgements").at(0).at("acknowledged").as_bool());
  EXPECT_TRUE(json(ask("POST", "/v1/rollout/enable")).at("enabled").as_bool());
}

TEST_F(RolloutApiTest, MetricsAreForEverybodyAndAlarmsForTheOperator) {
  EXPECT_NE(ask("GET", "/metrics", "", "")
                .body.find("sotto_rollout_percentage{environment=\"test\"} 100"),
            std::string::npos);
  EXPECT_EQ(ask("POST", "/metrics").status, 405);
  EXPECT_EQ(ask("GET", "/v1/alarms", "", "").status, 403);
  flag.monitor.tick(UtcTime{});
  flag.metrics.count(telemetry::Arm::canary, telemetry::Counter::session_errors, 6);
  flag.monitor.tick(UtcTime{std::chrono::minutes(5)});
  const auto alarms = json(ask("GET", "/v1/alarms")).at("alarms").as_array();
  ASSERT_EQ(alarms.size(), 5u);
  for (const auto& alarm : alarms) {
    const bool errors = alarm.at("name").as_string() == "audio-transcription-lambda-errors";
    EXPECT_EQ(alarm.at("state").as_string(), errors ? "ALARM" : "OK");
  }
  EXPECT_NE(ask("GET", "/metrics")
                .body.find("sotto_alarm_state{environment=\"test\",alarm=\"audio-transcription-"
                           "lambda-errors\"} 1"),
            std::string::npos);
}

TEST_F(RolloutApiTest, HistoryAndDifferences) {
  flag.set_percentage(10);
  flag.set_percentage(50);
  const auto history = json(ask("GET", "/v1/rollout/history?limit=2"));
  ASSERT_EQ(history.at("versions").as_array().size(), 2u);
  EXPECT_EQ(history.at("versions").at(0).at("version").to_number<int>(), 3);
  const auto diff = json(ask("GET", "/v1/rollout/diff?from=1"));
  EXPECT_EQ(boost::json::serialize(diff.at("changes")),
            R"([{"field":"rollout_percentage","before":"100","after":"50"}])");
  EXPECT_TRUE(json(ask("POST", "/v1/rollout/lint", R"({"enabled":false})")).at("valid").as_bool());
}

TEST_F(RolloutApiTest, OpenFeatureClientsReadTheFlag) {
  flag.set_percentage(74);
  follow();
  await_version(2);
  const std::string context = R"({"context":{"targetingKey":"golden-eagle-427"}})";
  const std::string flags = "/ofrep/v1/evaluate/flags";
  const auto on = json(ask("POST", flags + "/partial-results", context, ""));
  EXPECT_TRUE(on.at("value").as_bool());
  EXPECT_EQ(on.at("variant").as_string(), "on");
  EXPECT_EQ(on.at("reason").as_string(), "SPLIT");
  EXPECT_EQ(on.at("metadata").at("bucket").to_number<int>(), 73);
  EXPECT_EQ(
      json(ask("POST", flags + "/max-buffer-timeout", context)).at("value").to_number<double>(), 5);
  const Response all = ask("POST", flags, context);
  EXPECT_EQ(json(all).at("flags").as_array().size(), 3u);
  EXPECT_EQ(api->handle({"POST", flags, {}, {}, all.etag, context}, start).status, 304);
  struct Case {
    std::string path, body;
    int status;
    std::string code;
  };
  for (const auto& [path, body, status, code] : std::vector<Case>{
           {flags + "/no-such", context, 404, "FLAG_NOT_FOUND"},
           {flags + "/partial-results", "{", 400, "PARSE_ERROR"},
           {flags + "/partial-results", "{}", 400, "INVALID_CONTEXT"},
           {flags + "/partial-results", R"({"context":{}})", 400, "TARGETING_KEY_MISSING"},
           {flags + "/partial-results", R"({"context":{"targetingKey":"a b"}})", 400,
            "INVALID_CONTEXT"}}) {
    const Response refused = ask("POST", path, body);
    EXPECT_EQ(refused.status, status) << body;
    EXPECT_EQ(json(refused).at("errorCode").as_string(), code);
  }
  EXPECT_EQ(ask("GET", flags).status, 405);
}

}  // namespace
}  // namespace sotto::server
