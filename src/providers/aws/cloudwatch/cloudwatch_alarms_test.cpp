#include "providers/aws/cloudwatch/cloudwatch_alarms.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "providers/aws/cloudwatch/test_cloudwatch.hpp"
#include "tests/support/moto_server.hpp"

namespace sotto::providers::aws {
namespace {

namespace json = boost::json;
using rollout::AlarmSessions;
using sotto::testing::MotoServer;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeCloudWatch;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Reply;

const std::string latency = "audio-transcription-latency-high";
const std::string errors = "audio-transcription-lambda-errors";

constexpr std::int64_t start = 1'770'000'000 / 300 * 300;
const UtcTime now{seconds{start + 60}};

TEST(AlarmName, IsTheGuidesWithTheEnvironment) {
  EXPECT_EQ(alarm_name(latency, false, "prod"), latency);
  EXPECT_EQ(alarm_name(latency, false, "dev"), latency + "-dev");
  EXPECT_EQ(alarm_name(latency, true, "prod"), latency + "-canary");
  EXPECT_EQ(alarm_name(latency, true, "staging"), latency + "-canary-staging");
}

class CloudWatchAlarmsTest : public ::testing::Test {
 protected:
  CloudWatchAlarmsTest() {
    cloudwatch.answer_by([this](const json::object& input) -> std::optional<Reply> {
      if (!input.contains("AlarmNames")) return metrics_instead;
      if (alarms_instead) return alarms_instead;
      return Reply{200, json::serialize(json::object{{"MetricAlarms", states}}), {}};
    });
  }

  static json::array dimensions(const std::string& arm) {
    json::array all{json::object{{"Name", "environment"}, {"Value", "dev"}}};
    if (!arm.empty()) all.push_back(json::object{{"Name", "arm"}, {"Value", arm}});
    return all;
  }
  void state(const std::string& name, const std::string& value, const std::string& arm = "") {
    states.push_back(
        json::object{{"AlarmName", name}, {"StateValue", value}, {"Dimensions", dimensions(arm)}});
  }
  // So many sessions of an arm that were live in five minutes, `before` the present ones.
  void put(const std::string& arm, const std::string& metric, int before, double count) {
    cloudwatch.put(arm, metric, start - 300 * before, count);
  }
  std::vector<json::object> asked(const std::string& member) const {
    std::vector<json::object> found;
    for (const json::object& input : cloudwatch.asked())
      if (input.contains(member)) found.push_back(input);
    return found;
  }
  AlarmsOfCloudWatch read(UtcTime at = now) {
    const auto read = alarms.read(at);
    EXPECT_TRUE(read) << read.error().message;
    return read.value_or(AlarmsOfCloudWatch{});
  }

  FakeCloudWatch cloudwatch;
  json::array states;
  std::optional<Reply> alarms_instead, metrics_instead;
  std::vector<std::optional<Error>> told;
  CloudWatchAlarms alarms{cloudwatch.client(), "dev",
                          [this](const std::optional<Error>& error) { told.push_back(error); }};
};

TEST_F(CloudWatchAlarmsTest, ThoseThatAreOnHaveTheGuidesNames) {
  state(latency + "-dev", "ALARM");
  state(errors + "-dev", "OK");
  state("audio-transcription-rate-limit-high-dev", "INSUFFICIENT_DATA");
  state("somebody-elses", "ALARM");
  EXPECT_THAT(read().on, ElementsAre(latency));
  const auto described = asked("AlarmNames");
  ASSERT_EQ(described.size(), 1u);
  EXPECT_EQ(described[0].at("AlarmNames").as_array().size(), 10u) << "of both kinds of five";
}

TEST_F(CloudWatchAlarmsTest, NoneThatExistsIsNotOn) {
  EXPECT_EQ(read(), AlarmsOfCloudWatch{});
  EXPECT_THAT(asked("MetricDataQueries"), IsEmpty()) << "nothing to count";
}

TEST_F(CloudWatchAlarmsTest, OneOverBothArmsStandsForTheCanarysWhereThereIsNone) {
  state(latency + "-dev", "ALARM");
  state(errors + "-dev", "ALARM");
  state(errors + "-canary-dev", "OK", "canary");
  const auto got = read();
  EXPECT_THAT(got.on, ElementsAre(latency, errors));
  EXPECT_THAT(got.canary_on, ElementsAre(latency));
}

TEST_F(CloudWatchAlarmsTest, TheArmIsThatOfTheMetrics) {
  state(latency + "-dev", "ALARM", "control");
  states.push_back(json::object{
      {"AlarmName", errors + "-canary-dev"},
      {"StateValue", "ALARM"},
      {"Metrics",
       json::array{
           json::object{{"Id", "sum"}, {"Expression", "FILL(sessions, 0)"}},
           json::object{
               {"Id", "sessions"},
               {"MetricStat",
                json::object{{"Metric", json::object{{"Dimensions", dimensions("canary")}}}}}}}}});
  const auto got = read();
  EXPECT_THAT(got.on, IsEmpty()) << "control alone is no reason to take anything back";
  EXPECT_THAT(got.canary_on, ElementsAre(errors));
}

TEST_F(CloudWatchAlarmsTest, SessionsAreThoseOfTheWorstFiveMinutesNotTheSum) {
  state(latency + "-dev", "ALARM");
  for (const int before : {0, 1, 2}) {
    put("canary", "SessionsActive", before, 8);
    put("control", "SessionsActive", before, 70);
  }
  put("canary", "SessionsLate", 1, 2);
  put("canary", "SessionsLate", 2, 3);
  put("control", "SessionsLate", 2, 1);
  put("canary", "SessionsLate", 9, 8);  // long ago
  EXPECT_THAT(read().sessions, ElementsAre(AlarmSessions{latency, 3, 8, 1, 70}));
  const auto queries = asked("MetricDataQueries");
  ASSERT_EQ(queries.size(), 1u);
  EXPECT_EQ(queries[0].at("StartTime").as_int64() % 300, 0);
  EXPECT_EQ(queries[0].at("MetricDataQueries").as_array().size(), 4u);
}

TEST_F(CloudWatchAlarmsTest, AnArmWithoutSessionsHasNone) {
  state(latency + "-dev", "ALARM");
  put("control", "SessionsActive", 1, 70);
  EXPECT_THAT(read().sessions, ElementsAre(AlarmSessions{latency, 0, 0, 0, 70}));
}

TEST_F(CloudWatchAlarmsTest, WhereNobodyCountsThemTheSessionsAreNotKnown) {
  state(latency + "-dev", "ALARM");
  const auto got = read();
  EXPECT_THAT(got.on, ElementsAre(latency));
  EXPECT_THAT(got.sessions, IsEmpty());
}

TEST_F(CloudWatchAlarmsTest, AnAlarmIsOnAlsoWhereItsSessionsCannotBeRead) {
  state(latency + "-dev", "ALARM");
  metrics_instead = Reply{400, R"({"__type":"ThrottlingException","message":"slow down"})", {}};
  const auto got = read();
  EXPECT_THAT(got.canary_on, ElementsAre(latency));
  EXPECT_THAT(got.sessions, IsEmpty());
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0]->message, HasSubstr("CloudWatch GetMetricData"));
}

TEST_F(CloudWatchAlarmsTest, WhatCannotBeReadIsAnErrorSaidOnceAndNotAskedForAtOnce) {
  state(latency + "-dev", "ALARM");
  alarms_instead = Reply{400, R"({"__type":"AccessDenied","message":"no"})", {}};
  for (const int later : {0, 10, 29, 30, 40}) {
    const auto got = alarms.read(now + seconds{later});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::permission_denied);
    EXPECT_THAT(got.error().message, HasSubstr("CloudWatch DescribeAlarms"));
  }
  EXPECT_EQ(asked("AlarmNames").size(), 2u);
  ASSERT_EQ(told.size(), 1u);
  alarms_instead.reset();
  EXPECT_THAT(read(now + minutes{2}).on, ElementsAre(latency));
  ASSERT_EQ(told.size(), 2u);
  EXPECT_FALSE(told[1]) << "and that it is over";
}

TEST_F(CloudWatchAlarmsTest, ThrottledIsAnError) {
  alarms_instead = Reply{400, R"({"__type":"ThrottlingException","message":"slow down"})", {}};
  const auto got = alarms.read(now);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::resource_exhausted);
}

TEST_F(CloudWatchAlarmsTest, AnAnswerThatIsNoneIsAnError) {
  for (const char* body : {"{}", R"({"MetricAlarms":7})"}) {
    alarms_instead = Reply{200, body, {}};
    CloudWatchAlarms fresh(cloudwatch.client(), "dev", [](const std::optional<Error>&) {});
    EXPECT_FALSE(fresh.read(now)) << body;
  }
  alarms_instead = Reply{200, R"({"MetricAlarms":[7,{},{"AlarmName":3}]})", {}};
  EXPECT_EQ(read(), AlarmsOfCloudWatch{});
}

TEST_F(CloudWatchAlarmsTest, PagesWithoutAnEndAreAnError) {
  alarms_instead = Reply{200, R"({"MetricAlarms":[],"NextToken":"more"})", {}};
  EXPECT_FALSE(alarms.read(now));
  EXPECT_LE(asked("AlarmNames").size(), 6u);
}

TEST(CloudWatchAlarmsOfMoto, AreThoseThatWerePut) {
  MotoServer* const moto = MotoServer::shared();
  if (!moto) GTEST_SKIP() << MotoServer::why_not;
  moto->reset();
  const auto client = moto->client();
  for (const std::string& name : {latency + "-dev", errors + "-dev"})
    ASSERT_TRUE(client->call(
        services::cloudwatch, "PutMetricAlarm",
        {{"AlarmName", name},
         {"Namespace", "AudioTranscription/PartialResults"},
         {"MetricName", "SessionErrors"},
         {"Dimensions", json::array{json::object{{"Name", "environment"}, {"Value", "dev"}}}},
         {"Statistic", "Sum"},
         {"Period", 300},
         {"EvaluationPeriods", 1},
         {"Threshold", 5.0},
         {"ComparisonOperator", "GreaterThanThreshold"}}));
  ASSERT_TRUE(client->call(
      services::cloudwatch, "SetAlarmState",
      {{"AlarmName", errors + "-dev"}, {"StateValue", "ALARM"}, {"StateReason", "a test"}}));
  CloudWatchAlarms alarms(client, "dev", [](const std::optional<Error>&) {});
  const auto got = alarms.read(UtcTime{seconds{start}});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_THAT(got->on, ElementsAre(errors));
  CloudWatchAlarms elsewhere(client, "prod", [](const std::optional<Error>&) {});
  EXPECT_THAT(elsewhere.read(UtcTime{seconds{start}})->on, IsEmpty());
}

}  // namespace
}  // namespace sotto::providers::aws
