#include "providers/local/sqlite_series.hpp"

#include <fstream>

#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::local {
namespace {

using telemetry::Counter;
using telemetry::Histogram;
using telemetry::Minute;

UtcTime at(int minutes) { return UtcTime{std::chrono::minutes(minutes)}; }

Minute minute(int start, std::uint64_t errors) {
  Minute made{at(start), {}};
  made.arms[1][Counter::session_errors] = errors;
  made.arms[1][Histogram::processing_latency].record(1234);
  return made;
}

class SqliteSeries : public ::testing::Test {
 protected:
  std::unique_ptr<telemetry::Series> open() { return make_sqlite_series(path); }

  testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "metrics.db";
};

TEST_F(SqliteSeries, KeepsWhatItIsGivenAndForgetsWhatItIsTold) {
  EXPECT_TRUE(open()->read(at(0), at(100))->empty());
  for (const int start : {3, 1, 2}) ASSERT_TRUE(open()->append(minute(start, 10)));
  const auto read = *open()->read(at(1), at(3));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].start, at(1));
  EXPECT_EQ(read[1].arms[1][Counter::session_errors], 10u);
  EXPECT_EQ(read[1].arms[1][Histogram::processing_latency].sum(), 1234);
  EXPECT_TRUE(read[1].arms[0].empty());
  ASSERT_TRUE(open()->prune(at(3)));
  EXPECT_EQ(open()->read(at(0), at(100))->size(), 1u);
}

TEST_F(SqliteSeries, AddsWhatSeveralProcessesHaveOfAMinute) {
  ASSERT_TRUE(open()->append(minute(1, 10)));
  ASSERT_TRUE(open()->append(minute(1, 5)));
  const auto read = *open()->read(at(0), at(100));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].arms[1][Counter::session_errors], 15u);
  EXPECT_EQ(read[0].arms[1][Histogram::processing_latency].count(), 2u);
}

TEST_F(SqliteSeries, WhatIsNoDatabaseIsAnError) {
  std::ofstream(path) << std::string(5000, 'x');
  EXPECT_FALSE(open()->read(at(0), at(1)));
  EXPECT_FALSE(open()->append(minute(1, 1)));
  EXPECT_FALSE(make_sqlite_series("/proc/sotto/metrics.db")->append(minute(1, 1)));
}

}  // namespace
}  // namespace sotto::providers::local
