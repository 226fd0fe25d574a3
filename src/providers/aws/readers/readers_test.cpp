#include <boost/json.hpp>
#include <map>
#include <mutex>

#include "json/members.hpp"
#include "providers/aws/dynamodb/test_dynamodb.hpp"
#include "providers/aws/readers/dynamodb_readers.hpp"
#include "providers/aws/readers/ssm_readers.hpp"
#include "providers/aws/ssm/ssm_flag_store.hpp"
#include "tests/support/moto_server.hpp"

namespace sotto::providers::aws {
namespace {

namespace json = boost::json;
using sotto::testing::MotoServer;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::Reply;
using testing::ScriptedDynamoDb;

const std::string flag = "/audio-transcription/partial-results/config";
constexpr UtcTime start{milliseconds{1'770'000'000'000}};

TEST(ReaderRecord, IsTheSameAfterItIsWrittenAndRead) {
  const ReaderRecord record{"hall-a pid 1",    "x", 7, start, 3, start + seconds{1},
                            start + seconds{2}};
  EXPECT_EQ(reader_record_of(to_text(record)), record);
  EXPECT_EQ(reader_record_of(R"({"process":"hall-a"})"), std::nullopt);
  EXPECT_EQ(reader_record_of("{"), std::nullopt);
}

// Records in memory, with a clock and faults.
class MemoryRecords : public ReaderRecords {
 public:
  std::string name() const override { return "memory:"; }
  seconds lease() const override { return seconds{90}; }
  UtcTime now() const override { return clock; }
  Result<> put(const std::string&, const ReaderRecord& record, bool) override {
    if (broken) return tl::unexpected(*broken);
    const auto there = records.find(record.process);
    if (there != records.end() && there->second.instance != record.instance &&
        there->second.expires_at >= clock)
      return fail(ErrorCode::already_exists, "in use", "process");
    records.insert_or_assign(record.process, record);
    return {};
  }
  Result<> remove(const std::string&, const ReaderRecord& record) override {
    const auto there = records.find(record.process);
    if (there != records.end() && there->second.instance == record.instance) records.erase(there);
    return {};
  }
  Result<std::vector<ReaderRecord>> all(const std::string&) override {
    if (broken) return tl::unexpected(*broken);
    std::vector<ReaderRecord> found;
    for (const auto& [process, record] : records) found.push_back(record);
    return found;
  }

  UtcTime clock = start;
  std::map<std::string, ReaderRecord> records;
  std::optional<Error> broken;
};

class ReaderLeasesTest : public ::testing::Test {
 protected:
  std::vector<ports::FlagReaderState> readers() { return leases_.readers(flag).value(); }
  std::unique_ptr<ports::FlagReaderSeat> join(const std::string& process) {
    return leases_.join(flag, process).value();
  }

  std::shared_ptr<MemoryRecords> records_ = std::make_shared<MemoryRecords>();
  int instances_ = 0;
  ReaderLeases leases_{records_, [this] { return std::to_string(++instances_); }};
};

TEST_F(ReaderLeasesTest, ARenewedLeaseLastsAndOthersAreGone) {
  const auto a = join("a"), b = join("b");
  ASSERT_TRUE(a->acknowledge(7, start));
  records_->clock += seconds{60};
  ASSERT_TRUE(a->renew(3));
  records_->clock += seconds{40};
  const auto found = readers();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_FALSE(found[0].gone);
  EXPECT_EQ(found[0].version, 7u);
  EXPECT_EQ(found[0].sessions, 3u);
  EXPECT_EQ(found[0].heard_at, start + seconds{60});
  EXPECT_TRUE(found[1].gone) << "100 s after it was heard of last";
  ASSERT_TRUE(b->renew(0));
  EXPECT_FALSE(readers()[1].gone) << "it could not reach the store, and is back";
}

TEST_F(ReaderLeasesTest, WhatCouldNotBeWrittenComesWithTheNextRenewal) {
  const auto a = join("a");
  records_->broken = Error{ErrorCode::unavailable, "throttled", ""};
  EXPECT_FALSE(a->acknowledge(7, start));
  EXPECT_FALSE(leases_.readers(flag)) << "an unreadable list is no empty one";
  records_->broken.reset();
  ASSERT_TRUE(a->renew(1));
  EXPECT_EQ(readers()[0].version, 7u);
}

TEST_F(ReaderLeasesTest, ANameIsFreeAgainWhenItsLeaseHasExpired) {
  const auto first = join("a");
  EXPECT_EQ(leases_.join(flag, "a").error().code, ErrorCode::already_exists);
  records_->clock += seconds{91};
  auto second = join("a");
  EXPECT_EQ(first->renew(1).error().code, ErrorCode::already_exists);
  EXPECT_EQ(readers().size(), 1u);
  EXPECT_FALSE(readers()[0].gone);
}

TEST_F(ReaderLeasesTest, WhoLeavesIsNotOnTheListAndWhoIsGoneIsForgottenAfterAnHour) {
  const auto a = join("a");
  { const auto b = join("b"); }
  EXPECT_EQ(readers().size(), 1u);
  records_->clock += minutes{60};
  EXPECT_TRUE(readers()[0].gone);
  records_->clock += minutes{2};
  EXPECT_TRUE(readers().empty());
  const auto c = join("c");
  EXPECT_EQ(records_->records.size(), 1u) << "and deleted";
}

TEST(SsmFlagStoreWithReaders, SaysHowItIsFollowed) {
  const auto client = testing::client_of(testing::TestServer([](const auto&) { return Reply(); }));
  const auto leases = std::make_shared<ReaderLeases>(std::make_shared<MemoryRecords>(),
                                                     [] { return std::string("1"); });
  const auto following = make_ssm_flag_store(client, leases)->following();
  EXPECT_EQ(following.poll, seconds{5});
  EXPECT_EQ(following.renew, seconds{30});
  EXPECT_THAT(following.not_listed, HasSubstr("could not sign in at memory:, and Lambda"));
  EXPECT_FALSE(make_ssm_flag_store(client)->following().renew);
}

TEST(DynamoDbReaders, AreUnderTheFlagAndNeverTakeAnothersName) {
  const ScriptedDynamoDb database([](const std::string& operation, const json::object&) {
    return operation == "PutItem" ? ScriptedDynamoDb::refusal("ConditionalCheckFailed")
                                  : Reply{200, "{}", {}};
  });
  const auto records = make_dynamodb_readers(database.client(), "rollouts");
  const auto put = records->put(flag, {"hall-a pid 1", "x", 7, start, 3, start, start}, false);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, ErrorCode::already_exists);
  EXPECT_EQ(put.error().message,
            "dynamodb:rollouts: another process reads the flag as \"hall-a pid 1\"");
  const auto asked = database.asked("PutItem");
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].at("Item").at("flag").at("S").as_string(), flag);
  EXPECT_EQ(asked[0].at("Item").at("item").at("S").as_string(), "reader#hall-a pid 1");
}

TEST(DynamoDbReaders, AThrottledTableIsUnavailable) {
  const ScriptedDynamoDb database([](const std::string&, const json::object&) {
    return ScriptedDynamoDb::refusal("ProvisionedThroughputExceeded");
  });
  const auto records = make_dynamodb_readers(database.client(), "rollouts");
  EXPECT_EQ(records->all(flag).error().code, ErrorCode::unavailable);
  EXPECT_EQ(records->put(flag, {"a", "x", 7, start, 3, start, start}, false).error().code,
            ErrorCode::unavailable);
}

TEST(SsmReaders, SayWhatToAllow) {
  const testing::TestServer server([](const HttpRequest&) {
    return Reply{400, R"({"__type":"AccessDeniedException","message":"no"})", {}};
  });
  const auto records = make_ssm_readers(testing::client_of(server));
  const auto put = records->put(flag, {"hall-a pid 1", "x", 7, start, 3, start, start}, true);
  ASSERT_FALSE(put);
  EXPECT_THAT(put.error().message,
              HasSubstr("allow ssm:PutParameter on " + flag + "/readers/hall-a_pid_1"));
  EXPECT_THAT(records->all(flag).error().message,
              HasSubstr("allow ssm:GetParametersByPath on " + flag + "/readers"));
}

// As a command on another machine sees it.
void sign_in_and_leave(const std::shared_ptr<ReaderRecords>& records) {
  int instances = 0;
  ReaderLeases leases(records, [&] { return std::to_string(++instances); });
  auto here = leases.join(flag, "hall-a pid 1");
  ASSERT_TRUE(here) << here.error().message;
  const auto twice = leases.join(flag, "hall-a pid 1");
  ASSERT_FALSE(twice) << "a name is one process's";
  EXPECT_EQ(twice.error().code, ErrorCode::already_exists);
  std::vector<std::unique_ptr<ports::FlagReaderSeat>> others;
  for (int i = 0; i < 12; ++i)
    others.push_back(leases.join(flag, "hall-b pid " + std::to_string(10 + i)).value());
  const auto dev = leases.join("/audio-transcription/dev/partial-results/config", "hall-c pid 3");
  ASSERT_TRUE((*here)->acknowledge(7, start));
  ASSERT_TRUE((*here)->renew(2));
  auto readers = leases.readers(flag);
  ASSERT_TRUE(readers) << readers.error().message;
  ASSERT_EQ(readers->size(), 13u);
  EXPECT_EQ((*readers)[0].process, "hall-a pid 1");
  EXPECT_EQ((*readers)[0].version, 7u);
  EXPECT_EQ((*readers)[0].at, start);
  EXPECT_EQ((*readers)[0].sessions, 2u);
  EXPECT_FALSE((*readers)[0].gone);
  here->reset();
  others.clear();
  EXPECT_TRUE(leases.readers(flag)->empty());
}

TEST(ReadersOfMoto, AreInATable) {
  if (!MotoServer::installed()) GTEST_SKIP() << MotoServer::why_not;
  testing::make_only_table(
      R"({"TableName":"rollouts","BillingMode":"PAY_PER_REQUEST",
          "KeySchema":[{"AttributeName":"flag","KeyType":"HASH"},
                       {"AttributeName":"item","KeyType":"RANGE"}],
          "AttributeDefinitions":[{"AttributeName":"flag","AttributeType":"S"},
                                  {"AttributeName":"item","AttributeType":"S"}]})");
  sign_in_and_leave(make_dynamodb_readers(testing::moto_client(), "rollouts"));
}

TEST(ReadersOfMoto, AreParametersUnderTheFlag) {
  if (!MotoServer::installed()) GTEST_SKIP() << MotoServer::why_not;
  MotoServer::shared()->reset();
  sign_in_and_leave(make_ssm_readers(MotoServer::shared()->client()));
}

}  // namespace
}  // namespace sotto::providers::aws
