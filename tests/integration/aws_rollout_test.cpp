// The deployment guide's rollout with its parameter in Parameter Store, beside the aws command
// line. Both talk to moto_server.
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>

#include "providers/aws/client/service.hpp"
#include "providers/aws/cloudwatch/cloudwatch_metrics.hpp"
#include "providers/aws/readers/dynamodb_readers.hpp"
#include "providers/aws/ssm/ssm_flag_store.hpp"
#include "supervision/test_support.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/moto_server.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/shell_command.hpp"
#include "tests/support/started_rollout.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
namespace aws = sotto::providers::aws;
using sotto::testing::MotoServer;
using sotto::testing::Ran;
using sotto::testing::ServerProcess;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string parameter = "/audio-transcription/partial-results/config";

// As `aws`, by what that is made of: SERVICE OPERATION --cli-input-json JSON.
const std::string aws_command =
    SOTTO_TEST_PYTHON "/bin/python " SOTTO_SOURCE_DIR "/tests/integration/aws_call.py";

std::string quoted(const std::string& text) {
  std::string shell = "'";
  for (const char c : text) shell += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return shell + "'";
}

class AwsRollout : public ::testing::Test {
 protected:
  void SetUp() override {
    moto_ = MotoServer::shared();
    if (!moto_) GTEST_SKIP() << MotoServer::why_not;
    moto_->reset();
    for (const char* variable :
         {"FEATURE_FLAG_PARAMETER_NAME", "FEATURE_FLAG_CACHE_TTL", "PARTIAL_RESULTS_ENABLED",
          "ROLLOUT_PERCENTAGE", "MIN_STABILITY_THRESHOLD", "MAX_BUFFER_TIMEOUT", "AWS_PROFILE",
          "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "SOTTO_GATES", "SOTTO_ENVIRONMENT"})
      ::unsetenv(variable);
    for (const auto& [name, value] :
         std::map<std::string, std::string>{{"SOTTO_STORE", "ssm:"},
                                            {"AWS_ENDPOINT_URL", moto_->url()},
                                            {"AWS_REGION", "eu-west-1"},
                                            {"AWS_DEFAULT_REGION", "eu-west-1"},
                                            {"AWS_ACCESS_KEY_ID", "testing"},
                                            {"AWS_SECRET_ACCESS_KEY", "testing"},
                                            {"AWS_CONFIG_FILE", "/dev/null"},
                                            {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"},
                                            {"AWS_EC2_METADATA_DISABLED", "true"}})
      ::setenv(name.c_str(), value.c_str(), 1);
  }

  void TearDown() override {
    for (const char* variable : {"SOTTO_SESSIONS", "SOTTO_ROLLOUTS", "SOTTO_OPERATOR_TOKEN"})
      ::unsetenv(variable);
  }

  Ran run(const std::string& command) const {
    return sotto::testing::run_command(command, folder_.path());
  }

  Ran rollout(const std::string& arguments) const {
    return run("'" SOTTO_BINARY "' rollout " + arguments + " --data " + data());
  }
  json::object rollout_json(const std::string& arguments) const {
    const Ran ran = rollout(arguments + " --json");
    EXPECT_EQ(ran.code, 0) << arguments << ran.err;
    return ran.code == 0 ? json::parse(ran.out).as_object() : json::object{};
  }

  std::size_t signed_in() const {
    return rollout_json("--status").at("processes").as_array().size();
  }

  // As the guide does with `aws`.
  json::object amazon(const std::string& operation, const json::object& input) const {
    const Ran ran =
        run(aws_command + " " + operation + " --cli-input-json " + quoted(json::serialize(input)));
    EXPECT_EQ(ran.code, 0) << operation << ran.err;
    return ran.code == 0 && !ran.out.empty() ? json::parse(ran.out).as_object() : json::object{};
  }
  json::object amazons_flag() const {
    const json::object answer = amazon("ssm get-parameter", {{"Name", parameter}});
    if (!answer.contains("Parameter")) return {};
    return json::parse(answer.at("Parameter").at("Value").as_string()).as_object();
  }

  std::string data() const { return (folder_.path() / "data").string(); }

  MotoServer* moto_ = nullptr;
  const sotto::testing::TemporaryFolder folder_;
};

// "Initial Deployment" to "Emergency Rollback", and the thresholds.
TEST_F(AwsRollout, GoesAsTheGuideDoes) {
  EXPECT_EQ(rollout("--status").code, 1) << "there is no flag yet";
  for (const int percentage : {0, 10, 50, 100}) {
    const Ran ran =
        rollout("--percentage " + std::to_string(percentage) + " --by ana --reason 'phase'");
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(rollout_json("--status").at("rollout_percentage").to_number<int>(), percentage);
  }
  const Ran disabled = rollout("--disable --reason latency");
  EXPECT_EQ(disabled.code, 1) << "whether a server has heard of it is not known";
  EXPECT_THAT(disabled.out, HasSubstr("no process has signed in as a reader of this flag"));
  EXPECT_THAT(disabled.out,
              HasSubstr("not known: servers that could not sign in at ssm:eu-west-1"));
  EXPECT_FALSE(rollout_json("--status").at("enabled").as_bool());
  EXPECT_EQ(rollout("--enable").code, 0);
  EXPECT_EQ(rollout("--percentage 10").code, 0);
  EXPECT_EQ(rollout("set --min-stability 0.90").code, 0);
  EXPECT_EQ(rollout_json("--status").at("min_stability_threshold").to_number<double>(), 0.9);
  const auto history = rollout_json("history").at("versions").as_array();
  ASSERT_EQ(history.size(), 8u);
  EXPECT_TRUE(history.back().at("changed_by").as_string().starts_with("ana ("));
  EXPECT_EQ(history.back().at("reason").as_string(), "phase");
  const Ran difference = rollout("diff");
  EXPECT_THAT(difference.out, HasSubstr("version 7 "));
  EXPECT_THAT(difference.out, HasSubstr("0.9"));
  EXPECT_EQ(rollout("undo").code, 0);
  EXPECT_EQ(rollout_json("--status").at("min_stability_threshold").to_number<double>(), 0.85);

  const Ran status = rollout("--status");
  EXPECT_THAT(status.out, HasSubstr("ssm:eu-west-1"));
  const Ran late = rollout("--percentage 50 --if-version 3");
  EXPECT_EQ(late.code, 1);
  EXPECT_THAT(late.err, HasSubstr("at version 9, not 3"));
  EXPECT_FALSE(fs::exists(data() + "/flags.db")) << "nothing of the flag is kept here";
}

// Scenario 4, and "Configuration Tuning": the same parameter by hand.
TEST_F(AwsRollout, SeesWhatTheAwsCommandLineDoesAndTheOtherWayRound) {
  ASSERT_EQ(rollout("--percentage 10 --by ana --reason first").code, 0);
  EXPECT_EQ(amazons_flag().at("rollout_percentage").to_number<int>(), 10);

  const std::string by_hand =
      R"({"enabled":true,"rollout_percentage":100,"min_stability_threshold":0.90,"max_buffer_timeout":3.0})";
  amazon("ssm put-parameter", {{"Name", parameter}, {"Value", by_hand}, {"Overwrite", true}});
  const auto status = rollout_json("--status");
  EXPECT_EQ(status.at("version").to_number<int>(), 2);
  EXPECT_EQ(status.at("min_stability_threshold").to_number<double>(), 0.9);
  const auto history = rollout_json("history").at("versions").as_array();
  ASSERT_EQ(history.size(), 2u);
  EXPECT_FALSE(history.front().at("changed_by").as_string().starts_with("ana"))
      << "the description was kept";
  EXPECT_EQ(history.front().at("reason").as_string(), "");
  EXPECT_TRUE(history.back().at("changed_by").as_string().starts_with("ana ("));

  ASSERT_EQ(rollout("--disable").code, 1) << "no server is there to acknowledge it";
  const auto flag = amazons_flag();
  EXPECT_FALSE(flag.at("enabled").as_bool());
  EXPECT_EQ(flag.at("rollout_percentage").to_number<int>(), 100);
  EXPECT_EQ(flag.at("max_buffer_timeout").to_number<double>(), 3);

  amazon("ssm put-parameter", {{"Name", parameter}, {"Value", "{"}, {"Overwrite", true}});
  EXPECT_NE(rollout("--percentage 10").code, 0) << "what is no flag is not changed";
  EXPECT_THAT(rollout("--disable").out, HasSubstr("off for everybody")) << "but switched off";
}

TEST_F(AwsRollout, ServesByTheParameter) {
  ASSERT_EQ(rollout("--percentage 0").code, 0);
  const ServerProcess server({"--data", data(), "--store", "ssm:eu-west-1", "--cache-ttl", "1"});
  const sotto::testing::HttpClient client(server.port());
  const auto is_on = [&] {
    return json::parse(client
                           .ask("POST", "/ofrep/v1/evaluate/flags/partial-results",
                                R"({"context":{"targetingKey":"golden-eagle-427"}})")
                           .body)
        .at("value")
        .as_bool();
  };
  EXPECT_FALSE(is_on());
  ASSERT_EQ(rollout("--percentage 100").code, 0);
  EXPECT_TRUE(sotto::supervision::test::eventually(is_on)) << "the server reads it again by itself";
}

// A table whose key is two texts, and an index of the third by a number.
void make_table(aws::Client& client, const std::string& name, const std::string& key,
                const std::string& index, const std::string& partition, const std::string& sort) {
  const auto attribute = [](const std::string& of, const char* type) {
    return json::object{{"AttributeName", of}, {"AttributeType", type}};
  };
  const auto keys = [](const std::string& hash, const std::string& range) {
    return json::array{json::object{{"AttributeName", hash}, {"KeyType", "HASH"}},
                       json::object{{"AttributeName", range}, {"KeyType", "RANGE"}}};
  };
  const json::array attributes{attribute(key, "S"), attribute("item", "S"),
                               attribute(partition, "S"), attribute(sort, "N")};
  const json::object index_of_keys{{"IndexName", index},
                                   {"KeySchema", keys(partition, sort)},
                                   {"Projection", json::object{{"ProjectionType", "KEYS_ONLY"}}}};
  const auto made = client.call(aws::services::dynamodb, "CreateTable",
                                {{"TableName", name},
                                 {"BillingMode", "PAY_PER_REQUEST"},
                                 {"AttributeDefinitions", attributes},
                                 {"KeySchema", keys(key, "item")},
                                 {"GlobalSecondaryIndexes", json::array{index_of_keys}}},
                                {std::chrono::seconds{60}, 1});
  ASSERT_TRUE(made) << made.error().message;
}

TEST_F(AwsRollout, AKillIsAcknowledgedByEachHostInTheTable) {
  make_table(*moto_->client(), "rollouts", "flag", "by_age", "journal", "oldest_ms");
  ::setenv("SOTTO_ROLLOUTS", "dynamodb:rollouts", 1);
  ASSERT_EQ(rollout("--percentage 100").code, 0);
  const ServerProcess first({"--data", data()});
  const ServerProcess second({"--data", (folder_.path() / "other").string()});
  ASSERT_TRUE(sotto::supervision::test::eventually([&] { return signed_in() == 2; }));
  const Ran disabled = rollout("--disable --json --wait 60");
  EXPECT_EQ(disabled.code, 0) << disabled.out << disabled.err;
  const json::object said = json::parse(disabled.out).as_object();
  EXPECT_TRUE(said.at("acknowledged").as_bool());
  EXPECT_EQ(said.at("acknowledgements").as_array().size(), 2u);
  EXPECT_THAT(said.at("not_known").as_array().at(0).as_string().c_str(),
              HasSubstr("Lambda functions"));

  // A host that has died, or that reaches the table no more.
  const auto records = aws::make_dynamodb_readers(moto_->client(), "rollouts");
  const sotto::UtcTime heard = records->now() - std::chrono::minutes{3};
  ASSERT_TRUE(records->put(parameter, {"hall-z pid 1", "z", 1, heard, 2, heard, heard}, false));
  ASSERT_EQ(rollout("--enable").code, 0);
  const Ran again = rollout("--disable --wait 60");
  EXPECT_EQ(again.code, 1) << again.err;
  EXPECT_THAT(again.out, HasSubstr("2 of 2 processes acknowledged"));
  EXPECT_THAT(again.out, HasSubstr("gone: hall-z pid 1 (at version 1, 2 live sessions)"));
  EXPECT_THAT(rollout("--status").out, HasSubstr("hall-z pid 1 is gone"));

  ::setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1", 1);
  const Ran unreadable = rollout("--disable");
  ::unsetenv("AWS_ENDPOINT_URL_DYNAMODB");
  EXPECT_EQ(unreadable.code, 1);
  EXPECT_THAT(unreadable.err, HasSubstr("the flag is off with version"));
  EXPECT_THAT(unreadable.err, HasSubstr("who acts on it is not known: dynamodb:rollouts"));
}

TEST_F(AwsRollout, WithoutATableHostsAcknowledgeInParameterStore) {
  ASSERT_EQ(rollout("--percentage 100").code, 0);
  const ServerProcess server({"--data", data()});
  ASSERT_TRUE(sotto::supervision::test::eventually([&] { return signed_in() == 1; }));
  const Ran disabled = rollout("--disable --wait 60");
  EXPECT_EQ(disabled.code, 0) << disabled.out << disabled.err;
  EXPECT_THAT(disabled.out, HasSubstr("1 of 1 process acknowledged"));
}

// A task of Fargate whose disk goes with it, and the next one.
TEST_F(AwsRollout, TalksAndThePlanOutliveTheDiskInTables) {
  const auto client = moto_->client();
  make_table(*client, "talks", "session_id", "by_standing", "standing", "since_ms");
  make_table(*client, "rollouts", "flag", "by_age", "journal", "oldest_ms");
  const std::string token = "a-token-of-operators";
  ::setenv("SOTTO_SESSIONS", "dynamodb:talks", 1);
  ::setenv("SOTTO_ROLLOUTS", "dynamodb:rollouts", 1);
  ::setenv("SOTTO_OPERATOR_TOKEN", token.c_str(), 1);
  const std::string other_data = (folder_.path() / "other").string();
  std::string session;
  {
    const ServerProcess first({"--data", data()});
    EXPECT_THAT(first.first_line(), HasSubstr("the operator's token is in SOTTO_OPERATOR_TOKEN"));
    const sotto::testing::HttpClient speaker(first.port());
    const auto begin = [&] { return speaker.ask("POST", "/v1/sessions", R"({"language":"en"})"); };
    auto begun = begin();
    // On a busy machine moto may take longer than the store waits.
    for (int tries = 1; begun.status == 503 && tries < 5; ++tries) begun = begin();
    ASSERT_EQ(begun.status, 201) << begun.body;
    session = json::parse(begun.body).at("session_id").as_string();
    const Ran started = rollout("start --reason 'release 2.4'");
    ASSERT_EQ(started.code, 0) << started.err;
  }
  EXPECT_FALSE(fs::exists(data() + "/sessions.db"));
  EXPECT_FALSE(fs::exists(data() + "/rollout.db"));

  const ServerProcess second({"--data", other_data});
  const auto known =
      sotto::testing::HttpClient(second.port()).ask("GET", "/v1/sessions/" + session);
  EXPECT_EQ(known.status, 200) << known.body;
  const sotto::testing::HttpClient by_operator(second.port(), token);
  EXPECT_EQ(by_operator.ask("GET", "/v1/rollout").status, 200);
  EXPECT_EQ(sotto::testing::HttpClient(second.port(), "another").ask("GET", "/v1/rollout").status,
            403);
  const Ran events = run("'" SOTTO_BINARY "' rollout events --data " + other_data);
  EXPECT_EQ(events.code, 0) << events.err;
  EXPECT_THAT(events.out, HasSubstr("release 2.4"));

  const Ran settings = run("'" SOTTO_BINARY "' serve --print-config");
  EXPECT_THAT(settings.out, HasSubstr("dynamodb:talks"));
  EXPECT_THAT(settings.out, HasSubstr("SOTTO_ROLLOUTS"));
  EXPECT_THAT(settings.out, Not(HasSubstr(token)));
}

// The guide's option 3.
TEST_F(AwsRollout, OverridesAVariableAndKeepsTheOthers) {
  const auto client = moto_->client();
  constexpr aws::Service iam{"IAM", "iam", "iam", "", "", "2010-05-08"};
  ASSERT_TRUE(client->query(iam, "CreateRole",
                            {{"RoleName", "audio"}, {"AssumeRolePolicyDocument", "{}"}}));
  const json::object function{
      {"FunctionName", "audio-processor"},
      {"Role", "arn:aws:iam::123456789012:role/audio"},
      {"Runtime", "provided.al2023"},
      {"Handler", "bootstrap"},
      {"Code", json::object{{"ZipFile", "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="}}},
      {"Environment",
       json::object{{"Variables", json::object{{"SECRET", "hunter2"}, {"TABLE", "talks"}}}}}};
  const auto made =
      client->rest_json(aws::services::lambda, "CreateFunction",
                        {"POST", "/2015-03-31/functions", {}, {}, json::serialize(function)});
  ASSERT_TRUE(made) << made.error().message;
  const auto variables = [&] {
    const auto answer = client->rest_json(
        aws::services::lambda, "GetFunctionConfiguration",
        {"GET", "/2015-03-31/functions/audio-processor/configuration", {}, {}, {}});
    return answer ? json::serialize(answer->at("Environment").at("Variables")) : "";
  };

  const std::string command = "env-override --function audio-processor PARTIAL_RESULTS_ENABLED=";
  const Ran tried = rollout(command + "false --dry-run");
  EXPECT_THAT(tried.out, HasSubstr("would change"));
  EXPECT_THAT(variables(), Not(HasSubstr("PARTIAL")));

  const Ran off = rollout(command + "false");
  ASSERT_EQ(off.code, 0) << off.err;
  EXPECT_THAT(off.out, HasSubstr("PARTIAL_RESULTS_ENABLED: not set → false"));
  EXPECT_THAT(off.out, HasSubstr("2 other variables"));
  EXPECT_THAT(off.out, Not(HasSubstr("hunter2")));
  EXPECT_EQ(
      json::parse(variables()),
      json::parse(R"({"SECRET":"hunter2","TABLE":"talks","PARTIAL_RESULTS_ENABLED":"false"})"));

  const auto on = rollout_json(command + "true --unset TABLE");
  EXPECT_EQ(on.at("kept").to_number<int>(), 1);
  EXPECT_EQ(on.at("changes").as_array().size(), 2u);
  EXPECT_THAT(rollout(command + "true").out, HasSubstr("nothing was changed"));

  EXPECT_EQ(rollout("env-override --function nobody AA=b").code, 1);
  EXPECT_EQ(rollout("env-override NAME").code, 2);
  EXPECT_EQ(rollout("env-override").code, 2);
}

// What functions and other servers have put, in the console of a server that has measured nothing.
TEST_F(AwsRollout, IsJudgedByWhatTheFleetHasPut) {
  const auto metrics = std::make_unique<sotto::telemetry::Metrics>();  // large for a stack
  metrics->count(sotto::telemetry::Arm::canary, sotto::telemetry::Counter::final_results_processed,
                 12);
  metrics->count(sotto::telemetry::Arm::canary, sotto::telemetry::Counter::partial_results_dropped,
                 30);
  const auto earlier = std::chrono::system_clock::now() - std::chrono::minutes{10};
  const sotto::UtcTime at = std::chrono::floor<std::chrono::minutes>(earlier);
  for (const json::object& request : aws::metric_requests("prod", {at, metrics->snapshot()}))
    ASSERT_TRUE(moto_->client()->call(aws::services::cloudwatch, "PutMetricData", request));
  ASSERT_EQ(rollout("--percentage 0").code, 0);
  sotto::testing::start_rollout(*aws::make_ssm_flag_store(moto_->client()), data(), parameter,
                                at - std::chrono::minutes{10});
  const auto dropped = [&](const std::string& gates) -> json::value {
    const json::object judged = rollout_json("watch --once" + gates);
    for (const json::value& criterion : judged.at("criteria").as_array())
      if (criterion.at("name") == "dropped") return criterion.at("canary");
    return "there is no such criterion";
  };
  EXPECT_TRUE(dropped("").is_null());
  EXPECT_EQ(dropped(" --gates cloudwatch").to_number<double>(), 30);
  EXPECT_TRUE(dropped(" --gates cloudwatch --environment staging").is_null());

  ::setenv("AWS_ENDPOINT_URL_CLOUDWATCH", "http://127.0.0.1:1", 1);
  const Ran unknown = rollout("watch --once --gates cloudwatch");
  const Ran advanced = rollout("advance --gates cloudwatch");
  ::unsetenv("AWS_ENDPOINT_URL_CLOUDWATCH");
  EXPECT_EQ(unknown.code, 0) << unknown.err;
  EXPECT_THAT(unknown.out, HasSubstr("The figures cannot be read."));
  EXPECT_THAT(unknown.err, HasSubstr("CloudWatch GetMetricData"));
  EXPECT_EQ(advanced.code, 1);
  EXPECT_THAT(advanced.err, HasSubstr("the figures cannot be read"));
}

TEST_F(AwsRollout, SaysWhatIsMissing) {
  ::unsetenv("AWS_ACCESS_KEY_ID");
  ::unsetenv("AWS_SECRET_ACCESS_KEY");
  const Ran keyless = rollout("--status");
  EXPECT_EQ(keyless.code, 1);
  EXPECT_THAT(keyless.err, HasSubstr("credentials"));
  ::unsetenv("AWS_REGION");
  ::unsetenv("AWS_DEFAULT_REGION");
  const Ran nowhere = rollout("--status");
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("AWS_REGION"));
}

}  // namespace
