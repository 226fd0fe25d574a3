#include "providers/aws/client/account.hpp"

#include <boost/json.hpp>

#include "providers/aws/client/test_server.hpp"
#include "providers/aws/credentials/test_environment.hpp"

namespace sotto::providers::aws {
namespace {

using testing::FakeEnvironment;
using testing::FakeNetwork;

TEST(Region, IsTheVariablesTheProfilesOrTheInstances) {
  FakeEnvironment environment;
  FakeNetwork network;
  const auto none = find_region(environment, network);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().field, "AWS_REGION");
  network.answers["PUT http://169.254.169.254/latest/api/token"] = {200, {}, "x"};
  network.answers["GET http://169.254.169.254/latest/meta-data/placement/region"] = {
      200, {}, "eu-north-1"};
  EXPECT_EQ(find_region(environment, network).value(), "eu-north-1");
  environment.files["/home/me/.aws/config"] = "[default]\nregion = eu-south-1\n";
  EXPECT_EQ(find_region(environment, network).value(), "eu-south-1");
  environment.variables["AWS_DEFAULT_REGION"] = "eu-east-1";
  EXPECT_EQ(find_region(environment, network).value(), "eu-east-1");
  environment.variables["AWS_REGION"] = "eu-west-1";
  EXPECT_EQ(find_region(environment, network).value(), "eu-west-1");
  environment.variables["AWS_REGION"] = "evil.example.org/";
  EXPECT_FALSE(find_region(environment, network));
}

TEST(Endpoints, AreThoseThatTheVariablesSet) {
  FakeEnvironment environment;
  EXPECT_TRUE(find_endpoints(environment).value().empty());
  environment.variables["AWS_ENDPOINT_URL"] = "http://localhost:4566";
  environment.variables["AWS_ENDPOINT_URL_DYNAMODB"] = "http://localhost:8000";
  environment.variables["AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"] = "https://logs";
  environment.variables["AWS_ENDPOINT_URL_KINESIS"] = "http://localhost:4568";
  const auto endpoints = find_endpoints(environment).value();
  EXPECT_EQ(endpoints.at("").port, 4566);
  EXPECT_EQ(endpoints.at("DynamoDB").port, 8000);
  EXPECT_EQ(endpoints.at("CloudWatch Logs").host, "logs");
  EXPECT_EQ(endpoints.at("Kinesis").port, 4568);
  environment.variables["AWS_ENDPOINT_URL_SSM"] = "localhost:4566";
  EXPECT_EQ(find_endpoints(environment).error().field, "AWS_ENDPOINT_URL_SSM");
}

TEST(OpenClient, CallsAsTheEnvironmentSays) {
  testing::TestServer server([](const HttpRequest&) { return testing::Reply{200, "{\"a\":1}"}; });
  const auto environment = std::make_shared<FakeEnvironment>();
  environment->variables = {{"AWS_ACCESS_KEY_ID", "AKID"},
                            {"AWS_SECRET_ACCESS_KEY", "SECRET"},
                            {"AWS_REGION", "eu-west-1"},
                            {"AWS_ENDPOINT_URL_SSM", server.url()}};
  const auto client = open_client(environment).value();
  EXPECT_EQ(client->region(), "eu-west-1");
  EXPECT_EQ(open_client(environment, "us-east-1").value()->region(), "us-east-1");
  const auto answer = client->call(services::ssm, "GetParameter", {{"Name", "x"}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("a").as_int64(), 1);
  environment->variables["AWS_CA_BUNDLE"] = "/nowhere/ca.pem";
  EXPECT_EQ(open_client(environment).error().field, "AWS_CA_BUNDLE");
}

TEST(OpenClient, WithoutCredentialsTheFirstCallSaysSo) {
  const auto environment = std::make_shared<FakeEnvironment>();
  environment->variables = {{"AWS_REGION", "eu-west-1"}, {"AWS_EC2_METADATA_DISABLED", "true"}};
  const auto answer = open_client(environment).value()->call(services::ssm, "GetParameter", {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(answer.error().message,
              ::testing::StartsWith("SSM GetParameter: found no AWS credentials"));
}

}  // namespace
}  // namespace sotto::providers::aws
