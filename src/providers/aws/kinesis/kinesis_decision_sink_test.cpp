#include "providers/aws/kinesis/kinesis_decision_sink.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>

#include "base/encoding.hpp"
#include "json/members.hpp"
#include "providers/aws/client/test_server.hpp"
#include "providers/aws/credentials/credential_source.hpp"
#include "tests/support/kinesis_stream.hpp"
#include "tests/support/moto_server.hpp"

namespace sotto::providers::aws {
namespace {

namespace json = boost::json;
using sotto::testing::lines_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Reply;
using testing::TestServer;
using Lines = std::vector<std::string>;

Reply refusal(int status, const std::string& type) {
  return {status, R"({"__type":")" + type + R"(","message":"because"})", {}};
}

class KinesisDecisionSink : public ::testing::Test {
 protected:
  // Kinesis with numbers 1, 2, ... and refusals of some requests, counted from 0.
  Reply answer(const HttpRequest& request) {
    const auto refused = refusals_.find(asked_.size());
    asked_.push_back(*sotto::json::parse_object(request.body));
    if (refused != refusals_.end()) return refused->second;
    return {200, R"({"ShardId":"shardId-0","SequenceNumber":")" + std::to_string(++kept_) + "\"}"};
  }

  std::string data(std::size_t request) const {
    return from_base64(std::string(asked_.at(request).at("Data").as_string())).value();
  }
  std::string ordered_after(std::size_t request) const {
    return sotto::json::text_member(asked_.at(request), "SequenceNumberForOrdering").value_or("");
  }

  std::shared_ptr<Client> client() {
    ClientConfig config;
    config.region = "eu-west-1";
    config.endpoints[""] = server_.endpoint();
    ClientDependencies dependencies = ClientDependencies::real();
    dependencies.sleep = [](milliseconds) {};
    dependencies.random = [] { return 0.1; };
    return std::make_shared<Client>(
        config, std::make_shared<FixedCredentials>(Credentials{"AKID", "secret", {}, {}}),
        HttpClient::create({}).value(), dependencies);
  }

  std::map<std::size_t, Reply> refusals_;
  std::vector<json::object> asked_;
  int kept_ = 0;
  TestServer server_{[this](const HttpRequest& request) { return answer(request); }};
  const std::unique_ptr<ports::DecisionSink> sink_ =
      make_kinesis_decision_sink(client(), "decisions").value();
  const SessionId session_{"golden-eagle-427"};
};

TEST_F(KinesisDecisionSink, PutsATakeAsOneRecordBehindTheOneBefore) {
  ASSERT_TRUE(sink_->take(session_, Lines{R"({"number":1})", R"({"number":2})"}));
  ASSERT_TRUE(sink_->take(SessionId{"other"}, Lines{"{}"}));
  ASSERT_TRUE(sink_->take(session_, Lines{R"({"number":3})"}));
  ASSERT_TRUE(sink_->take(session_, Lines{}));
  ASSERT_EQ(asked_.size(), 3u);
  EXPECT_EQ(json::parse(json::serialize(asked_[0])), json::parse(R"({
      "StreamName":"decisions","PartitionKey":"golden-eagle-427",
      "Data":"eyJudW1iZXIiOjF9CnsibnVtYmVyIjoyfQo="})"));
  EXPECT_EQ(data(0), "{\"number\":1}\n{\"number\":2}\n");
  EXPECT_EQ(json::parse(json::serialize(asked_[1])), json::parse(R"({
      "StreamName":"decisions","PartitionKey":"other","Data":"e30K"})"));
  EXPECT_EQ(json::parse(json::serialize(asked_[2])), json::parse(R"({
      "StreamName":"decisions","PartitionKey":"golden-eagle-427",
      "Data":"eyJudW1iZXIiOjN9Cg==","SequenceNumberForOrdering":"1"})"));
  EXPECT_THAT(server_.requests()[0].headers,
              ::testing::IsSupersetOf({Pair{"X-Amz-Target", "Kinesis_20131202.PutRecord"},
                                       Pair{"Content-Type", "application/x-amz-json-1.1"}}));
}

TEST_F(KinesisDecisionSink, SplitsAtTheLimitBetweenDecisions) {
  const std::size_t most = largest_kinesis_record - session_.str().size();
  const std::string half(most / 2 - 1, 'h');  // with its line feed
  ASSERT_EQ(2 * (half.size() + 1), most) << "exactly";
  ASSERT_TRUE(sink_->take(session_, Lines{half, half, "x"}));
  ASSERT_EQ(asked_.size(), 2u);
  EXPECT_EQ(data(0), half + "\n" + half + "\n");
  EXPECT_EQ(data(1), "x\n");
  EXPECT_EQ(ordered_after(1), "1");
}

TEST_F(KinesisDecisionSink, ADecisionThatFitsIntoNoRecordIsRefusedBeforeAnyIsPut) {
  const std::size_t most = largest_kinesis_record - session_.str().size();
  ASSERT_TRUE(sink_->take(session_, Lines{std::string(most - 1, 'x')}));
  const auto refused = sink_->take(session_, Lines{"small", std::string(most, 'x')});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ(refused.error().field, "decisions");
  EXPECT_EQ(refused.error().message,
            "kinesis:decisions: a decision of session golden-eagle-427 has 1048561 bytes, "
            "a record takes 1048560");
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(KinesisDecisionSink, AfterAFailureHalfWayTheSameComeAgainInOrder) {
  const std::string first(largest_kinesis_record / 2, '1'), second(first.size(), '2');
  refusals_[1] = refusal(400, "ResourceNotFoundException");
  const auto taken = sink_->take(session_, Lines{first, second});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::unavailable);
  EXPECT_EQ(taken.error().message,
            "kinesis:decisions: Kinesis PutRecord: ResourceNotFound: because");
  ASSERT_TRUE(sink_->take(session_, Lines{first, second}));
  ASSERT_EQ(asked_.size(), 4u);
  EXPECT_EQ(data(2), first + "\n");
  EXPECT_EQ(ordered_after(2), "1") << "behind what the failed one left";
  EXPECT_EQ(data(3), second + "\n");
  EXPECT_EQ(ordered_after(3), "2");
}

TEST_F(KinesisDecisionSink, AThrottledRecordIsTriedAgain) {
  refusals_[0] = refusals_[1] = refusal(400, "ProvisionedThroughputExceededException");
  EXPECT_TRUE(sink_->take(session_, Lines{"{}"}));
  ASSERT_EQ(asked_.size(), 3u);
  for (std::size_t next = 3; next < 6; ++next) refusals_[next] = refusals_[0];
  const auto taken = sink_->take(session_, Lines{"{}"});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::unavailable);
  EXPECT_THAT(taken.error().message, HasSubstr("ProvisionedThroughputExceeded"));
  EXPECT_EQ(asked_.size(), 6u);
}

TEST_F(KinesisDecisionSink, WhoMayNotIsToldSo) {
  refusals_[0] = refusal(400, "AccessDeniedException");
  const auto taken = sink_->take(session_, Lines{"{}"});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(taken.error().message, ::testing::StartsWith("kinesis:decisions: "));
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(KinesisDecisionSink, AStreamThatWasMadeAnewKnowsNoNumberOfTheOld) {
  ASSERT_TRUE(sink_->take(session_, Lines{"1"}));
  refusals_[1] = refusal(400, "InvalidArgumentException");
  ASSERT_TRUE(sink_->take(session_, Lines{"2"}));
  ASSERT_EQ(asked_.size(), 3u);
  EXPECT_EQ(ordered_after(1), "1");
  EXPECT_EQ(ordered_after(2), "");
  EXPECT_EQ(data(2), "2\n");
}

TEST_F(KinesisDecisionSink, AnAnswerWithoutANumberIsUnavailable) {
  refusals_[0] = {200, "{}", {}};
  EXPECT_EQ(sink_->take(session_, Lines{"{}"}).error().code, ErrorCode::unavailable);
}

TEST_F(KinesisDecisionSink, RefusesWhatIsNoStreamsName) {
  for (const std::string& wrong :
       {std::string(), std::string("a b"), std::string("arn:aws:kinesis"), std::string(129, 'a')}) {
    const auto made = make_kinesis_decision_sink(client(), wrong);
    ASSERT_FALSE(made) << wrong;
    EXPECT_EQ(made.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(made.error().field, "stream");
  }
  EXPECT_TRUE(make_kinesis_decision_sink(client(), std::string(128, 'a')));
}

TEST(KinesisDecisionSinkAndMoto, TakesOfSeveralSessionsAreReadBackInOrder) {
  auto* const moto = sotto::testing::MotoServer::shared();
  if (!moto) GTEST_SKIP() << sotto::testing::MotoServer::why_not;
  moto->reset();
  sotto::testing::KinesisStream stream(moto->client(), "decisions");
  stream.create(2);
  const auto sink = make_kinesis_decision_sink(moto->client(), "decisions").value();
  std::map<std::string, Lines> sent, read;
  for (int take = 0; take < 12; ++take) {
    const std::string session = "talk-" + std::to_string(take % 3);
    Lines lines;
    for (int i = 0; i <= take % 4; ++i)
      lines.push_back(R"({"session_id":")" + session + R"(","number":)" +
                      std::to_string(sent[session].size() + lines.size() + 1) + "}");
    if (take == 7) lines.emplace_back(largest_kinesis_record - 100, 'x');
    const auto taken = sink->take(SessionId{session}, lines);
    ASSERT_TRUE(taken) << taken.error().message;
    sent[session].insert(sent[session].end(), lines.begin(), lines.end());
  }
  std::size_t records = 0;
  for (const auto& [key, data] : stream.records()) {
    ++records;
    for (const std::string& line : lines_of(data)) read[key].push_back(line);
  }
  EXPECT_EQ(records, 13u) << "one a take, and one that was split";
  EXPECT_TRUE(read == sent);
}

}  // namespace
}  // namespace sotto::providers::aws
