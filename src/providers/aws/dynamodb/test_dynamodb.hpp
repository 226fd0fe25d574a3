#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "providers/aws/client/client.hpp"
#include "providers/aws/client/test_server.hpp"

namespace sotto::providers::aws::testing {

/// A client of a server that is a test, which does not wait before it tries again.
std::shared_ptr<Client> client_of(const TestServer& server);

/// A client that leads to moto_server (which must be installed) one request at a time: two at once
/// it would let both through a condition.
std::shared_ptr<Client> moto_client();

/// Forgets all that moto_server has, and makes a table as the JSON of CreateTable says.
void make_only_table(const std::string& definition);

/// DynamoDB as a test scripts it: what an operation is answered.
class ScriptedDynamoDb {
 public:
  using Script = std::function<Reply(const std::string& operation, const boost::json::object&)>;

  explicit ScriptedDynamoDb(Script script);

  std::shared_ptr<Client> client() const { return client_of(server_); }

  /// The inputs of an operation so far.
  std::vector<boost::json::object> asked(const std::string& operation) const;

  static Reply refusal(const std::string& name) {
    return {400, R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + name + R"(Exception"})", {}};
  }

 private:
  TestServer server_;
};

/// ClientDependencies that never wait.
ClientDependencies impatient();

}  // namespace sotto::providers::aws::testing
