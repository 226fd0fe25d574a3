#include "providers/aws/dynamodb/dynamodb_session_store.hpp"

#include <atomic>
#include <boost/json.hpp>
#include <future>

#include "json/members.hpp"
#include "providers/aws/dynamodb/dynamodb_session_items.hpp"
#include "providers/aws/dynamodb/test_dynamodb.hpp"
#include "tests/contract/session_store_contract.hpp"
#include "tests/support/moto_server.hpp"

namespace sotto::providers::aws {
namespace {

namespace json = boost::json;
using sotto::testing::stored_caption;
using sotto::testing::stored_session;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Reply;
using testing::ScriptedDynamoDb;

const SessionId id{"golden-eagle-427"};
const Language english{"en"};

std::string text(const json::object& item, const char* name, const char* type = "S") {
  return sotto::json::text_member(item.at(name).as_object(), type).value_or("");
}

// A table that has one session, and whatever a test puts in between.
class DynamoDbSessions : public ::testing::Test {
 protected:
  Reply answer(const std::string& operation, const json::object& input) {
    if (between_)
      if (auto reply = between_(operation, input)) return *reply;
    if (operation != "GetItem") return {200, "{}", {}};
    const json::object& key = input.at("Key").as_object();
    if (text(key, "session_id") != id.str() || text(key, "item") != "session")
      return {200, "{}", {}};
    return item_reply(dynamodb::session_item({stored_session(id.str()), "one/1", 1, 0}));
  }
  static Reply item_reply(const json::object& item) {
    return {200, json::serialize(json::object{{"Item", item}}), {}};
  }

  std::unique_ptr<ports::SessionStore> open(DynamoDbSessionLimits limits = {}) {
    return make_dynamodb_session_store(database_.client(), "talks", "one", limits,
                                       testing::impatient());
  }
  static Result<> append(ports::SessionStore& store, const ports::StoredCaption& caption) {
    std::promise<Result<>> done;
    store.append(id, caption, [&](Result<> result) { done.set_value(std::move(result)); });
    return done.get_future().get();
  }
  std::vector<json::object> puts() const { return database_.asked("PutItem"); }

  // Before the server, whose thread calls it.
  std::function<std::optional<Reply>(const std::string&, const json::object&)> between_;
  ScriptedDynamoDb database_{[this](const std::string& operation, const json::object& input) {
    return answer(operation, input);
  }};
};

TEST_F(DynamoDbSessions, AreItemsOfOneTable) {
  const auto store = open();
  ASSERT_TRUE(store->begin(stored_session(id.str())));
  auto caption = stored_caption(12, "buenos días", "es");
  caption.segment.seq = 40;
  ASSERT_TRUE(append(*store, caption));
  ASSERT_EQ(puts().size(), 2u);
  EXPECT_EQ(puts()[0].at("Item"), json::parse(R"({
      "session_id":{"S":"golden-eagle-427"},"item":{"S":"session"},"language":{"S":"en"},
      "token_digest":{"S":")" + std::string(64, 'a') +
                                              R"("},"created_at_ms":{"N":"1764000000123"},
      "canary":{"BOOL":true},"partial_results":{"BOOL":true},"reason":{"S":"rollout"},
      "bucket":{"N":"7"},"rollout_percentage":{"N":"10"},"flag_version":{"N":"3"},
      "min_stability_threshold":{"N":"0.85"},"max_buffer_timeout_ms":{"N":"2500"},
      "generation":{"S":"one/1"},"turn":{"N":"1"},"standing":{"S":"open"},
      "since_ms":{"N":"1764000000123"}})"));
  EXPECT_EQ(puts()[0].at("ConditionExpression"), "attribute_not_exists(session_id)");
  json::object item = puts()[1].at("Item").as_object();
  EXPECT_GT(std::stoll(text(item, "expires_at", "N")), 1'764'000'000 + 36 * 86'400);
  item.erase("expires_at");
  EXPECT_EQ(item, json::parse(R"({
      "session_id":{"S":"golden-eagle-427"},"item":{"S":"caption#es#0000000012"},
      "seq":{"N":"40"},"text":{"S":"buenos días"},"start_ms":{"N":"12000"},"end_ms":{"N":"12900"},
      "generation":{"S":"one/1"}})"));
  for (const auto& input : database_.asked("GetItem"))
    EXPECT_TRUE(input.at("ConsistentRead").as_bool());
}

TEST_F(DynamoDbSessions, AnEndSaysWhenTheTableForgets) {
  { open()->end(id, UtcTime{milliseconds{1'764'000'000'999}}); }
  const auto updates = database_.asked("UpdateItem");
  ASSERT_EQ(updates.size(), 1u);
  EXPECT_EQ(updates[0].at("ExpressionAttributeValues"),
            json::parse(R"({":at":{"N":"1764000000999"},":ended":{"S":"ended"},
                            ":expiry":{"N":"1766592000"}})"));
}

TEST_F(DynamoDbSessions, ABeginWhoseAnswerGotLostIsNoOthers) {
  between_ = [](const std::string& operation, const json::object&) -> std::optional<Reply> {
    if (operation != "PutItem") return std::nullopt;
    return ScriptedDynamoDb::refusal("ConditionalCheckFailed");
  };
  EXPECT_TRUE(open()->begin(stored_session(id.str()))) << "its generation is there: one/1";
  const auto again = open();
  ASSERT_TRUE(again->begin(stored_session(id.str())));
  EXPECT_EQ(again->begin(stored_session(id.str())).error().code, ErrorCode::already_exists);
}

TEST_F(DynamoDbSessions, WhereTheTableDoesNotAnswerAllThatWaitsIsToldSoAndLaterItGoesOn) {
  std::atomic<bool> down = true;
  between_ = [&](const std::string&, const json::object&) -> std::optional<Reply> {
    if (!down) return std::nullopt;
    return Reply{500, R"({"__type":"InternalServerError"})", {}};
  };
  const auto store = open();
  contract::Acknowledgements acknowledged;
  constexpr std::size_t count = 200;
  store->end(id, UtcTime{milliseconds{5}});
  for (std::size_t i = 0; i < count; ++i)
    store->append(id, stored_caption(static_cast<std::uint32_t>(i), "x"), acknowledged.expect(i));
  ASSERT_TRUE(acknowledged.wait(count));
  for (const Result<>& result : acknowledged.results()) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::unavailable);
    EXPECT_THAT(result.error().message, HasSubstr("dynamodb:talks: "));
  }
  const auto order = acknowledged.order();
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_TRUE(puts().empty()) << "whose session cannot be read is not tried";
  EXPECT_EQ(store->begin(stored_session("other")).error().code, ErrorCode::unavailable);
  EXPECT_EQ(store->open_sessions().error().code, ErrorCode::unavailable);
  down = false;
  EXPECT_TRUE(append(*store, stored_caption(1, "back")));
  EXPECT_FALSE(*store->forget(SessionId{"nobody"})) << "waits for what was to be written";
  EXPECT_FALSE(database_.asked("UpdateItem").empty()) << "the end, too";
}

TEST_F(DynamoDbSessions, OneThatMayNotIsToldSo) {
  between_ = [](const std::string&, const json::object&) -> std::optional<Reply> {
    return ScriptedDynamoDb::refusal("AccessDenied");
  };
  EXPECT_EQ(append(*open(), stored_caption(1, "x")).error().code, ErrorCode::permission_denied);
}

TEST_F(DynamoDbSessions, PastTheBoundACaptionIsRefusedAtOnce) {
  std::promise<void> reached, go_on;
  contract::Acknowledgements acknowledged;
  const auto store = open({.waiting_captions = 2});
  store->append(id, stored_caption(1, "held"), [&](const Result<>&) {
    reached.set_value();
    go_on.get_future().wait();
  });
  reached.get_future().wait();
  store->append(id, stored_caption(2, "waits"), acknowledged.expect(1));
  store->append(id, stored_caption(3, "too many"), acknowledged.expect(2));
  ASSERT_EQ(acknowledged.order().size(), 1u);
  EXPECT_EQ(acknowledged.results()[0].error().code, ErrorCode::resource_exhausted);
  EXPECT_THAT(acknowledged.results()[0].error().message, HasSubstr("2 captions wait"));
  go_on.set_value();
  ASSERT_TRUE(acknowledged.wait(2));
  EXPECT_TRUE(acknowledged.results()[1]);
}

TEST_F(DynamoDbSessions, RevisionsOfASegmentAreWrittenOneAfterTheOther) {
  std::promise<void> reached, go_on;
  contract::Acknowledgements acknowledged;
  const auto store = open();
  store->append(id, stored_caption(1, "held"), [&](const Result<>&) {
    reached.set_value();
    go_on.get_future().wait();
  });
  reached.get_future().wait();
  for (std::size_t i = 0; i < 20; ++i)
    store->append(id, stored_caption(7, std::to_string(i)), acknowledged.expect(i));
  go_on.set_value();
  ASSERT_TRUE(acknowledged.wait(20));
  const auto all = puts();
  ASSERT_EQ(all.size(), 21u);
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_EQ(text(all[i + 1].at("Item").as_object(), "text"), std::to_string(i));
}

TEST_F(DynamoDbSessions, WhatIsTooLargeForAnItemIsRefusedAlone) {
  const auto store = open();
  const auto refused = append(*store, stored_caption(1, std::string(380'001, 'w')));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  EXPECT_THAT(refused.error().message, HasSubstr("380001 bytes, may have 380000"));
  EXPECT_EQ(append(*store, stored_caption(1, "x", "e#s")).error().code,
            ErrorCode::invalid_argument);
  EXPECT_TRUE(puts().empty());
  EXPECT_TRUE(append(*store, stored_caption(2, "x")));
}

TEST_F(DynamoDbSessions, ATranscriptIsReadPageByPageWithoutWhatIsLeftOfAForgottenOne) {
  const auto item = [](std::uint32_t segment, const std::string& generation) {
    return dynamodb::caption_item(id, generation, stored_caption(segment, "x"), UtcTime{});
  };
  between_ = [&](const std::string& operation, const json::object& input) -> std::optional<Reply> {
    if (operation != "Query") return std::nullopt;
    json::object page{{"Items", json::array{item(3, "one/1")}}};
    if (!input.contains("ExclusiveStartKey"))
      page = {{"Items", json::array{item(1, "one/1"), item(2, "before")}},
              {"LastEvaluatedKey", json::object{{"item", json::object{{"S", "2"}}}}}};
    return Reply{200, json::serialize(page), {}};
  };
  const auto captions = open()->captions(id, english);
  ASSERT_TRUE(captions) << captions.error().message;
  EXPECT_THAT(*captions, ElementsAre(stored_caption(1, "x"), stored_caption(3, "x")));
  const auto queries = database_.asked("Query");
  ASSERT_EQ(queries.size(), 2u);
  EXPECT_EQ(queries[1].at("ExclusiveStartKey"), json::parse(R"({"item":{"S":"2"}})"));
  EXPECT_TRUE(queries[0].at("ConsistentRead").as_bool());
}

TEST_F(DynamoDbSessions, AnIndexThatIsBehindDoesNotBringBackWhatHasEnded) {
  between_ = [](const std::string& operation, const json::object& input) -> std::optional<Reply> {
    if (operation == "Query") {
      EXPECT_EQ(input.at("IndexName"), "by_standing");
      return Reply{200,
                   R"({"Items":[{"session_id":{"S":"golden-eagle-427"}},
                                     {"session_id":{"S":"ended"}},{"session_id":{"S":"gone"}}]})",
                   {}};
    }
    if (operation != "GetItem" || text(input.at("Key").as_object(), "session_id") != "ended")
      return std::nullopt;
    auto ended = stored_session("ended");
    ended.ended_at = ended.created_at;
    return item_reply(dynamodb::session_item({ended, "one/2", 2, 0}));
  };
  const auto sessions = open()->open_sessions();
  ASSERT_TRUE(sessions);
  EXPECT_THAT(*sessions, ElementsAre(stored_session(id.str())));
}

TEST_F(DynamoDbSessions, ForgettingDeletesInPiecesAndAsksAgainForWhatIsPutOff) {
  auto ended = stored_session(id.str());
  ended.ended_at = ended.created_at;
  std::atomic<int> put_off = 1;
  between_ = [&](const std::string& operation, const json::object& input) -> std::optional<Reply> {
    if (operation == "GetItem") return item_reply(dynamodb::session_item({ended, "one/1", 1, 0}));
    if (operation == "Query") {
      json::array items;
      for (std::uint32_t i = 0; i < 60; ++i)
        items.push_back(dynamodb::caption_item(id, i == 3 ? "next" : "one/1", stored_caption(i, ""),
                                               UtcTime{}));
      return Reply{200, json::serialize(json::object{{"Items", items}}), {}};
    }
    if (operation != "BatchWriteItem" || put_off-- <= 0) return std::nullopt;
    return Reply{
        200, json::serialize(json::object{{"UnprocessedItems", input.at("RequestItems")}}), {}};
  };
  EXPECT_TRUE(*open()->forget(id));
  EXPECT_EQ(database_.asked("DeleteItem").size(), 1u);
  std::size_t deleted = 0;
  const auto calls = database_.asked("BatchWriteItem");
  ASSERT_EQ(calls.size(), 4u) << "59 items, one call of them twice";
  for (const auto& call : calls) {
    const auto& requests = call.at("RequestItems").at("talks").as_array();
    EXPECT_LE(requests.size(), 25u);
    deleted += requests.size();
  }
  EXPECT_GE(deleted, 59u + 9u);
}

TEST_F(DynamoDbSessions, AnItemThatIsNoSessionIsAnErrorThatNamesTheTable) {
  between_ = [](const std::string& operation, const json::object&) -> std::optional<Reply> {
    if (operation != "GetItem") return std::nullopt;
    return item_reply({{"session_id", json::object{{"S", "golden-eagle-427"}}}});
  };
  const auto found = open()->find(id);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::unavailable);
  EXPECT_THAT(found.error().message, HasSubstr("dynamodb:talks: "));
  EXPECT_EQ(*open()->find(SessionId{""}), std::nullopt) << "no such key can be";
}

}  // namespace
}  // namespace sotto::providers::aws

namespace sotto::contract {

namespace aws = providers::aws;
using testing::MotoServer;

// Each test has a table of its own.
std::unique_ptr<ports::SessionStore> moto_sessions(const std::string& /*folder*/,
                                                   std::size_t most_feedback) {
  static int stores = 0;
  aws::testing::make_only_table(R"({"TableName":"talks","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"session_id","AttributeType":"S"},
        {"AttributeName":"item","AttributeType":"S"},{"AttributeName":"standing","AttributeType":"S"},
        {"AttributeName":"since_ms","AttributeType":"N"}],
      "KeySchema":[{"AttributeName":"session_id","KeyType":"HASH"},
        {"AttributeName":"item","KeyType":"RANGE"}],
      "GlobalSecondaryIndexes":[{"IndexName":"by_standing","Projection":{"ProjectionType":"KEYS_ONLY"},
        "KeySchema":[{"AttributeName":"standing","KeyType":"HASH"},
          {"AttributeName":"since_ms","KeyType":"RANGE"}]}]})");
  return aws::make_dynamodb_session_store(aws::testing::moto_client(), "talks",
                                          std::to_string(++stores), {.feedback = most_feedback});
}

INSTANTIATE_TEST_SUITE_P(DynamoDb, SessionStoreContract,
                         ::testing::Values(SessionStoreMaker{"Moto", moto_sessions,
                                                             MotoServer::missing}),
                         maker_name<SessionStoreMaker>);

}  // namespace sotto::contract
