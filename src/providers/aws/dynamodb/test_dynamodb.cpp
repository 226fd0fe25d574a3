#include "providers/aws/dynamodb/test_dynamodb.hpp"
#include "providers/aws/credentials/test_credentials.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "json/members.hpp"
#include "tests/support/moto_server.hpp"

namespace sotto::providers::aws::testing {

namespace {

using sotto::testing::MotoServer;

std::string operation_of(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers)
    if (name == "X-Amz-Target") return value.substr(value.find('.') + 1);
  return "";
}

Reply forward(HttpClient& http, const Endpoint& moto, HttpRequest request) {
  std::erase_if(request.headers, [](const auto& header) {
    return header.first == "Content-Length" || header.first == "Connection";
  });
  const auto answer = http.send(moto, request, std::chrono::seconds{60});
  if (!answer) return {503, "", {}};
  Reply reply{answer->status, answer->body, {}};
  if (const auto type = answer->header("x-amzn-errortype"); !type.empty())
    reply.headers.emplace_back("x-amzn-errortype", type);
  return reply;
}

}  // namespace

ClientDependencies impatient() {
  ClientDependencies dependencies = ClientDependencies::real();
  dependencies.sleep = [](milliseconds) {};
  return dependencies;
}

std::shared_ptr<Client> client_of(const TestServer& server) {
  ClientConfig config;
  config.region = "eu-west-1";
  config.endpoints[""] = server.endpoint();
  return std::make_shared<Client>(config, testing::test_credentials(),
                                  HttpClient::create({}).value(), impatient());
}

std::shared_ptr<Client> moto_client() {
  static const auto http = HttpClient::create({}).value();
  static const Endpoint moto = parse_endpoint(MotoServer::shared()->url(), "moto").value();
  static const TestServer one_at_a_time(
      [](const HttpRequest& request) { return forward(*http, moto, request); });
  return client_of(one_at_a_time);
}

void make_only_table(const std::string& definition) {
  const auto client = moto_client();
  MotoServer::shared()->reset();
  const auto made =
      client->call(services::dynamodb, "CreateTable", boost::json::parse(definition).as_object(),
                   {std::chrono::seconds{60}, 1});
  EXPECT_TRUE(made) << made.error().message;
}

ScriptedDynamoDb::ScriptedDynamoDb(Script script)
    : server_([script = std::move(script)](const HttpRequest& request) {
        return script(operation_of(request), *sotto::json::parse_object(request.body));
      }) {}

std::vector<boost::json::object> ScriptedDynamoDb::asked(const std::string& operation) const {
  std::vector<boost::json::object> inputs;
  for (const HttpRequest& request : server_.requests())
    if (operation_of(request) == operation)
      inputs.push_back(*sotto::json::parse_object(request.body));
  return inputs;
}

}  // namespace sotto::providers::aws::testing
