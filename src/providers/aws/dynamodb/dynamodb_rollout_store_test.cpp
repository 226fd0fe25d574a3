#include "providers/aws/dynamodb/dynamodb_rollout_store.hpp"

#include <atomic>
#include <boost/json.hpp>

#include "json/members.hpp"
#include "providers/aws/dynamodb/dynamodb_rollout_items.hpp"
#include "providers/aws/dynamodb/test_dynamodb.hpp"
#include "tests/contract/rollout_store_contract.hpp"
#include "tests/support/moto_server.hpp"

namespace sotto::providers::aws {
namespace {

namespace json = boost::json;
using ports::Journal;
using ports::JournalEntry;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Reply;
using testing::ScriptedDynamoDb;

const std::string flag = "/audio-transcription/partial-results/config";
constexpr UtcTime at{milliseconds{1'764'000'000'123}};

Reply items_reply(const json::array& items) {
  return {200, json::serialize(json::object{{"Items", items}}), {}};
}

json::object state_item(std::uint64_t version, std::uint64_t decisions, const std::string& writer) {
  json::object item = dynamodb::state_key(flag);
  item["version"] = dynamodb::number(version);
  item["decisions"] = dynamodb::number(decisions);
  item["text"] = dynamodb::text("state");
  item["writer"] = dynamodb::typed("S", writer);
  return item;
}

class DynamoDbRollouts : public ::testing::Test {
 protected:
  Reply answer(const std::string& operation, const json::object& input) {
    if (between_)
      if (auto reply = between_(operation, input)) return *reply;
    if (operation == "GetItem" && !state_.empty())
      return {200, json::serialize(json::object{{"Item", state_}}), {}};
    return {200, "{}", {}};
  }
  std::unique_ptr<ports::RolloutStore> open() {
    return make_dynamodb_rollout_store(database_.client(), "rollouts", "one", dependencies_);
  }

  ClientDependencies dependencies_ = testing::impatient();
  json::object state_;
  std::function<std::optional<Reply>(const std::string&, const json::object&)> between_;
  ScriptedDynamoDb database_{[this](const std::string& operation, const json::object& input) {
    return answer(operation, input);
  }};
};

TEST_F(DynamoDbRollouts, StateAndDecisionsAreOneTransaction) {
  state_ = state_item(4, 7, "other/1");
  ASSERT_EQ(open()->write(flag, 4, "now", {"a", std::string("\xff", 1)}, at), 5u);
  const auto asked = database_.asked("TransactWriteItems");
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0], json::parse(R"({"ClientRequestToken":"one/1","TransactItems":[
      {"Put":{"TableName":"rollouts","ConditionExpression":"#version = :before",
        "ExpressionAttributeNames":{"#version":"version"},
        "ExpressionAttributeValues":{":before":{"N":"4"}},
        "Item":{"flag":{"S":"/audio-transcription/partial-results/config"},"item":{"S":"state"},
          "version":{"N":"5"},"text":{"S":"now"},"decisions":{"N":"9"},"writer":{"S":"one/1"}}}},
      {"Put":{"TableName":"rollouts","Item":{
        "flag":{"S":"/audio-transcription/partial-results/config"},
        "item":{"S":"decision#00000000000000000008"},"at_ms":{"N":"1764000000123"},
        "text":{"S":"a"}}}},
      {"Put":{"TableName":"rollouts","Item":{
        "flag":{"S":"/audio-transcription/partial-results/config"},
        "item":{"S":"decision#00000000000000000009"},"at_ms":{"N":"1764000000123"},
        "text":{"B":"/w=="}}}}]})"));
}

TEST_F(DynamoDbRollouts, AWriteWhoseAnswerGotLostIsNoConflict) {
  between_ = [this](const std::string& operation, const json::object&) -> std::optional<Reply> {
    if (operation != "TransactWriteItems") return std::nullopt;
    state_ = state_item(1, 0, "one/1");
    return ScriptedDynamoDb::refusal("TransactionCanceled");
  };
  EXPECT_EQ(open()->write(flag, 0, "x", {}, at), 1u);
  between_ = nullptr;
  EXPECT_EQ(open()->write(flag, 0, "x", {}, at).error().code, ErrorCode::conflict)
      << "what was there before is another's, whatever it is called";
}

TEST_F(DynamoDbRollouts, WhatIsInTheWayForLongIsAnErrorInTheEnd) {
  std::atomic<int> seconds = 0;
  dependencies_.ticks = [&] {
    return std::chrono::steady_clock::time_point{std::chrono::seconds{seconds}};
  };
  dependencies_.sleep = [&](milliseconds) { ++seconds; };
  between_ = [](const std::string& operation, const json::object&) -> std::optional<Reply> {
    if (operation != "TransactWriteItems" && operation != "PutItem") return std::nullopt;
    return ScriptedDynamoDb::refusal(operation == "PutItem" ? "ConditionalCheckFailed"
                                                            : "TransactionCanceled");
  };
  const auto store = open();
  for (const Error& error : {store->write(flag, 0, "x", {}, at).error(),
                             store->add_sessions(flag, {{0, at, "x"}}).error()}) {
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_THAT(error.message, HasSubstr("dynamodb:rollouts: others were in the way"));
  }
  EXPECT_EQ(database_.asked("TransactWriteItems").size(), 6u);
}

TEST_F(DynamoDbRollouts, DecisionsEndBeforeOneThatIsNotVisibleYet) {
  between_ = [](const std::string& operation, const json::object&) -> std::optional<Reply> {
    if (operation != "Query") return std::nullopt;
    return items_reply({dynamodb::decision_item(flag, 3, "three", at),
                        dynamodb::decision_item(flag, 5, "five", at)});
  };
  const auto entries = open()->entries(flag, Journal::decisions, 2, 10);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().text, "three");
  EXPECT_TRUE(open()->entries(flag, Journal::decisions, 1, 10)->empty()) << "2 is on its way";
}

TEST_F(DynamoDbRollouts, SessionsAreReadUpToThePageThatWasThereAtTheBeginning) {
  between_ = [](const std::string& operation, const json::object& input) -> std::optional<Reply> {
    if (operation != "Query") return std::nullopt;
    const dynamodb::SessionPage page{7, "w", {{7'000, at, "a"}, {7'001, at, "b"}}};
    EXPECT_TRUE(input.at("ConsistentRead").as_bool());
    return items_reply({dynamodb::page_item(flag, page)});
  };
  const auto entries = open()->entries(flag, Journal::sessions, 6'123, 10);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ(entries->back().number, 7'001u);
  const auto queries = database_.asked("Query");
  ASSERT_EQ(queries.size(), 2u);
  EXPECT_FALSE(queries[0].at("ScanIndexForward").as_bool()) << "the last page comes first";
  const auto& values = queries[1].at("ExpressionAttributeValues").as_object();
  EXPECT_EQ(values.at(":first"), json::parse(R"({"S":"session#00000000000000000006"})"));
  EXPECT_EQ(values.at(":last"), json::parse(R"({"S":"session#00000000000000000007"})"));
  EXPECT_EQ(open()->entries(flag, Journal::sessions, 7'000, 10)->size(), 1u);
}

TEST_F(DynamoDbRollouts, SessionsWhoseAnswerGotLostAreNotAddedTwice) {
  between_ = [](const std::string& operation, const json::object&) -> std::optional<Reply> {
    if (operation == "PutItem") return ScriptedDynamoDb::refusal("ConditionalCheckFailed");
    if (operation != "GetItem") return std::nullopt;
    const dynamodb::SessionPage page{1, "one/1", {{1'000, at, "x"}}};
    return Reply{200, json::serialize(json::object{{"Item", dynamodb::page_item(flag, page)}}), {}};
  };
  EXPECT_TRUE(open()->add_sessions(flag, {{0, at, "x"}}));
  EXPECT_EQ(database_.asked("PutItem").size(), 1u);
}

TEST_F(DynamoDbRollouts, WhatDoesNotFitIsRefusedByNameAndBound) {
  const auto store = open();
  const std::string large(380'001, 'w');
  const std::vector<std::pair<Error, std::string>> refused = {
      {store->write(flag, 0, large, {}, at).error(), "state has 380001 bytes, may have 380000"},
      {store->write(flag, 0, "", {large}, at).error(), "decision has 380001 bytes"},
      {store->write(flag, 0, "", std::vector<std::string>(100), at).error(),
       "100 of them, may have 99"},
      {store->write(flag, 0, "", std::vector<std::string>(20, std::string(300'000, 'd')), at)
           .error(),
       "write has 6000000 bytes, may have 4000000"},
      {store->add_sessions(flag, {{0, at, large}}).error(), "may have 380000"},
      {store->add_sessions(flag, std::vector<JournalEntry>(1'001)).error(),
       "1001 of them, may have 1000"}};
  for (const auto& [error, words] : refused) {
    EXPECT_EQ(error.code, ErrorCode::resource_exhausted);
    EXPECT_THAT(error.message, HasSubstr(words));
  }
}

TEST_F(DynamoDbRollouts, ATableThatIsNotThereIsAnErrorThatNamesIt) {
  between_ = [](const std::string&, const json::object&) -> std::optional<Reply> {
    return ScriptedDynamoDb::refusal("ResourceNotFound");
  };
  const auto store = open();
  EXPECT_EQ(store->name(), "dynamodb:rollouts");
  for (const Error& error :
       {store->read(flag).error(), store->write(flag, 0, "x", {"x"}, at).error(),
        store->add_sessions(flag, {{0, at, "x"}}).error(),
        store->entries(flag, Journal::decisions, 0, 10).error(), store->prune(at).error()}) {
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_THAT(error.message, HasSubstr("dynamodb:rollouts: "));
  }
}

}  // namespace
}  // namespace sotto::providers::aws

namespace sotto::contract {

namespace aws = providers::aws;
using testing::MotoServer;

// Each test's folder stands for a table of its own.
std::unique_ptr<ports::RolloutStore> moto_rollouts(const std::string& folder) {
  static std::string last;
  static std::atomic<int> stores = 0;
  if (last != folder) {
    last = folder;
    aws::testing::make_only_table(R"({"TableName":"rollouts","BillingMode":"PAY_PER_REQUEST",
        "AttributeDefinitions":[{"AttributeName":"flag","AttributeType":"S"},
          {"AttributeName":"item","AttributeType":"S"},{"AttributeName":"journal","AttributeType":"S"},
          {"AttributeName":"oldest_ms","AttributeType":"N"}],
        "KeySchema":[{"AttributeName":"flag","KeyType":"HASH"},
          {"AttributeName":"item","KeyType":"RANGE"}],
        "GlobalSecondaryIndexes":[{"IndexName":"by_age","Projection":{"ProjectionType":"KEYS_ONLY"},
          "KeySchema":[{"AttributeName":"journal","KeyType":"HASH"},
            {"AttributeName":"oldest_ms","KeyType":"RANGE"}]}]})");
  }
  return aws::make_dynamodb_rollout_store(aws::testing::moto_client(), "rollouts",
                                          std::to_string(++stores));
}

INSTANTIATE_TEST_SUITE_P(DynamoDb, RolloutStoreContract,
                         ::testing::Values(RolloutStoreMaker{"Moto", moto_rollouts,
                                                             MotoServer::missing}),
                         maker_name<RolloutStoreMaker>);

}  // namespace sotto::contract
