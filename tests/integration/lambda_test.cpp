// The function as AWS Lambda runs it: `bootstrap` against a runtime API, killed wherever it can be.
#include <random>

#include "providers/local/file_flag_store.hpp"
#include "tests/integration/lambda_process.hpp"
#include "tests/support/change_points.hpp"
#include "tests/support/insights.hpp"

namespace sotto {
namespace {

using ::testing::HasSubstr;
using testing::Sent;

TEST_F(LambdaTest, StartsAndAnswersTheGuidesTestEvent) {
  const auto instance = start();
  const js::value status = answer_to(R"({"test":true})");
  EXPECT_EQ(status.at("status"), "ok");
  EXPECT_EQ(status.at("environment"), "prod");
  EXPECT_EQ(status.at("flag").at("source"), "environment");
  EXPECT_EQ(status.at("flag").at("rollout_percentage").to_number<int>(), 100);
  EXPECT_EQ(status.at("flag").at("enabled"), true);
}

TEST_F(LambdaTest, ReadsTheFlagFromItsStoreAndAnewWhenToldTo) {
  const auto store = providers::local::make_file_flag_store(folder.path() / "flags");
  const std::string name = "/audio-transcription/dev/partial-results/config";
  const auto put = [&](std::uint64_t expected, const std::string& document) {
    ASSERT_TRUE(store->write(name, expected, {document, "test", "", UtcTime{}}));
  };
  put(0, R"({"enabled":true,"rollout_percentage":10})");
  Environment variables = environment();
  variables["SOTTO_STORE"] = "file:" + (folder.path() / "flags").string();
  variables["FEATURE_FLAG_PARAMETER_NAME"] = name;
  const Instance instance(SOTTO_BOOTSTRAP, variables, folder.path());
  js::value status = answer_to("{}");
  EXPECT_EQ(status.at("environment"), "dev");
  EXPECT_EQ(status.at("flag").at("source"), "store");
  EXPECT_EQ(status.at("flag").at("version").to_number<int>(), 1);
  put(1, R"({"enabled":true,"rollout_percentage":50})");
  (void)answer_to(R"({"Records":[]})");
  status = answer_to(R"({"action":"invalidate_flag_cache"})");
  EXPECT_EQ(status.at("flag").at("version").to_number<int>(), 2);
  EXPECT_EQ(status.at("flag").at("rollout_percentage").to_number<int>(), 50);
}

TEST_F(LambdaTest, TheEnvironmentsOffWins) {
  Environment variables = environment();
  variables["PARTIAL_RESULTS_ENABLED"] = "false";
  const Instance instance(SOTTO_BOOTSTRAP, variables, folder.path());
  EXPECT_EQ(answer_to("{}").at("flag").at("enabled"), false);
  (void)answer_to(testing::kinesis_event(testing::stream_of(1, 10, 1)));
  EXPECT_THAT(content_of(folder.path() / "stderr"), HasSubstr("\"reason\":\"environment_off\""));
}

TEST_F(LambdaTest, ErrorsAreOfTheirInvocation) {
  const auto instance = start();
  api.invoke("not JSON");
  const auto error = api.answer();
  ASSERT_TRUE(error);
  EXPECT_THAT(error->path, ::testing::EndsWith("/error"));
  EXPECT_EQ(error->error_type, "Function.InvalidArgument");
  EXPECT_EQ(answer_to("{}").at("status"), "ok");
}

TEST_F(LambdaTest, WhatIsWrongAtTheStartIsReported) {
  for (const auto& [name, value, message] :
       {std::tuple("SOTTO_CHECKPOINTS", "", "SOTTO_CHECKPOINTS is not set"),
        std::tuple("SOTTO_STORE", "floppy:", "SOTTO_STORE is \\\"floppy:\\\""),
        std::tuple("SOTTO_DECISIONS", "pigeon:", "must be kinesis:STREAM or file:PATH"),
        std::tuple("PARTIAL_RESULTS_ENABLED", "perhaps", "PARTIAL_RESULTS_ENABLED"),
        std::tuple("LOG_LEVEL", "loud", "LOG_LEVEL"),
        std::tuple("PAUSE_THRESHOLD", "90", "pause_threshold is 90")}) {
    Environment variables = environment();
    variables[name] = value;
    Instance instance(SOTTO_BOOTSTRAP, variables, folder.path());
    EXPECT_EQ(instance.wait(), 1) << name;
    const auto error = api.answer();
    ASSERT_TRUE(error) << name;
    EXPECT_EQ(error->path, "init/error");
    EXPECT_EQ(error->error_type, "Function.InvalidArgument");
    EXPECT_THAT(error->body, HasSubstr(message));
  }
  Instance alone(SOTTO_BOOTSTRAP, {}, folder.path());
  EXPECT_EQ(alone.wait(), 2);
}

TEST_F(LambdaTest, AfterItsDeadlineNothingIsBegun) {
  const auto records = testing::stream_of(1, 5, 1);
  const auto instance = start();
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  api.invoke(testing::kinesis_event(records), now + milliseconds{200});
  const auto late = api.answer();
  ASSERT_TRUE(late);
  EXPECT_EQ(js::parse(late->body).at("batchItemFailures").as_array().size(), records.size());
  EXPECT_THAT(kept(), ::testing::IsEmpty());
  EXPECT_TRUE(
      answer_to(testing::kinesis_event(records)).at("batchItemFailures").as_array().empty());
  EXPECT_EQ(kept(), testing::replayed(records));
}

// Each batch is killed before its first change to a file, then before its second, and so on until
// it gets through: no kill can miss, however fast the machine is.
TEST_F(LambdaTest, KilledWithinAndBetweenBatchesItLosesAndRepeatsNothing) {
  const auto records = testing::stream_of(3, 60, 21);
  const std::string checkpoints = (folder.path() / "checkpoints").string() + "/";
  const auto is_kept = [&](const std::string& file) {
    return file.starts_with(checkpoints) || file == decisions().string();
  };
  std::mt19937 random{7};
  int kills = 0;
  auto instance = start();
  for (std::size_t at = 0; at < records.size();) {
    const std::size_t size = std::min<std::size_t>(1 + random() % 80, records.size() - at);
    const std::vector<Sent> batch(records.begin() + static_cast<std::ptrdiff_t>(at),
                                  records.begin() + static_cast<std::ptrdiff_t>(at + size));
    int kills_within = 0;
    for (bool is_done = false; !is_done;) {
      ASSERT_TRUE(api.await_asking());
      std::string id;
      const auto end = testing::kill_at_change(instance->pid(), kills_within, is_kept, [&] {
        id = api.invoke(testing::kinesis_event(batch));
      });
      if (!end && kills == 0) GTEST_SKIP() << "processes cannot be traced here";
      ASSERT_TRUE(end);
      is_done = *end == testing::ChildEnd::finished;
      if (!is_done) {
        ++kills_within;
        EXPECT_FALSE(instance->wait()) << "it was killed";
        instance = start();
      }
      ASSERT_EQ(is_answered(id, is_done ? milliseconds{20'000} : milliseconds{0}), is_done);
    }
    EXPECT_GE(kills_within, 3) << "as it cuts off, writes and renames a checkpoint's file";
    kills += kills_within;
    at += size;
    if (random() % 5 == 0) instance = start();  // and between
  }
  // Whoever dies after the last save has its decisions handed out by the next.
  instance = start();
  const std::string last = api.invoke(testing::kinesis_event({records.end() - 3, records.end()}));
  EXPECT_TRUE(is_answered(last, std::chrono::seconds{20}));
  EXPECT_EQ(kept(), testing::replayed(records));
  RecordProperty("kills", kills);
}

TEST_F(LambdaTest, TheGuidesQueriesWorkOnItsLogAndItsMetricsArePrinted) {
  auto records = testing::stream_of(2, 30, 5);
  records.push_back({"talk-9", "{", testing::sequence_number(records.size() + 1)});
  const auto instance = start();
  const auto failed = answer_to(testing::kinesis_event(records)).at("batchItemFailures").as_array();
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].at("itemIdentifier").as_string(), records.back().sequence_number);

  std::vector<std::string> lines;
  std::ifstream log(folder.path() / "stderr");
  for (std::string line; std::getline(log, line);) lines.push_back(line);
  const auto rows = [&](const std::string& query) {
    const auto table = testing::run_insights(query, lines);
    EXPECT_TRUE(table) << table.error().message;
    return table ? table->rows.size() : 0;
  };
  EXPECT_EQ(rows("fields @timestamp, @message, level, error_code | filter level = \"ERROR\""
                 " | sort @timestamp desc | limit 100"),
            1u);
  EXPECT_GE(rows("fields @timestamp, event, action, stability_score, session_id"
                 " | filter event = \"partial_result\" | stats count() by action"),
            2u);
  EXPECT_GE(rows("fields @timestamp, session_id, processing_latency_ms"
                 " | stats avg(processing_latency_ms), max(processing_latency_ms),"
                 " pct(processing_latency_ms, 99) by session_id"),
            2u);
  EXPECT_EQ(rows("fields @message | filter @message like /rollout check/"), 2u);

  std::map<std::string, double> sums;
  std::ifstream metrics(folder.path() / "stdout");
  for (std::string line; std::getline(metrics, line);) {
    const js::object values = js::parse(line).as_object();
    EXPECT_TRUE(values.contains("_aws")) << line;
    for (const char* name : {"PartialResultsProcessed", "FinalResultsProcessed", "SessionErrors"})
      if (const auto* value = values.if_contains(name)) sums[name] += value->to_number<double>();
  }
  EXPECT_GT(sums["PartialResultsProcessed"], 200);
  EXPECT_GT(sums["FinalResultsProcessed"], 0);
  EXPECT_EQ(sums["SessionErrors"], 1);
}

}  // namespace
}  // namespace sotto
