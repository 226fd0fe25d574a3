#include "providers/aws/dynamodb/dynamodb_checkpoints.hpp"

#include <boost/json.hpp>

#include "json/members.hpp"
#include "providers/aws/dynamodb/test_dynamodb.hpp"
#include "tests/contract/checkpoint_store_contract.hpp"
#include "tests/support/moto_server.hpp"

namespace sotto::providers::aws {
namespace {

namespace json = boost::json;
using testing::client_of;
using ::testing::HasSubstr;
using testing::Reply;
using testing::TestServer;

class DynamoDbCheckpoints : public ::testing::Test {
 protected:
  // DynamoDB as far as one item goes, whose condition is the version before.
  Reply answer(const HttpRequest& request) {
    if (refusal_) return *refusal_;
    const json::object body = *sotto::json::parse_object(request.body);
    asked_.push_back(body);
    if (!body.contains("Item"))
      return {200, item_.empty() ? "{}" : json::serialize(json::object{{"Item", item_}}), {}};
    const json::object& item = body.at("Item").as_object();
    const std::string before = item_.empty() ? "0" : *text(item_, "version", "N");
    if (std::stoul(*text(item, "version", "N")) != std::stoul(before) + 1)
      return {400, R"({"__type":"x#ConditionalCheckFailedException"})", {}};
    item_ = item;
    return {std::exchange(lose_next_answer_, false) ? 500 : 200, "{}", {}};
  }
  static std::optional<std::string> text(const json::object& item, const char* name,
                                         const char* type) {
    return sotto::json::text_member(item.at(name).as_object(), type);
  }

  json::object item_;
  std::vector<json::object> asked_;
  std::optional<Reply> refusal_;
  bool lose_next_answer_ = false;
  TestServer server_{[this](const HttpRequest& request) { return answer(request); }};
  const std::unique_ptr<ports::CheckpointStore> store_ =
      make_dynamodb_checkpoint_store(client_of(server_), "audio-sessions", "one");
  const SessionId session_{"golden-eagle-427"};
  const ports::Checkpoint checkpoint_{"17", std::string("\0\xff", 2), UtcTime{milliseconds{1'500}}};
};

TEST_F(DynamoDbCheckpoints, IsAnItem) {
  ASSERT_TRUE(store_->save(session_, 0, checkpoint_));
  EXPECT_EQ(json::parse(json::serialize(item_)), json::parse(R"({
      "session_id":{"S":"golden-eagle-427"},"version":{"N":"1"},"sequence_number":{"S":"17"},
      "state":{"B":"AP8="},"saved_at_ms":{"N":"1500"},"expires_at":{"N":"604801"},
      "writer":{"S":"one/1"}})"));
  EXPECT_EQ(asked_[0].at("ConditionExpression").as_string(), "attribute_not_exists(session_id)");
  ASSERT_TRUE(store_->save(session_, 1, checkpoint_));
  EXPECT_EQ(asked_[1].at("ConditionExpression").as_string(), "#version = :expected");
  EXPECT_EQ(store_->name(), "dynamodb:audio-sessions");
  ASSERT_TRUE(store_->load(session_));
  EXPECT_TRUE(asked_[2].at("ConsistentRead").as_bool());
}

TEST_F(DynamoDbCheckpoints, AnAnswerThatGotLostIsNoConflict) {
  lose_next_answer_ = true;  // the client calls again, and is refused
  EXPECT_EQ(store_->save(session_, 0, checkpoint_).value(), 1u);
  const auto other = make_dynamodb_checkpoint_store(client_of(server_), "audio-sessions", "two");
  const auto refused = other->save(session_, 0, checkpoint_);
  ASSERT_FALSE(refused) << "the same checkpoint, but another's";
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
}

TEST_F(DynamoDbCheckpoints, SaysWhatIsWrong) {
  refusal_ = Reply{400, R"({"__type":"ResourceNotFoundException","message":"no table"})", {}};
  const auto loaded = store_->load(session_);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::unavailable);
  EXPECT_THAT(loaded.error().message, HasSubstr("dynamodb:audio-sessions: "));
  refusal_ = Reply{400, R"({"__type":"AccessDeniedException"})", {}};
  EXPECT_EQ(store_->save(session_, 0, checkpoint_).error().code, ErrorCode::permission_denied);
  refusal_.reset();
  item_ = {{"session_id", json::object{{"S", "golden-eagle-427"}}}};
  EXPECT_EQ(store_->load(session_).error().code, ErrorCode::unavailable) << "no checkpoint";
}

}  // namespace
}  // namespace sotto::providers::aws

namespace sotto::contract {

namespace aws = providers::aws;
using testing::MotoServer;

// Each test's folder stands for a table of its own.
std::unique_ptr<ports::CheckpointStore> moto_checkpoints(const std::string& folder) {
  static std::string last;
  static int stores = 0;
  if (std::exchange(last, folder) != folder)
    aws::testing::make_only_table(R"({"TableName":"audio-sessions","BillingMode":"PAY_PER_REQUEST",
        "AttributeDefinitions":[{"AttributeName":"session_id","AttributeType":"S"}],
        "KeySchema":[{"AttributeName":"session_id","KeyType":"HASH"}]})");
  return aws::make_dynamodb_checkpoint_store(aws::testing::moto_client(), "audio-sessions",
                                             std::to_string(++stores));
}

INSTANTIATE_TEST_SUITE_P(DynamoDb, CheckpointStoreContract,
                         ::testing::Values(CheckpointStoreMaker{"Moto", moto_checkpoints,
                                                                MotoServer::missing}),
                         maker_name<CheckpointStoreMaker>);

}  // namespace sotto::contract
