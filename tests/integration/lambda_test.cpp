// The function as AWS Lambda runs it: `bootstrap` against a runtime API, killed wherever it can be.
#include <elf.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "providers/aws/test_server.hpp"
#include "providers/local/file_flag_store.hpp"
#include "tests/support/insights.hpp"
#include "tests/support/lambda_fixture.hpp"
#include "tests/support/moto_server.hpp"
#include "tests/support/runtime_api.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/transcribe_hearing.hpp"
#include "tests/support/transcribe_server.hpp"

namespace sotto {
namespace {

namespace fs = std::filesystem;
namespace js = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Sent;
using Environment = std::map<std::string, std::string>;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Whether it asks for no program interpreter: ld.so(8).
bool is_static(const fs::path& program) {
  const std::string bytes = content_of(program);
  Elf64_Ehdr header{};
  if (bytes.size() < sizeof header) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    const std::size_t at = header.e_phoff + i * header.e_phentsize;
    if (at + sizeof segment > bytes.size()) return false;
    std::memcpy(&segment, bytes.data() + at, sizeof segment);
    if (segment.p_type == PT_INTERP) return false;
  }
  return true;
}

// Sees `root` as the whole file system; as another user where this one may not.
bool enter(const fs::path& root) {
  if (::chroot(root.c_str()) != 0 && (::unshare(CLONE_NEWUSER) != 0 || ::chroot(root.c_str()) != 0))
    return false;
  return ::chdir("/") == 0;
}

// A process of the function, killed when it goes.
class Instance {
 public:
  /// `root`: an empty folder to see as the whole file system; empty: the machine's.
  Instance(const std::string& program, Environment environment, const fs::path& output,
           const fs::path& root = {}) {
    std::vector<std::string> texts;
    for (const auto& [name, value] : environment) texts.push_back(name + "=" + value);
    std::vector<char*> variables;
    for (std::string& text : texts) variables.push_back(text.data());
    variables.push_back(nullptr);
    const std::string out = (output / "stdout").string(), err = (output / "stderr").string();
    std::string path = program;
    char* const arguments[] = {path.data(), nullptr};
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644), STDOUT_FILENO);
    ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644), STDERR_FILENO);
    if (!root.empty() && !enter(root)) ::_exit(99);
    ::execve(path.c_str(), arguments, variables.data());
    ::_exit(98);
  }
  ~Instance() { kill(); }
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  void kill() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    (void)wait();
  }
  /// Its exit code; nothing where it was killed.
  std::optional<int> wait() {
    int status = 0;
    if (pid_ <= 0 || ::waitpid(std::exchange(pid_, -1), &status, 0) < 0) return std::nullopt;
    return WIFEXITED(status) ? std::optional(WEXITSTATUS(status)) : std::nullopt;
  }

 private:
  pid_t pid_ = -1;
};

class LambdaTest : public ::testing::Test {
 protected:
  Environment environment() const {
    return {{"AWS_LAMBDA_RUNTIME_API", api.address()},
            {"SOTTO_CHECKPOINTS", "file:" + (folder.path() / "checkpoints").string()},
            {"SOTTO_DECISIONS", "file:" + decisions().string()},
            {"ROLLOUT_PERCENTAGE", "100"}};
  }
  std::unique_ptr<Instance> start() {
    return std::make_unique<Instance>(SOTTO_BOOTSTRAP, environment(), folder.path());
  }
  fs::path decisions() const { return folder.path() / "decisions.jsonl"; }

  // What a reader keeps that drops numbers it has seen, and lines that a death cut off.
  testing::Decisions kept() const {
    testing::Decisions all;
    std::ifstream in(decisions());
    for (std::string line; std::getline(in, line);) {
      js::error_code error;
      const js::value decision = js::parse(line, error);
      if (error) continue;
      const std::string session(decision.at("session_id").as_string());
      const auto number = decision.at("number").to_number<std::uint64_t>();
      const auto [known, is_new] = all.try_emplace({SessionId{session}, number}, line);
      EXPECT_EQ(known->second, line) << "the same number, the same decision";
    }
    return all;
  }

  js::value answer_to(const std::string& payload) {
    api.invoke(payload);
    const auto answer = api.answer();
    EXPECT_TRUE(answer);
    if (!answer) return {};
    EXPECT_THAT(answer->path, ::testing::EndsWith("/response")) << answer->body;
    return js::parse(answer->body);
  }

  // Whether that invocation was answered. An answer of one before it, whose process died as soon as
  // it had said it, is passed over.
  bool is_answered(const std::string& id, milliseconds patience) {
    while (const auto answer = api.answer(patience)) {
      if (answer->path != "invocation/" + id + "/response") continue;
      EXPECT_EQ(answer->body, R"({"batchItemFailures":[]})");
      return true;
    }
    return false;
  }

  testing::TemporaryFolder folder;
  testing::RuntimeApi api;
};

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

TEST_F(LambdaTest, KilledWithinAndBetweenBatchesItLosesAndRepeatsNothing) {
  const auto records = testing::stream_of(3, 60, 21);
  std::mt19937 random{7};
  int kills = 0, kills_at_work = 0;
  auto instance = start();
  for (std::size_t at = 0; at < records.size();) {
    const std::size_t size = std::min<std::size_t>(1 + random() % 80, records.size() - at);
    const std::vector<Sent> batch(records.begin() + static_cast<std::ptrdiff_t>(at),
                                  records.begin() + static_cast<std::ptrdiff_t>(at + size));
    const std::string id = api.invoke(testing::kinesis_event(batch));
    if (random() % 2 == 0) {  // at any time within
      ASSERT_TRUE(api.await_handed_out());
      std::this_thread::sleep_for(std::chrono::microseconds{random() % 60'000});
      instance->kill();
      instance = start();
      ++kills;
      if (!is_answered(id, milliseconds{5})) {
        ++kills_at_work;
        continue;  // the batch comes again
      }
    } else {
      ASSERT_TRUE(is_answered(id, std::chrono::seconds{20}));
    }
    at += size;
    if (random() % 5 == 0) instance = start();  // and between
  }
  // Whoever dies after the last save has its decisions handed out by the next.
  instance = start();
  const std::string last = api.invoke(testing::kinesis_event({records.end() - 3, records.end()}));
  EXPECT_TRUE(is_answered(last, std::chrono::seconds{20}));
  EXPECT_EQ(kept(), testing::replayed(records));
  EXPECT_GT(kills_at_work, 3) << "of " << kills;
  RecordProperty("kills", kills);
  RecordProperty("kills_at_work", kills_at_work);
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

// Nothing but the program, as where Lambda's C library is another.
// Audio as a record is recognised by Transcribe, here the stand-in for it.
TEST_F(LambdaTest, RecognisesAudioWithTranscribe) {
  const auto certificate = providers::aws::testing::Certificate::make();
  testing::TranscribeServerSettings settings;
  settings.certificate = certificate.certificate;
  settings.key = certificate.key;
  const testing::TranscribeServer transcribe(settings);
  const std::string bundle = (folder.path() / "ca.pem").string();
  std::ofstream(bundle) << certificate.certificate;
  Environment variables = environment();
  variables.insert({{"SOTTO_RECOGNISER", "transcribe"},
                    {"AWS_CA_BUNDLE", bundle},
                    {"AWS_ENDPOINT_URL_TRANSCRIBE_STREAMING",
                     "https://localhost:" + std::to_string(transcribe.port())},
                    {"AWS_REGION", settings.region},
                    {"AWS_ACCESS_KEY_ID", settings.credentials.access_key_id},
                    {"AWS_SECRET_ACCESS_KEY", settings.credentials.secret_access_key}});
  const Instance instance(SOTTO_BOOTSTRAP, variables, folder.path());
  EXPECT_EQ(answer_to("{}").at("recogniser"), true);
  const auto audio = testing::marked_audio({1, 2, 3, 0});
  const std::string_view bytes(reinterpret_cast<const char*>(audio.data()), 2 * audio.size());
  const std::string record = R"({"Audio":")" + testing::base64(bytes) + R"(","OffsetMs":500})";
  const js::value answer = answer_to(
      testing::kinesis_event({{"talk-0", record, testing::sequence_number(1)},
                              {"talk-0", R"({"EndOfAudio":true})", testing::sequence_number(2)}}));
  EXPECT_EQ(js::serialize(answer), R"({"batchItemFailures":[]})")
      << content_of(folder.path() / "stderr");
  EXPECT_TRUE(transcribe.complaints().empty());
  EXPECT_THAT(content_of(decisions()), HasSubstr("w1 w2 w3"));
}

// The program in a folder that has nothing else and that it sees as the whole file system.
class LambdaAlone : public LambdaTest {
 protected:
  void SetUp() override {
    std::error_code error;
    fs::create_directories(root / "var");
    fs::copy_file(SOTTO_BOOTSTRAP, root / "bootstrap", error);
    ASSERT_FALSE(error) << error.message();
    if (!is_static(root / "bootstrap"))
      GTEST_SKIP() << "bootstrap is not static; scripts/static-simdjson makes it so";
    variables["SOTTO_CHECKPOINTS"] = "file:/var/checkpoints";
    variables["SOTTO_DECISIONS"] = "file:/var/decisions.jsonl";
  }

  std::unique_ptr<Instance> start_alone() const {
    return std::make_unique<Instance>("/bootstrap", variables, folder.path(), root);
  }
  testing::Decisions kept_alone() const {
    fs::copy_file(root / "var" / "decisions.jsonl", decisions());
    return kept();
  }

  const fs::path root = folder.path() / "root";
  Environment variables = environment();
};

constexpr const char* no_chroot = "chroot(2) is not permitted here";

TEST_F(LambdaAlone, RunsWhereThereIsNothingElse) {
  const auto records = testing::stream_of(1, 10, 2);
  const auto instance = start_alone();
  api.invoke(testing::kinesis_event(records));
  const auto answer = api.answer(std::chrono::seconds{5});
  if (!answer && instance->wait() == 99) GTEST_SKIP() << no_chroot;
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, R"({"batchItemFailures":[]})");
  EXPECT_EQ(kept_alone(), testing::replayed(records));
}

// As infra/ sets it up, by name and not by address; the second instance goes on with the first's
// sessions.
TEST_F(LambdaAlone, WorksWithParameterStoreAndDynamoDb) {
  testing::MotoServer* const moto = testing::MotoServer::shared();
  if (!moto) GTEST_SKIP() << testing::MotoServer::why_not;
  moto->reset();
  namespace aws = providers::aws;
  const std::string flag = "/audio-transcription/staging/partial-results/config";
  const auto call = [&](const aws::Service& service, const char* operation, js::object input) {
    const auto done = moto->client()->call(service, operation, input, {std::chrono::minutes{1}, 1});
    ASSERT_TRUE(done) << done.error().message;
  };
  call(aws::services::ssm, "PutParameter",
       {{"Name", flag},
        {"Type", "String"},
        {"Value", R"({"enabled":true,"rollout_percentage":100})"}});
  call(aws::services::dynamodb, "CreateTable",
       {{"TableName", "checkpoints"},
        {"BillingMode", "PAY_PER_REQUEST"},
        {"AttributeDefinitions", {{{"AttributeName", "session_id"}, {"AttributeType", "S"}}}},
        {"KeySchema", {{{"AttributeName", "session_id"}, {"KeyType", "HASH"}}}}});
  fs::create_directories(root / "etc");
  std::ofstream(root / "etc" / "hosts") << "127.0.0.1 aws.test\n";
  variables.erase("ROLLOUT_PERCENTAGE");
  variables.insert({{"AWS_ENDPOINT_URL", "http://aws.test:" + std::to_string(moto->port())},
                    {"AWS_REGION", "eu-west-1"},
                    {"AWS_ACCESS_KEY_ID", "testing"},
                    {"AWS_SECRET_ACCESS_KEY", "testing"},
                    {"FEATURE_FLAG_PARAMETER_NAME", flag}});
  variables["SOTTO_STORE"] = "ssm:";
  variables["SOTTO_CHECKPOINTS"] = "dynamodb:checkpoints";

  auto records = testing::stream_of(2, 20, 3);
  const std::vector<Sent> all = records;
  const std::vector<Sent> rest(records.begin() + static_cast<std::ptrdiff_t>(records.size() / 2),
                               records.end());
  records.resize(records.size() / 2);
  for (const auto& batch : {records, rest}) {
    const auto instance = start_alone();
    api.invoke(testing::kinesis_event(batch));
    const auto answer = api.answer(std::chrono::seconds{30});
    if (!answer && instance->wait() == 99) GTEST_SKIP() << no_chroot;
    ASSERT_TRUE(answer) << content_of(folder.path() / "stderr");
    EXPECT_EQ(answer->body, R"({"batchItemFailures":[]})") << content_of(folder.path() / "stderr");
    const js::value status = answer_to("{}");
    EXPECT_EQ(status.at("environment"), "staging");
    EXPECT_EQ(status.at("flag").at("source"), "store");
    EXPECT_EQ(status.at("flag").at("rollout_percentage").to_number<int>(), 100);
  }
  EXPECT_EQ(kept_alone(), testing::replayed(all));
}

}  // namespace
}  // namespace sotto
