#include "providers/aws/cloudwatch/cloudwatch_figures.hpp"

#include <boost/json.hpp>

#include "providers/aws/cloudwatch/cloudwatch_metrics.hpp"
#include "providers/aws/cloudwatch/test_cloudwatch.hpp"
#include "tests/support/moto_server.hpp"

namespace sotto::providers::aws {
namespace {

namespace json = boost::json;
using sotto::testing::MotoServer;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using telemetry::Arm;
using telemetry::Counter;
using telemetry::Histogram;
using testing::FakeCloudWatch;
using testing::Reply;

TEST(P95AtMost, IsThatOfAPartOrTheLeastThatIsSure) {
  using Parts = std::vector<LatencyPart>;
  EXPECT_FALSE(p95_at_most({}));
  EXPECT_FALSE(p95_at_most(Parts{{0, 1, 2, 3}}));
  EXPECT_EQ(p95_at_most(Parts{{7, 100, 200, 300}}), 200);
  EXPECT_EQ(p95_at_most(Parts{{100, 100, 200, 300}, {100, 100, 900, 950}}), 900) << "no mean";
  EXPECT_EQ(p95_at_most(Parts{{1000, 100, 200, 300}, {3, 8000, 9000, 9100}}), 300)
      << "three slow ones of a thousand are no p95";
  EXPECT_EQ(p95_at_most(Parts{{1000, 100, 200, 300}, {60, 8000, 9000, 9100}}), 8000);
}

TEST(P95AtMost, IsNeverBelowTheTrueOneNorAboveTheWorst) {
  std::uint32_t state = 1;
  const auto random = [&] { return (state = state * 1664525U + 1013904223U) >> 8U; };
  const auto ranked = [](std::vector<double> values, std::size_t percent) {
    std::sort(values.begin(), values.end());
    return values[(values.size() * percent + 99) / 100 - 1];
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<LatencyPart> parts;
    std::vector<double> all;
    double worst = 0;
    for (std::size_t i = 0; i < 1 + random() % 7; ++i) {
      std::vector<double> values;
      const std::uint32_t scale = 1 + random() % 5000, some = 1 + random() % 400;
      for (std::uint32_t j = 0; j < some; ++j) values.push_back(random() % scale);
      parts.push_back({values.size(), ranked(values, 50), ranked(values, 95), ranked(values, 99)});
      worst = std::max(worst, parts.back().p95);
      all.insert(all.end(), values.begin(), values.end());
    }
    const auto most = p95_at_most(parts);
    ASSERT_TRUE(most);
    EXPECT_GE(*most, ranked(all, 95));
    EXPECT_LE(*most, worst);
  }
}

constexpr std::int64_t began = 1'770'000'000 / 60 * 60;
const UtcTime began_at{seconds{began}};

class CloudWatchFiguresTest : public ::testing::Test {
 protected:
  void count(const std::string& arm, Counter counter, minutes at, double times) {
    cloudwatch.put(arm, std::string(info(counter).cloudwatch), began + seconds(at).count(), times);
  }
  void record(const std::string& arm, Histogram histogram, minutes at, double value) {
    cloudwatch.put(arm, std::string(info(histogram).cloudwatch), began + seconds(at).count(),
                   value);
  }
  // A minute of a process, as all of them put it: counters that are 0 too.
  void put(const std::string& arm, minutes at, double finals, double dropped) {
    for (std::size_t i = 0; i < telemetry::counter_count; ++i) {
      const Counter counter = telemetry::counter_at(i);
      count(arm, counter, at,
            counter == Counter::final_results_processed   ? finals
            : counter == Counter::partial_results_dropped ? dropped
                                                          : 0);
    }
  }
  rollout::WindowFigures read(UtcTime now, hours at_most = hours{168}) {
    const auto read = figures.read(began_at, at_most, now);
    EXPECT_TRUE(read) << read.error().message;
    return read.value_or(rollout::WindowFigures{});
  }
  static minutes period_of(const json::object& input, std::string_view statistic) {
    for (const json::value& query : input.at("MetricDataQueries").as_array())
      if (query.at("MetricStat").at("Stat").as_string() == statistic)
        return minutes{query.at("MetricStat").at("Period").as_int64() / 60};
    return minutes{0};
  }
  static minutes start_of(const json::object& input) {
    return minutes{(input.at("StartTime").to_number<std::int64_t>() - began) / 60};
  }
  static minutes end_of(const json::object& input) {
    return minutes{(input.at("EndTime").to_number<std::int64_t>() - began) / 60};
  }

  FakeCloudWatch cloudwatch;
  std::vector<std::optional<Error>> told;
  CloudWatchFigures figures{cloudwatch.client(), "dev",
                            [this](const std::optional<Error>& error) { told.push_back(error); }};
};

TEST_F(CloudWatchFiguresTest, RecentIsNotOfBeforeThePhase) {
  put("canary", minutes{-30}, 1000, 0);
  put("control", minutes{-30}, 1000, 0);
  EXPECT_EQ(read(began_at + minutes{1}).recent, rollout::Figures{});
  put("canary", minutes{4}, 10, 0);
  put("control", minutes{4}, 20, 0);
  const rollout::WindowFigures got = read(began_at + minutes{10});
  EXPECT_EQ(got.recent.canary.finals, 10u);
  EXPECT_EQ(got.recent.control.finals, 20u);
  EXPECT_EQ(
      figures.read(began_at + seconds{1}, hours{168}, began_at + minutes{10})->recent.canary.finals,
      10u);
}

TEST_F(CloudWatchFiguresTest, AddUpWhatTheWholeFleetHasPut) {
  for (const double finals : {10.0, 20.0}) put("canary", minutes{5}, finals, finals * 3);
  put("canary", minutes{40}, 1, 2);
  put("control", minutes{6}, 7, 0);
  count("canary", Counter::session_errors, minutes{5}, 2);
  count("canary", Counter::transcribe_fallback_triggered, minutes{7}, 1);
  count("canary", Counter::feedback_positive, minutes{7}, 4);
  count("canary", Counter::feedback_neutral, minutes{7}, 5);
  count("canary", Counter::feedback_negative, minutes{7}, 6);
  count("canary", Counter::translation_cache_hits, minutes{7}, 8);
  count("canary", Counter::translation_cache_misses, minutes{7}, 9);
  for (int i = 1; i <= 100; ++i)
    record("canary", Histogram::processing_latency, minutes{i % 50}, 10 * i);
  for (const double orphans : {1.0, 4.0, 0.0})
    record("canary", Histogram::orphaned_results_flushed, minutes{9}, orphans);
  for (const double cost : {0.01, 0.04})
    record("canary", Histogram::cost_per_listener_hour, minutes{9}, cost);
  const auto got = read(began_at + minutes{62});
  rollout::ArmFigures canary;
  canary.captions = 100;
  canary.latency_p95_ms = 950;
  canary.finals = 31;
  canary.errors = 2;
  canary.dropped_per_minute = 90;
  canary.sessions = 3;
  canary.orphaned_per_session = 4;
  canary.fallbacks = 1;
  canary.thumbs_up = 4;
  canary.thumbs_neutral = 5;
  canary.thumbs_down = 6;
  canary.cost_per_listener_hour = 0.025;
  canary.cache_hits = 8;
  canary.cache_misses = 9;
  EXPECT_EQ(got.recent.canary, canary);
  EXPECT_EQ(got.whole.canary, canary);
  EXPECT_EQ(got.recent.control.finals, 7u);
  EXPECT_EQ(got.newest, began_at + minutes{40});
}

TEST_F(CloudWatchFiguresTest, AnArmThatIsMissingHasNoFigures) {
  put("canary", minutes{5}, 10, 1);
  const auto got = read(began_at + minutes{62});
  EXPECT_EQ(got.recent.control, rollout::ArmFigures{});
  EXPECT_EQ(got.whole.control, rollout::ArmFigures{});
  EXPECT_FALSE(got.whole.canary.latency_p95_ms);

  rollout::Readings readings;
  readings.recent = {got.recent.control, {}};
  readings.whole = {got.whole.control, {}};
  const rollout::Plan plan = rollout::guide_plan();
  for (const auto& criterion : rollout::judge(plan, plan.phases[1], readings)) {
    if (!rollout::judged_by_figures(criterion.rule.measure)) continue;
    EXPECT_EQ(criterion.verdict, rollout::Verdict::not_enough_data)
        << info(criterion.rule.measure).name;
  }
}

TEST_F(CloudWatchFiguresTest, ACounterThatIsMissingIsNotZero) {
  put("canary", minutes{5}, 10, 1);
  count("control", Counter::final_results_processed, minutes{5}, 10);
  const auto got = figures.read(began_at, hours{168}, began_at + minutes{62});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::unavailable);
  EXPECT_EQ(got.error().message,
            "CloudWatch has FinalResultsProcessed of control and no SessionErrors");
}

TEST_F(CloudWatchFiguresTest, TheNewestTwoMinutesAreLeftOut) {
  put("canary", minutes{57}, 10, 0);
  put("canary", minutes{58}, 1000, 500);
  const auto got = read(began_at + minutes{60} + seconds{59});
  EXPECT_EQ(got.recent.canary.finals, 10u);
  EXPECT_EQ(got.whole.canary.dropped_per_minute, 0);
  EXPECT_EQ(end_of(cloudwatch.asked()[0]), minutes{58});
  EXPECT_EQ(start_of(cloudwatch.asked()[0]), minutes{0}) << "when the phase began";
  EXPECT_EQ(read(began_at + minutes{62}).recent.canary.finals, 1010u);
}

TEST_F(CloudWatchFiguresTest, APhaseIsReadInDaysAndItsMinutesOnce) {
  const UtcTime now = began_at + days{6} + hours{5} + minutes{2};
  for (int day = 0; day < 6; ++day) {
    put("canary", days{day} + minutes{1}, 100, day == 1 ? 300 : 1);
    for (int i = 1; i <= 1000; ++i)
      record("canary", Histogram::processing_latency, days{day}, day == 2 ? 2 * i : i);
  }
  put("canary", days{6} + hours{1}, 100, 0);
  auto got = read(now);
  EXPECT_EQ(got.whole.canary.finals, 700u);
  EXPECT_EQ(got.whole.canary.captions, 6000u);
  EXPECT_EQ(got.whole.canary.latency_p95_ms, 1900) << "the worst day's";
  EXPECT_EQ(got.whole.canary.dropped_per_minute, 300);
  EXPECT_EQ(got.recent.canary, rollout::ArmFigures{});
  EXPECT_EQ(got.newest, began_at + days{6} + hours{1});
  const auto asked = cloudwatch.asked();
  ASSERT_EQ(asked.size(), 6u);
  EXPECT_EQ(period_of(asked[0], "p95"), hours{1});
  EXPECT_EQ(start_of(asked[1]), minutes{0});
  EXPECT_EQ(end_of(asked[1]), days{6});
  EXPECT_EQ(period_of(asked[1], "p95"), days{1});
  EXPECT_EQ(end_of(asked[2]), days{6} + hours{5});
  EXPECT_EQ(period_of(asked[2], "p95"), hours{5}) << "the rest of a day is one period";
  for (std::size_t i = 3; i < 6; ++i) EXPECT_EQ(period_of(asked[i], "Sum"), minutes{1});
  for (const json::object& input : asked) {
    const auto queries = input.at("MetricDataQueries").as_array();
    EXPECT_LE(queries.size(), 500u);
    std::int64_t points = 0;
    for (const json::value& query : queries)
      points += (end_of(input) - start_of(input)) /
                minutes{query.at("MetricStat").at("Period").as_int64() / 60};
    EXPECT_LE(points, 100'800);
  }

  put("canary", days{6} + hours{5}, 1, 400);
  (void)read(now + minutes{4});
  EXPECT_EQ(cloudwatch.asked().size(), 7u) << "only the hour is read again";
  got = read(now + minutes{5});
  EXPECT_EQ(got.whole.canary.dropped_per_minute, 400);
  EXPECT_EQ(got.whole.canary.finals, 701u);
  ASSERT_EQ(cloudwatch.asked().size(), 11u);
  EXPECT_EQ(start_of(cloudwatch.asked()[10]), days{6} + hours{4}) << "and what was put late";
}

TEST_F(CloudWatchFiguresTest, OldDataIsAskedForAsItIsKept) {
  for (const int age : {16, 64}) {
    const UtcTime now = began_at + days{age} + minutes{7};
    const std::size_t before = cloudwatch.asked().size();
    put("canary", days{age - 16} + minutes{1}, 10, 900);
    put("canary", days{age - 1}, 10, 1);
    const auto got = read(now, hours{24 * 364});
    EXPECT_GE(got.whole.canary.finals, 20u);
    EXPECT_EQ(got.whole.canary.dropped_per_minute, 1) << "older minutes are gone";
    const auto asked = cloudwatch.asked();
    const auto start = asked[before + 1].at("StartTime").to_number<std::int64_t>();
    const int rounded = age == 16 ? 300 : 3600;
    EXPECT_EQ(start, (began + rounded - 1) / rounded * rounded);
    for (std::size_t i = before; i < asked.size(); ++i) {
      if (period_of(asked[i], "Sum") != minutes{1}) continue;
      const UtcTime from{seconds{asked[i].at("StartTime").to_number<std::int64_t>()}};
      EXPECT_LT(now - from, days{15});
    }
  }
}

TEST_F(CloudWatchFiguresTest, APhaseThatHasJustBegunHasNothingYet) {
  put("canary", minutes{-2}, 10, 1);
  const auto got = read(began_at + minutes{1});
  EXPECT_EQ(got.recent, rollout::Figures{});
  EXPECT_EQ(got.whole, rollout::Figures{});
  EXPECT_TRUE(cloudwatch.asked().empty());
}

TEST_F(CloudWatchFiguresTest, WhatCannotBeReadIsSaidOnceAndNotAskedForAtOnce) {
  put("canary", minutes{5}, 10, 1);
  bool down = true;
  cloudwatch.answer_by([&](const json::object&) -> std::optional<Reply> {
    if (!down) return std::nullopt;
    return Reply{400, R"({"__type":"AccessDenied","message":"no"})", {}};
  });
  const UtcTime now = began_at + minutes{62};
  for (const int later : {0, 10, 29, 30, 40}) {
    const auto got = figures.read(began_at, hours{168}, now + seconds{later});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::permission_denied);
  }
  EXPECT_EQ(cloudwatch.asked().size(), 2u);
  ASSERT_EQ(told.size(), 1u);
  down = false;
  EXPECT_EQ(read(now + seconds{60}).recent.canary.finals, 10u);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_FALSE(told[1]) << "and that it is over";
}

TEST_F(CloudWatchFiguresTest, AfterTheFirstReadingTooAnErrorIsNoFigures) {
  put("canary", minutes{5}, 10, 1);
  (void)read(began_at + minutes{62});
  cloudwatch.answer_by([](const json::object&) {
    return Reply{503, R"({"__type":"ServiceUnavailable"})", {}};
  });
  EXPECT_FALSE(figures.read(began_at, hours{168}, began_at + minutes{64}));
}

TEST_F(CloudWatchFiguresTest, TwoPhasesInTurnAreBothKept) {
  put("canary", minutes{5}, 10, 1);
  const UtcTime now = began_at + minutes{62};
  for (int i = 0; i < 5; ++i) {
    (void)read(now + seconds{i});
    ASSERT_TRUE(figures.read(began_at + minutes{20}, hours{168}, now + seconds{i}));
  }
  EXPECT_EQ(cloudwatch.asked().size(), 6u) << "of each its hour, its rest and its minutes";
}

TEST(CloudWatchFiguresOfMoto, AreWhatWasPut) {
  MotoServer* const moto = MotoServer::shared();
  if (!moto) GTEST_SKIP() << MotoServer::why_not;
  moto->reset();
  const auto client = moto->client();
  const auto metrics = std::make_unique<telemetry::Metrics>();  // large for a stack
  metrics->count(Arm::canary, Counter::final_results_processed, 12);
  metrics->count(Arm::canary, Counter::partial_results_dropped, 30);
  metrics->count(Arm::control, Counter::final_results_processed, 5);
  metrics->record(Arm::canary, Histogram::orphaned_results_flushed, 4);
  metrics->record(Arm::canary, Histogram::orphaned_results_flushed, 2);
  for (int process = 0; process < 2; ++process)
    for (const int at : {3, 4})
      for (const json::object& request :
           metric_requests("dev", {began_at + minutes{at}, metrics->snapshot()})) {
        const auto put = client->call(services::cloudwatch, "PutMetricData", request);
        ASSERT_TRUE(put) << put.error().message;
      }
  CloudWatchFigures figures(client, "dev", [](const std::optional<Error>&) {});
  const auto got = figures.read(began_at, hours{168}, began_at + minutes{12});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->whole.canary.finals, 48u);
  EXPECT_EQ(got->whole.canary.dropped_per_minute, 60) << "of both processes";
  EXPECT_EQ(got->whole.canary.sessions, 8u);
  EXPECT_EQ(got->whole.canary.orphaned_per_session, 4);
  EXPECT_EQ(got->whole.control.finals, 20u);
  EXPECT_EQ(got->recent, got->whole);
  EXPECT_EQ(got->newest, began_at + minutes{4});

  CloudWatchFigures elsewhere(client, "staging", [](const std::optional<Error>&) {});
  const auto nothing = elsewhere.read(began_at, hours{168}, began_at + minutes{12});
  ASSERT_TRUE(nothing);
  EXPECT_EQ(*nothing, rollout::WindowFigures{}) << "another environment's are not these";
}

}  // namespace
}  // namespace sotto::providers::aws
