#include "providers/aws/cloudwatch/metric_data.hpp"

#include <boost/json.hpp>

#include "providers/aws/cloudwatch/test_cloudwatch.hpp"

namespace sotto::providers::aws {
namespace {

namespace json = boost::json;
using std::chrono::minutes;
using telemetry::Arm;
using testing::FakeCloudWatch;
using testing::Reply;

constexpr std::int64_t start = 1'770'000'000 / 60 * 60;
const UtcTime from{std::chrono::seconds{start}};

MetricRequest two_queries() {
  return {"dev",
          from,
          from + minutes{10},
          {{Arm::canary, "PartialResultsDropped", "Sum", minutes{1}},
           {Arm::control, "PartialResultProcessingLatency", "p95", minutes{10}}}};
}

Reply page(const std::string& results, const std::string& more = "") {
  return {200, R"({"MetricDataResults":[)" + results + "]" + more + "}", {}};
}

std::string result(int query, const std::string& status, const std::string& times = "",
                   const std::string& values = "") {
  return R"({"Id":"q)" + std::to_string(query) + R"(","StatusCode":")" + status +
         R"(","Timestamps":[)" + times + R"(],"Values":[)" + values + "]}";
}

class MetricDataTest : public ::testing::Test {
 protected:
  Result<std::vector<MetricPoints>> read(const Reply& reply) {
    cloudwatch.answer_by([reply](const json::object&) { return reply; });
    return read_metric_data(*client, two_queries());
  }
  Error error(const Reply& reply) {
    const auto got = read(reply);
    EXPECT_FALSE(got);
    return got ? Error{} : got.error();
  }

  FakeCloudWatch cloudwatch;
  std::shared_ptr<Client> client = cloudwatch.client();
};

TEST_F(MetricDataTest, AsksAsTheReferenceSays) {
  ASSERT_TRUE(read_metric_data(*client, two_queries()));
  ASSERT_EQ(cloudwatch.requests().size(), 1u);
  const HttpRequest request = cloudwatch.requests()[0];
  const auto target = std::find_if(request.headers.begin(), request.headers.end(),
                                   [](const Pair& pair) { return pair.first == "X-Amz-Target"; });
  ASSERT_NE(target, request.headers.end());
  EXPECT_EQ(target->second, "GraniteServiceVersion20100801.GetMetricData");
  const auto stat = [](const char* id, const char* arm, const char* metric, int period,
                       const char* statistic) {
    return json::object{
        {"Id", id},
        {"MetricStat",
         {{"Metric",
           {{"Namespace", "AudioTranscription/PartialResults"},
            {"MetricName", metric},
            {"Dimensions", json::array{json::object{{"Name", "environment"}, {"Value", "dev"}},
                                       json::object{{"Name", "arm"}, {"Value", arm}}}}}},
          {"Period", period},
          {"Stat", statistic}}}};
  };
  const json::object wanted{
      {"MetricDataQueries",
       json::array{stat("q0", "canary", "PartialResultsDropped", 60, "Sum"),
                   stat("q1", "control", "PartialResultProcessingLatency", 600, "p95")}},
      {"StartTime", start},
      {"EndTime", start + 600},
      {"ScanBy", "TimestampAscending"}};
  EXPECT_EQ(json::parse(request.body), json::parse(json::serialize(wanted))) << request.body;
}

TEST_F(MetricDataTest, PointsComeInOrderAndAPeriodWithoutDataHasNone) {
  cloudwatch.put("canary", "PartialResultsDropped", start + 125, 7);
  cloudwatch.put("canary", "PartialResultsDropped", start + 1, 2);
  cloudwatch.put("canary", "PartialResultsDropped", start + 59, 3);
  cloudwatch.put("canary", "PartialResultsDropped", start + 600, 1000);
  const auto got = read_metric_data(*client, two_queries());
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->at(0), (MetricPoints{{from, 5}, {from + minutes{2}, 7}}));
  EXPECT_TRUE(got->at(1).empty());
}

TEST_F(MetricDataTest, PagesArePutTogether) {
  cloudwatch.answer_by([](const json::object& input) {
    const json::value* token = input.if_contains("NextToken");
    if (!token)
      return page(result(0, "PartialData", std::to_string(start + 60), "2"),
                  R"(,"NextToken":"two")");
    if (*token == "two")
      return page(result(0, "Complete", std::to_string(start), "1"), R"(,"NextToken":"three")");
    return page(result(1, "Complete", std::to_string(start) + ".0", "812.5"));
  });
  const auto got = read_metric_data(*client, two_queries());
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->at(0), (MetricPoints{{from, 1}, {from + minutes{1}, 2}}));
  EXPECT_EQ(got->at(1), (MetricPoints{{from, 812.5}}));
  EXPECT_EQ(cloudwatch.asked().size(), 3u);
  EXPECT_EQ(cloudwatch.asked()[2].at("MetricDataQueries"),
            cloudwatch.asked()[0].at("MetricDataQueries"));
}

TEST_F(MetricDataTest, PagesWithoutEndEnd) {
  EXPECT_EQ(error(page(result(0, "PartialData"), R"(,"NextToken":"again")")).code,
            ErrorCode::resource_exhausted);
  EXPECT_EQ(cloudwatch.asked().size(), 20u);
}

TEST_F(MetricDataTest, WhatIsNotCompleteIsAnError) {
  struct Case {
    std::string results, more;
    ErrorCode code;
    std::string field;
  };
  const std::string good = result(1, "Complete");
  const Case cases[] = {
      {result(0, "PartialData") + "," + good, "", ErrorCode::unavailable, "StatusCode"},
      {result(0, "InternalError") + "," + good, "", ErrorCode::unavailable, "StatusCode"},
      {result(0, "Forbidden") + "," + good, "", ErrorCode::permission_denied, "StatusCode"},
      {good, "", ErrorCode::unavailable, "StatusCode"},
      {result(0, "Complete") + "," + good,
       R"(,"Messages":[{"Code":"MaxMetricsExceeded","Value":"too many"}])", ErrorCode::unavailable,
       "Messages"},
      {result(0, "Complete", "1,2", "1") + "," + good, "", ErrorCode::internal, "Timestamps"},
      {result(0, "Complete", "1", "\"x\"") + "," + good, "", ErrorCode::internal, "Values"},
      {result(0, "Complete", "1", "1e300") + "," + good, "", ErrorCode::internal, "Values"},
      {result(7, "Complete") + "," + good, "", ErrorCode::internal, "Id"},
      {"3", "", ErrorCode::internal, "MetricDataResults"}};
  for (const Case& one : cases) {
    const Error got = error(page(one.results, one.more));
    EXPECT_EQ(got.code, one.code) << one.results << " " << got.message;
    EXPECT_EQ(got.field, one.field) << one.results;
  }
  EXPECT_EQ(error({200, "{}", {}}).field, "MetricDataResults");
}

TEST_F(MetricDataTest, RefusalsAreTheClients) {
  const Error denied =
      error({400, R"({"__type":"AccessDeniedException","message":"not authorized"})", {}});
  EXPECT_EQ(denied.code, ErrorCode::permission_denied);
  EXPECT_EQ(cloudwatch.asked().size(), 1u) << "it would fail again";
  const Error throttled = error({400, R"({"__type":"Throttling","message":"Rate exceeded"})", {}});
  EXPECT_EQ(throttled.code, ErrorCode::resource_exhausted);
  EXPECT_EQ(cloudwatch.asked().size(), 4u) << "three attempts";
}

TEST_F(MetricDataTest, WhatMakesNoSenseIsNotSent) {
  MetricRequest request = two_queries();
  request.to = request.from;
  EXPECT_EQ(read_metric_data(*client, request).error().field, "StartTime");
  request = two_queries();
  request.queries.resize(501);
  EXPECT_EQ(read_metric_data(*client, request).error().field, "MetricDataQueries");
  request.queries.clear();
  EXPECT_EQ(read_metric_data(*client, request).error().field, "MetricDataQueries");
  EXPECT_TRUE(cloudwatch.asked().empty());
}

}  // namespace
}  // namespace sotto::providers::aws
