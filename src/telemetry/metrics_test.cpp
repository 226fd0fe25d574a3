#include "telemetry/metrics.hpp"

#include <boost/json.hpp>
#include <set>
#include <thread>

#include "telemetry/cost.hpp"
#include "telemetry/emf.hpp"
#include "telemetry/monitor.hpp"
#include "telemetry/prometheus_text.hpp"
#include "telemetry/series.hpp"

namespace sotto::telemetry {
namespace {

constexpr auto latency = Histogram::processing_latency;

UtcTime at(int minutes) { return UtcTime{std::chrono::minutes(minutes)}; }

TEST(Metrics, LoseNothingOfManyThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < 10'000; ++i) {
        metrics.count(Arm::canary, Counter::partial_results_processed);
        metrics.record(Arm::control, latency, i);
      }
    });
  for (std::thread& thread : threads) thread.join();
  const Snapshot snapshot = metrics.snapshot();
  EXPECT_EQ(snapshot[0][Counter::partial_results_processed], 40'000u);
  EXPECT_EQ(snapshot[1][Counter::partial_results_processed], 0u);
  EXPECT_EQ(snapshot[1][latency].count(), 40'000u);
  EXPECT_NEAR(snapshot[1][latency].quantile(0.95), 9500, 0.004 * 9500);
  EXPECT_DOUBLE_EQ(snapshot[1][latency].mean(), 4999.5);
}

TEST(Metrics, WhatCameSinceIsTheDifference) {
  Metrics metrics;
  metrics.record(Arm::canary, latency, 100);
  const Snapshot before = metrics.snapshot();
  EXPECT_TRUE(before[1].empty());
  metrics.record(Arm::canary, latency, 900);
  metrics.count(Arm::canary, Counter::session_errors, 3);
  const ArmSnapshot since = metrics.snapshot()[0].since(before[0]);
  EXPECT_EQ(since[Counter::session_errors], 3u);
  EXPECT_EQ(since[latency].count(), 1u);
  EXPECT_NEAR(since[latency].quantile(0.5), 900, 4);
  EXPECT_EQ(since[latency].sum(), 900);
}

TEST(Metrics, NamesAreDifferentAndWellFormed) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < counter_count; ++i) {
    names.insert(info(counter_at(i)).cloudwatch);
    EXPECT_TRUE(info(counter_at(i)).prometheus.ends_with("_total"));
  }
  for (std::size_t i = 0; i < histogram_count; ++i) names.insert(info(histogram_at(i)).cloudwatch);
  EXPECT_EQ(names.size(), counter_count + histogram_count);
  const auto bounds = info(latency).bounds;
  EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end()));
  EXPECT_TRUE(std::binary_search(bounds.begin(), bounds.end(), 5.0)) << "the guide's target";
}

TEST(PrometheusText, HasTypesLabelsAndCumulativeBuckets) {
  Metrics metrics;
  for (const std::uint64_t ms : {100u, 4000u, 6000u}) metrics.record(Arm::canary, latency, ms);
  metrics.count(Arm::control, Counter::session_errors, 2);
  const std::string text =
      prometheus_text("dev", metrics.snapshot(), {{"sotto_flag_version", "The flag", {}, 7}});
  for (const char* line :
       {"# TYPE sotto_session_errors_total counter\n",
        "sotto_session_errors_total{environment=\"dev\",arm=\"control\"} 2\n",
        "sotto_session_errors_total{environment=\"dev\",arm=\"canary\"} 0\n",
        "# TYPE sotto_partial_result_processing_latency_seconds histogram\n",
        "sotto_partial_result_processing_latency_seconds_count{environment=\"dev\",arm=\"canary\"} "
        "3\n",
        "latency_seconds_bucket{environment=\"dev\",arm=\"canary\",le=\"5\"} 2\n",
        "latency_seconds_bucket{environment=\"dev\",arm=\"canary\",le=\"+Inf\"} 3\n",
        "sotto_flag_version{environment=\"dev\"} 7\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

TEST(Emf, LinesAreWithinTheFormatsBounds) {
  Minute minute{at(5), {}};
  ArmSnapshot& canary = minute.arms[0];
  canary[Counter::translation_cache_hits] = 3;
  canary[Counter::translation_cache_misses] = 1;
  for (int i = 0; i < 250; ++i) canary[latency].record(1000);
  const auto lines = emf_lines("prod", minute);
  std::size_t values = 0;
  for (const std::string& text : lines) {
    const auto line = boost::json::parse(text).as_object();
    const auto& about = line.at("_aws").at("CloudWatchMetrics").at(0);
    EXPECT_EQ(line.at("_aws").at("Timestamp").to_number<std::int64_t>(), 300'000);
    EXPECT_EQ(about.at("Namespace").as_string(), "AudioTranscription/PartialResults");
    EXPECT_TRUE(line.contains("environment") && line.contains("arm"));
    for (const auto& metric : about.at("Metrics").as_array()) {
      const auto& value = line.at(metric.at("Name").as_string());
      if (!value.is_array()) continue;
      EXPECT_LE(value.as_array().size(), 100u);
      values += value.as_array().size();
    }
  }
  EXPECT_EQ(values, 250u);
  EXPECT_EQ(boost::json::parse(lines[0]).at("TranslationCacheHitRate").to_number<double>(), 75);
  for (int i = 0; i < 100'000; ++i) canary[latency].record(1000);
  EXPECT_LT(emf_lines("prod", minute).size(), 110u) << "bounded";
}

TEST(Series, AMinuteIsReadBackAsItWas) {
  ArmSnapshot snapshot;
  snapshot[Counter::duplicates_detected] = 7;
  for (const std::uint64_t ms : {0u, 1u, 200u, 4321u, 99'999u}) snapshot[latency].record(ms);
  const auto again = decode(encode(snapshot));
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)[Counter::duplicates_detected], 7u);
  EXPECT_EQ((*again)[latency].sum(), snapshot[latency].sum());
  for (const double q : {0.0, 0.25, 0.5, 0.75, 1.0})
    EXPECT_EQ((*again)[latency].quantile(q), snapshot[latency].quantile(q)) << q;
  for (const char* text : {"", "{}", "[]", R"({"c":{},"d":{"NormalizedErasure":[1]}})"})
    EXPECT_FALSE(decode(text)) << text;
}

TEST(Cost, IsWhatWasUsedAtThePricesOfTheList) {
  Usage usage;
  usage.audio = std::chrono::hours(1);
  usage.translated_characters = 100'000;
  usage.delivered_bytes = 1'000'000'000;
  usage.listened = std::chrono::hours(20);
  EXPECT_EQ(cost_of(usage, {}), 0) << "embedded engines";
  EXPECT_NEAR(cost_of(usage, aws_list_prices), 60 * 0.024 + 1.5 + 0.09, 1e-9);
  EXPECT_NEAR(cost_per_listener_hour(usage, aws_list_prices), 3.03 / 20, 1e-9);
  usage.listened = milliseconds{0};
  EXPECT_EQ(cost_per_listener_hour(usage, aws_list_prices), 0);
}

// A rule over three periods, of which two must breach.
std::string states(MissingData missing, std::vector<Datapoint> points, AlarmState before) {
  AlarmRule rule;
  rule.threshold = 10;
  rule.periods = 3;
  rule.to_alarm = 2;
  rule.missing = missing;
  return std::string(to_string(evaluate(rule, points, before)));
}

TEST(Alarms, MOfNWithMissingDataAsCloudWatchHasIt) {
  const Datapoint none, low = 10, high = 11;
  constexpr auto ok = AlarmState::ok, alarm = AlarmState::alarm;
  EXPECT_EQ(states(MissingData::missing, {low, high, high}, ok), "ALARM");
  EXPECT_EQ(states(MissingData::missing, {high, low, high}, ok), "ALARM");
  EXPECT_EQ(states(MissingData::missing, {low, low, high}, alarm), "OK");
  EXPECT_EQ(states(MissingData::missing, {none, high, high}, ok), "ALARM");
  EXPECT_EQ(states(MissingData::missing, {none, none, none}, alarm), "INSUFFICIENT_DATA");
  EXPECT_EQ(states(MissingData::not_breaching, {none, none, none}, alarm), "OK");
  EXPECT_EQ(states(MissingData::breaching, {none, none, low}, ok), "ALARM");
  EXPECT_EQ(states(MissingData::ignore, {none, none, high}, alarm), "ALARM");
  EXPECT_EQ(states(MissingData::ignore, {none, none, high}, ok), "OK");
  AlarmRule at_least;
  at_least.threshold = 1;
  at_least.or_equal = true;
  EXPECT_EQ(evaluate(at_least, std::vector<Datapoint>{1.0}, ok), alarm);
}

class MonitorTest : public ::testing::Test {
 protected:
  MonitorTest() {
    events.on_change = [this](const AlarmChange& change) {
      changes.push_back(std::string(change.rule->name) + " " + std::string(to_string(change.to)));
    };
    events.on_problem = [this](const Error&) { ++problems; };
    monitor.emplace(&metrics, &series, guide_alarms(), events);
  }
  std::size_t minutes() { return series.read(at(0), at(1'000'000))->size(); }

  Metrics metrics;
  MemorySeries series;
  MonitorEvents events;
  std::optional<Monitor> monitor;
  std::vector<std::string> changes;
  int problems = 0;
};

TEST_F(MonitorTest, PutsEachMinuteWithSomethingInIntoTheSeries) {
  monitor->tick(at(10));
  metrics.count(Arm::canary, Counter::final_results_processed, 5);
  monitor->tick(at(10) + std::chrono::seconds(59));
  EXPECT_EQ(minutes(), 0u);
  monitor->tick(at(11));
  monitor->tick(at(12));
  metrics.count(Arm::canary, Counter::final_results_processed, 2);
  monitor->tick(at(13));
  const auto kept = *series.read(at(0), at(100));
  ASSERT_EQ(kept.size(), 2u) << "nothing happened in between";
  EXPECT_EQ(kept[0].start, at(10));
  EXPECT_EQ(kept[0].arms[0][Counter::final_results_processed], 5u);
  EXPECT_EQ(kept[1].start, at(12));
  EXPECT_EQ(kept[1].arms[0][Counter::final_results_processed], 2u);
}

TEST_F(MonitorTest, WhatIsLeftIsPutAtTheEnd) {
  monitor->flush();
  monitor->tick(at(10));
  metrics.count(Arm::canary, Counter::final_results_processed, 5);
  monitor->flush();
  monitor->flush();
  EXPECT_EQ(total(*series.read(at(10), at(11)))[Counter::final_results_processed], 5u);
}

TEST_F(MonitorTest, AClockThatJumpsLosesNothing) {
  monitor->tick(at(100));
  metrics.count(Arm::canary, Counter::session_errors, 1);
  monitor->tick(at(50));
  metrics.count(Arm::canary, Counter::session_errors, 1);
  monitor->tick(at(300));
  EXPECT_EQ(total(*series.read(at(0), at(1000)))[Counter::session_errors], 2u);
}

TEST_F(MonitorTest, ForgetsWhatIsOlderThanThirtyDays) {
  monitor->tick(at(0));
  metrics.count(Arm::canary, Counter::session_errors, 1);
  monitor->tick(at(1));
  EXPECT_EQ(minutes(), 1u);
  monitor->tick(at(31 * 24 * 60));
  EXPECT_EQ(minutes(), 0u);
}

TEST_F(MonitorTest, MemoryIsTheSameForAnyNumberOfSessions) {
  EXPECT_LT(sizeof(Metrics), 512u * 1024);
}

}  // namespace
}  // namespace sotto::telemetry
