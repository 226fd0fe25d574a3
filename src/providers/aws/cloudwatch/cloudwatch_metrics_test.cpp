#include "providers/aws/cloudwatch/cloudwatch_metrics.hpp"
#include "providers/aws/credentials/test_credentials.hpp"

#include <boost/json.hpp>
#include <set>

#include "json/members.hpp"
#include "providers/aws/client/test_server.hpp"
#include "telemetry/emf.hpp"
#include "tests/support/bell.hpp"
#include "tests/support/moto_server.hpp"

namespace sotto::providers::aws {
namespace {

namespace json = boost::json;
using sotto::testing::Bell;
using sotto::testing::MotoServer;
using telemetry::Arm;
using telemetry::Counter;
using telemetry::Histogram;
using testing::Reply;
using testing::TestServer;

telemetry::Minute minute_of(int latencies) {
  telemetry::Metrics* const metrics = new telemetry::Metrics();  // large for a stack
  const std::unique_ptr<telemetry::Metrics> owner(metrics);
  metrics->count(Arm::canary, Counter::partial_results_processed, 7);
  metrics->count(Arm::control, Counter::translation_cache_hits, 3);
  metrics->count(Arm::control, Counter::translation_cache_misses, 1);
  for (int i = 0; i < latencies; ++i)
    metrics->record(Arm::canary, Histogram::processing_latency,
                    static_cast<std::uint64_t>(100 + i * i));
  metrics->record(Arm::canary, Histogram::processing_latency, 100);
  return {UtcTime{std::chrono::milliseconds{1'770'000'000'000}}, metrics->snapshot()};
}

std::vector<json::object> entries(const std::vector<json::object>& requests) {
  std::vector<json::object> all;
  for (const json::object& request : requests)
    for (const json::value& entry : request.at("MetricData").as_array())
      all.push_back(entry.as_object());
  return all;
}

std::vector<json::object> named(const std::vector<json::object>& all, const std::string& name) {
  std::vector<json::object> found;
  for (const json::object& entry : all)
    if (sotto::json::text_member(entry, "MetricName") == name) found.push_back(entry);
  return found;
}

std::string dimensions(const json::object& entry) {
  return json::serialize(entry.at("Dimensions"));
}

const std::string of_canary =
    R"([{"Name":"environment","Value":"dev"},{"Name":"arm","Value":"canary"}])";
const std::string of_all = R"([{"Name":"environment","Value":"dev"}])";

TEST(MetricRequests, CountForTheArmAndForAll) {
  const auto requests = metric_requests("dev", minute_of(0));
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].at("Namespace").as_string(), "AudioTranscription/PartialResults");
  const auto found = named(entries(requests), "PartialResultsProcessed");
  ASSERT_EQ(found.size(), 4u) << "also those that are 0";
  EXPECT_EQ(dimensions(found[0]), of_canary);
  EXPECT_EQ(dimensions(found[1]), of_all);
  EXPECT_EQ(found[0].at("Value").to_number<double>(), 7);
  EXPECT_EQ(found[0].at("Unit").as_string(), "Count");
  EXPECT_EQ(found[0].at("Timestamp").to_number<double>(), 1'770'000'000.0);
  const auto rate = named(entries(requests), "TranslationCacheHitRate");
  ASSERT_EQ(rate.size(), 2u);
  EXPECT_EQ(rate[0].at("Value").to_number<double>(), 75);
}

TEST(MetricRequests, HaveTheNamesOfTheEmbeddedFormat) {
  std::set<std::string> ours, theirs;
  const telemetry::Minute minute = minute_of(500);
  for (const json::object& entry : entries(metric_requests("dev", minute)))
    ours.insert(*sotto::json::text_member(entry, "MetricName") + " " +
                *sotto::json::text_member(entry, "Unit"));
  for (const std::string& line : telemetry::emf_lines("dev", minute)) {
    const auto parsed = json::parse(line);
    for (const json::value& metric :
         parsed.at("_aws").at("CloudWatchMetrics").at(0).at("Metrics").as_array())
      theirs.insert(*sotto::json::text_member(metric.as_object(), "Name") + " " +
                    *sotto::json::text_member(metric.as_object(), "Unit"));
  }
  EXPECT_EQ(ours, theirs);
}

TEST(MetricRequests, HoldAllValuesOfADistributionByTheHundredAndFifty) {
  const auto found =
      named(entries(metric_requests("dev", minute_of(500))), "PartialResultProcessingLatency");
  ASSERT_GE(found.size(), 4u);
  double count = 0;
  for (const json::object& entry : found) {
    EXPECT_EQ(entry.at("Unit").as_string(), "Milliseconds");
    ASSERT_LE(entry.at("Values").as_array().size(), 150u);
    ASSERT_EQ(entry.at("Values").as_array().size(), entry.at("Counts").as_array().size());
    if (dimensions(entry) != of_canary) continue;
    for (const json::value& times : entry.at("Counts").as_array())
      count += times.to_number<double>();
  }
  EXPECT_EQ(count, 501);
}

class CloudWatch : public ::testing::Test {
 protected:
  std::shared_ptr<Client> client(const Endpoint& endpoint) const {
    ClientConfig config;
    config.region = "eu-west-1";
    config.endpoints[""] = endpoint;
    ClientDependencies dependencies = ClientDependencies::real();
    dependencies.sleep = [](milliseconds) {};
    return std::make_shared<Client>(config, testing::test_credentials(),
                                    HttpClient::create({}).value(), dependencies);
  }

  Bell bell_;
  std::atomic<int> status_ = 200, problems_ = 0, asked_ = 0;
  TestServer server_{[this](const HttpRequest&) {
    ++asked_;
    bell_.ring();
    return Reply{status_, status_ == 200 ? "{}" : R"({"__type":"InternalServiceFault"})", {}};
  }};
};

TEST_F(CloudWatch, KeepsWhatCannotBePutForLater) {
  CloudWatchMetrics metrics(client(server_.endpoint()), "dev", [this](const Error&) {
    ++problems_;
    bell_.ring();
  });
  status_ = 500;
  metrics.put(minute_of(0));
  EXPECT_TRUE(bell_.wait_until([&] { return problems_ == 1 && metrics.waiting() == 1; }));
  metrics.put(minute_of(0));
  EXPECT_TRUE(bell_.wait_until([&] { return asked_ == 6 && metrics.waiting() == 2; }));
  status_ = 200;
  metrics.put(minute_of(0));
  EXPECT_TRUE(bell_.wait_until([&] { return asked_ == 9 && metrics.waiting() == 0; }));
  EXPECT_EQ(problems_, 1) << "a problem is said once";
}

TEST_F(CloudWatch, DropsWhatIsRefusedForGoodAndEndsWithTheRest) {
  status_ = 400;
  {
    CloudWatchMetrics metrics(client(server_.endpoint()), "dev",
                              [this](const Error&) { ++problems_; });
    metrics.put(minute_of(0));
  }
  EXPECT_EQ(asked_, 1);
  EXPECT_EQ(problems_, 1);
}

TEST_F(CloudWatch, IsUnderstood) {
  MotoServer* const moto = MotoServer::shared();
  if (!moto) GTEST_SKIP() << MotoServer::why_not;
  moto->reset();
  const auto at_moto = moto->client();
  for (const json::object& request : metric_requests("dev", minute_of(500))) {
    const auto put = at_moto->call(services::cloudwatch, "PutMetricData", request);
    ASSERT_TRUE(put) << put.error().message;
  }
  const auto statistics = at_moto->call(services::cloudwatch, "GetMetricStatistics",
                                        {{"Namespace", telemetry::metric_namespace},
                                         {"MetricName", "PartialResultsProcessed"},
                                         {"Dimensions", json::parse(of_canary)},
                                         {"StartTime", 1'769'999'000},
                                         {"EndTime", 1'770'001'000},
                                         {"Period", 60},
                                         {"Statistics", json::array{"Sum"}}});
  ASSERT_TRUE(statistics) << statistics.error().message;
  ASSERT_EQ(statistics->at("Datapoints").as_array().size(), 1u) << json::serialize(*statistics);
  EXPECT_EQ(statistics->at("Datapoints").at(0).at("Sum").to_number<double>(), 7);
}

}  // namespace
}  // namespace sotto::providers::aws
