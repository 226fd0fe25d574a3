#include "providers/aws/credentials/credential_providers.hpp"

#include <fstream>

#include "providers/aws/client/account.hpp"
#include "providers/aws/credentials/test_environment.hpp"
#include "tests/support/moto_server.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::providers::aws {
namespace {

using ::testing::ElementsAre;
using testing::FakeEnvironment;
using testing::FakeNetwork;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string answer =
    R"({"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s3cr3t","Token":"TOKEN",)"
    R"("Expiration":"2026-03-01T18:00:00Z"})";
const UtcTime until = parse_utc("2026-03-01T18:00:00Z").value();

class Places : public ::testing::Test {
 protected:
  FakeEnvironment environment_;
  FakeNetwork network_;
};

void expect_error(const MaybeCredentials& found, ErrorCode code, const std::string& message) {
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, code);
  EXPECT_THAT(found.error().message, HasSubstr(message));
  EXPECT_THAT(found.error().message, Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(found.error().message, Not(HasSubstr("TOKEN-")));
}

TEST_F(Places, Variables) {
  EXPECT_FALSE(from_variables(environment_).value());
  environment_.variables["AWS_ACCESS_KEY_ID"] = "AKID";
  expect_error(from_variables(environment_), ErrorCode::invalid_argument,
               "AWS_SECRET_ACCESS_KEY is missing");
  environment_.variables["AWS_SECRET_ACCESS_KEY"] = "s3cr3t";
  environment_.variables["AWS_SESSION_TOKEN"] = "TOKEN";
  const auto found = from_variables(environment_).value().value();
  EXPECT_EQ(found.access_key_id, "AKID");
  EXPECT_EQ(found.secret_access_key, "s3cr3t");
  EXPECT_EQ(found.session_token, "TOKEN");
  EXPECT_FALSE(found.expires_at);
  environment_.variables.erase("AWS_ACCESS_KEY_ID");
  expect_error(from_variables(environment_), ErrorCode::invalid_argument,
               "AWS_ACCESS_KEY_ID is missing");
}

const std::string sts_answer =
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
    "<SessionToken>TOKEN</SessionToken><SecretAccessKey>s3cr3t</SecretAccessKey>"
    "<Expiration>2026-03-01T18:00:00Z</Expiration><AccessKeyId>ASIA</AccessKeyId>"
    "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

TEST_F(Places, WebIdentity) {
  EXPECT_FALSE(from_web_identity(environment_, network_).value());
  environment_.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/var/token";
  environment_.variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/talks";
  environment_.variables["AWS_REGION"] = "eu-west-1";
  expect_error(from_web_identity(environment_, network_), ErrorCode::not_found,
               "cannot read /var/token");
  environment_.files["/var/token"] = "TOKEN-a.b\n";
  expect_error(from_web_identity(environment_, network_), ErrorCode::unavailable,
               "STS AssumeRoleWithWebIdentity: cannot connect to sts.eu-west-1.amazonaws.com");
  EXPECT_EQ(network_.asked.size(), 2u) << "tried twice";
  HttpResponse& sts = network_.answers["POST https://sts.eu-west-1.amazonaws.com/"];
  sts = {200, {}, sts_answer};
  const auto found = from_web_identity(environment_, network_).value().value();
  EXPECT_EQ(found.access_key_id, "ASIA");
  EXPECT_EQ(found.secret_access_key, "s3cr3t");
  EXPECT_EQ(found.session_token, "TOKEN");
  EXPECT_EQ(found.expires_at, until);
  EXPECT_EQ(network_.sent.back().body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3A"
            "role%2Ftalks&RoleSessionName=sotto&WebIdentityToken=TOKEN-a.b");
  sts = {403, {}, "<Error><Code>AccessDenied</Code><Message>TOKEN-a.b</Message></Error>"};
  expect_error(from_web_identity(environment_, network_), ErrorCode::permission_denied,
               "STS AssumeRoleWithWebIdentity: AccessDenied");
  sts = {200, {}, "<x/>"};
  expect_error(from_web_identity(environment_, network_), ErrorCode::unavailable, "lacks");
}

TEST_F(Places, AProfilesKeys) {
  EXPECT_FALSE(from_profile(environment_, network_).value());
  auto& file = environment_.files["/home/me/.aws/credentials"];
  file = "[default]\naws_access_key_id=AKID\naws_secret_access_key=s3cr3t\n";
  EXPECT_EQ(from_profile(environment_, network_).value()->access_key_id, "AKID");
  file = "[default]\naws_secret_access_key=s3cr3t\n";
  expect_error(from_profile(environment_, network_), ErrorCode::invalid_argument, "only one of");
  file = "[default]\nrole_arn=arn\nsource_profile=x\n";
  expect_error(from_profile(environment_, network_), ErrorCode::invalid_argument,
               "credential_process");
  file = "[default]\nrole_arn=arn\nweb_identity_token_file=/t\n";
  environment_.files["/t"] = "TOKEN-";
  network_.answers["POST https://sts.us-east-1.amazonaws.com/"] = {200, {}, sts_answer};
  EXPECT_EQ(from_profile(environment_, network_).value()->access_key_id, "ASIA");
  environment_.variables["AWS_PROFILE"] = "missing";
  expect_error(from_profile(environment_, network_), ErrorCode::not_found, "'missing'");
}

TEST_F(Places, AProfilesProcess) {
  environment_.files["/home/me/.aws/config"] =
      "[default]\ncredential_process = /opt/keys --for \"the talks\"\n";
  expect_error(from_profile(environment_, network_), ErrorCode::not_found,
               "credential_process: there is no program");
  environment_.output =
      R"({"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"s3cr3t","SessionToken":"T",)"
      R"("Expiration":"2026-03-01T18:00:00+00:00"})";
  const auto found = from_profile(environment_, network_).value().value();
  EXPECT_THAT(environment_.ran, ElementsAre("/opt/keys", "--for", "the talks"));
  EXPECT_EQ(found.session_token, "T");
  EXPECT_EQ(found.expires_at, until);
  environment_.output = R"({"AccessKeyId":"AKID","SecretAccessKey":"s3cr3t","Expiration":"soon"})";
  expect_error(from_profile(environment_, network_), ErrorCode::unavailable, "Expiration");
  environment_.output = "s3cr3t";
  expect_error(from_profile(environment_, network_), ErrorCode::unavailable, "no JSON");
  environment_.files["/home/me/.aws/config"] = "[default]\ncredential_process = 'open\n";
  expect_error(from_profile(environment_, network_), ErrorCode::invalid_argument, "open quote");
}

TEST_F(Places, AContainersRelativeAddress) {
  EXPECT_FALSE(from_container(environment_, network_).value());
  environment_.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/1?x=y";
  expect_error(from_container(environment_, network_), ErrorCode::unavailable,
               "cannot connect to 169.254.170.2");
  HttpResponse& response = network_.answers["GET http://169.254.170.2/v2/credentials/1?x=y"];
  response = {200, {}, answer};
  const auto found = from_container(environment_, network_).value().value();
  EXPECT_EQ(found.session_token, "TOKEN");
  EXPECT_EQ(found.expires_at, until);
  response = {404, {}, "s3cr3t"};
  expect_error(from_container(environment_, network_), ErrorCode::unavailable, "status 404");
}

TEST_F(Places, AContainersFullAddressIsNotJustAnyones) {
  auto& url = environment_.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  environment_.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "TOKEN-1";
  url = "http://example.org/keys";
  expect_error(from_container(environment_, network_), ErrorCode::invalid_argument,
               "must be https");
  EXPECT_TRUE(network_.asked.empty());
  url = "nonsense";
  expect_error(from_container(environment_, network_), ErrorCode::invalid_argument, "must be");
  for (const char* good : {"http://127.0.0.1:8080/keys", "http://[fd00:ec2::23]/v1/credentials",
                           "http://169.254.170.23/v1/credentials", "https://example.org/keys"}) {
    url = good;
    network_.answers["GET " + url] = {200, {}, answer};
    EXPECT_TRUE(from_container(environment_, network_).value()) << good;
    EXPECT_THAT(network_.sent.back().headers, ElementsAre(Pair{"Authorization", "TOKEN-1"}));
  }
  environment_.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/var/token";
  expect_error(from_container(environment_, network_), ErrorCode::not_found, "/var/token");
  environment_.files["/var/token"] = "TOKEN-2\n";
  EXPECT_TRUE(from_container(environment_, network_).value());
  EXPECT_THAT(network_.sent.back().headers, ElementsAre(Pair{"Authorization", "TOKEN-2"}));
}

TEST_F(Places, AnInstancesRole) {
  EXPECT_FALSE(from_instance(environment_, network_).value());
  EXPECT_THAT(network_.asked, ElementsAre("PUT http://169.254.169.254/latest/api/token"));
  const std::string base = "GET http://169.254.169.254/latest/meta-data/";
  network_.answers["PUT http://169.254.169.254/latest/api/token"] = {200, {}, "SESSION"};
  EXPECT_FALSE(from_instance(environment_, network_).value()) << "without a role";
  network_.answers[base + "iam/security-credentials/"] = {200, {}, "talks-role\n"};
  network_.answers[base + "iam/security-credentials/talks-role"] = {200, {}, answer};
  network_.answers[base + "placement/region"] = {200, {}, "eu-north-1"};
  const auto found = from_instance(environment_, network_).value().value();
  EXPECT_EQ(found.access_key_id, "ASIA");
  EXPECT_EQ(found.expires_at, until);
  EXPECT_THAT(network_.sent.back().headers,
              ElementsAre(Pair{"X-aws-ec2-metadata-token", "SESSION"}));
  EXPECT_EQ(instance_region(environment_, network_), "eu-north-1");
  environment_.variables["AWS_EC2_METADATA_DISABLED"] = "true";
  EXPECT_FALSE(from_instance(environment_, network_).value());
  EXPECT_FALSE(instance_region(environment_, network_));
}

// The same places, with moto_server behind them, and with what it gives a call is made.
class MotoPlaces : public ::testing::Test {
 protected:
  void SetUp() override {
    moto_ = sotto::testing::MotoServer::shared();
    if (!moto_) GTEST_SKIP() << sotto::testing::MotoServer::why_not;
    environment_->variables["AWS_REGION"] = "eu-west-1";
    environment_->variables["AWS_ENDPOINT_URL"] = moto_->url();
    environment_->variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = moto_->url();
  }

  // Whom moto takes the one with these credentials for.
  std::string caller() {
    const auto client = open_client(environment_);
    if (!client) return client.error().message;
    const auto said = (*client)->query(services::sts, "GetCallerIdentity", {}, {});
    return said ? *said : said.error().message;
  }

  sotto::testing::MotoServer* moto_ = nullptr;
  const std::shared_ptr<FakeEnvironment> environment_ = std::make_shared<FakeEnvironment>();
  const std::shared_ptr<HttpClient> http_ = HttpClient::create({}).value();
};

TEST_F(MotoPlaces, WebIdentity) {
  environment_->variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token";
  environment_->variables["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/audio-processor";
  environment_->variables["AWS_ROLE_SESSION_NAME"] = "task-7";
  environment_->files["/token"] = "a.b.c";
  const auto found = from_web_identity(*environment_, *http_);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(*found);
  EXPECT_THAT((*found)->access_key_id, ::testing::StartsWith("ASIA"));
  EXPECT_FALSE((*found)->session_token.empty());
  EXPECT_GT((*found)->expires_at, std::chrono::system_clock::now());
  EXPECT_THAT(caller(), HasSubstr("assumed-role/audio-processor/task-7"));
}

TEST_F(MotoPlaces, AnInstancesRole) {
  const auto found = from_instance(*environment_, *http_);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->access_key_id, "test-key");
  EXPECT_EQ((*found)->session_token, "test-session-token");
  EXPECT_GT((*found)->expires_at, std::chrono::system_clock::now());
  EXPECT_THAT(caller(), HasSubstr("<Account>123456789012</Account>"));
}

TEST(SystemEnvironment, RunsAProgramAndReadsFiles) {
  const SystemEnvironment system;
  sotto::testing::TemporaryFolder folder;
  const std::string path = folder.path() / "file";
  std::ofstream(path) << "text";
  EXPECT_EQ(system.read_file(path).value(), "text");
  EXPECT_EQ(system.read_file("/nowhere/x").error().code, ErrorCode::not_found);
  EXPECT_EQ(system.read_file(folder.path()).error().code, ErrorCode::not_found);
  EXPECT_TRUE(system.variable("PATH"));
  EXPECT_FALSE(system.variable("SOTTO_NO_SUCH_VARIABLE"));
  constexpr milliseconds patience = std::chrono::seconds{10};
  EXPECT_EQ(system.run({"printf", "%s", "a b"}, patience).value(), "a b");
  EXPECT_EQ(system.run({"false"}, patience).error().code, ErrorCode::unavailable);
  EXPECT_EQ(system.run({"sotto-no-such-program"}, patience).error().code, ErrorCode::not_found);
  EXPECT_EQ(system.run({"sleep", "60"}, milliseconds{50}).error().code,
            ErrorCode::deadline_exceeded);
  EXPECT_EQ(system.run({"yes"}, patience).error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ(system.run({}, patience).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace sotto::providers::aws
