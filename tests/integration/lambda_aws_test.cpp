// The function with its stores on AWS, of which moto_server is a stand-in, and alone on a machine.
#include <elf.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/encoding.hpp"
#include "providers/aws/client/test_server.hpp"
#include "supervision/test_support.hpp"
#include "tests/integration/lambda_process.hpp"
#include "tests/support/moto_server.hpp"
#include "tests/support/transcribe_hearing.hpp"
#include "tests/support/transcribe_server.hpp"

namespace sotto {
namespace {

namespace aws = providers::aws;
using testing::Sent;

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

// The way to moto_server, on which the function dies when told to: before a put of decisions comes
// there, or after, before it is answered.
class Door {
 public:
  enum class Dies { never, before_the_put, after_the_put };

  explicit Door(const testing::MotoServer& moto) : url_(moto.url()) {}

  std::string url() const { return server_.url(); }

  void kill_at_next_put(const Instance& instance, Dies when) {
    pid_ = instance.pid();
    when_ = when;
  }
  bool has_killed() const { return when_ == Dies::never; }

 private:
  aws::testing::Reply answer(const aws::HttpRequest& request) {
    const bool is_put =
        std::any_of(request.headers.begin(), request.headers.end(),
                    [](const auto& header) { return header.second.ends_with(".PutRecord"); });
    const Dies when = is_put ? when_.load() : Dies::never;
    aws::testing::Reply reply{503, "", {}};
    if (when != Dies::before_the_put) reply = forward(request);
    if (when != Dies::never) ::kill(pid_, SIGKILL);
    if (when != Dies::never) when_ = Dies::never;
    return reply;
  }

  aws::testing::Reply forward(aws::HttpRequest request) const {
    std::erase_if(request.headers, [](const auto& header) {
      return header.first == "Content-Length" || header.first == "Connection";
    });
    const auto answer =
        http_->send(aws::parse_endpoint(url_, "moto").value(), request, std::chrono::seconds{30});
    return answer ? aws::testing::Reply{answer->status, answer->body, {}}
                  : aws::testing::Reply{503, "", {}};
  }

  const std::string url_;
  const std::shared_ptr<aws::HttpClient> http_ = aws::HttpClient::create({}).value();
  std::atomic<pid_t> pid_ = -1;
  std::atomic<Dies> when_ = Dies::never;
  aws::testing::TestServer server_{[this](const auto& request) { return answer(request); }};
};

TEST_F(LambdaTest, KilledAtItsPutsIntoKinesisItLosesAndRepeatsNothing) {
  testing::MotoServer* const moto = testing::MotoServer::shared();
  if (!moto) GTEST_SKIP() << testing::MotoServer::why_not;
  moto->reset();
  testing::KinesisStream stream(moto->client(), "decisions");
  stream.create(2);
  Door door(*moto);
  Environment variables = environment();
  variables.merge(at_aws(door.url()));
  variables["SOTTO_DECISIONS"] = "kinesis:decisions";
  const auto begin = [&] {
    return std::make_unique<Instance>(SOTTO_BOOTSTRAP, variables, folder.path());
  };
  const auto records = testing::stream_of(2, 30, 9);
  auto instance = begin();
  std::size_t invocations = 0;
  for (std::size_t at = 0; at < records.size(); ++invocations) {
    const std::size_t end = std::min<std::size_t>(at + 40, records.size());
    const std::vector<Sent> batch(records.begin() + static_cast<std::ptrdiff_t>(at),
                                  records.begin() + static_cast<std::ptrdiff_t>(end));
    const bool dies = invocations % 2 == 1;
    if (dies)
      door.kill_at_next_put(
          *instance, invocations % 4 == 1 ? Door::Dies::before_the_put : Door::Dies::after_the_put);
    const std::string id = api.invoke(testing::kinesis_event(batch));
    if (dies) {  // the batch comes again
      ASSERT_TRUE(supervision::test::eventually([&] { return door.has_killed(); }));
      EXPECT_FALSE(instance->wait()) << "it was killed";
      instance = begin();
    } else {
      ASSERT_TRUE(is_answered(id, std::chrono::seconds{30}))
          << content_of(folder.path() / "stderr");
      at = end;
    }
  }
  EXPECT_GE(invocations, 8u) << "dies either way, more than once";
  EXPECT_EQ(kept_in(stream), testing::replayed(records));
  std::size_t lines = 0;
  for (const auto& record : stream.records()) lines += testing::lines_of(record.data).size();
  EXPECT_GT(lines, kept_in(stream).size()) << "some came twice, and the reader dropped them";
}

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
  const std::string record = R"({"Audio":")" + to_base64(bytes) + R"(","OffsetMs":500})";
  const js::value answer = answer_to(
      testing::kinesis_event({{"talk-0", record, testing::sequence_number(1)},
                              {"talk-0", R"({"EndOfAudio":true})", testing::sequence_number(2)}}));
  EXPECT_EQ(js::serialize(answer), R"({"batchItemFailures":[]})")
      << content_of(folder.path() / "stderr");
  EXPECT_TRUE(transcribe.complaints().empty());
  EXPECT_THAT(content_of(decisions()), ::testing::HasSubstr("w1 w2 w3"));
}

// Nothing but the program, as where Lambda's C library is another: it is in a folder that
// has nothing else and that it sees as the whole file system.
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
TEST_F(LambdaAlone, WorksWithParameterStoreDynamoDbAndKinesis) {
  testing::MotoServer* const moto = testing::MotoServer::shared();
  if (!moto) GTEST_SKIP() << testing::MotoServer::why_not;
  moto->reset();
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
  testing::KinesisStream stream(moto->client(), "decisions");
  stream.create(2);
  fs::create_directories(root / "etc");
  std::ofstream(root / "etc" / "hosts") << "127.0.0.1 aws.test\n";
  variables.erase("ROLLOUT_PERCENTAGE");
  variables.merge(at_aws("http://aws.test:" + std::to_string(moto->port())));
  variables["FEATURE_FLAG_PARAMETER_NAME"] = flag;
  variables["SOTTO_STORE"] = "ssm:";
  variables["SOTTO_CHECKPOINTS"] = "dynamodb:checkpoints";
  variables["SOTTO_DECISIONS"] = "kinesis:decisions";

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
  EXPECT_EQ(kept_in(stream), testing::replayed(all));
}

}  // namespace
}  // namespace sotto
