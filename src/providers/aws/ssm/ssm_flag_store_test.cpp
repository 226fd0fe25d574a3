#include "providers/aws/ssm/ssm_flag_store.hpp"
#include "providers/aws/credentials/test_credentials.hpp"

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "json/members.hpp"
#include "providers/aws/client/test_server.hpp"
#include "providers/aws/ssm/ssm_versions.hpp"
#include "tests/contract/flag_store_contract.hpp"
#include "tests/support/moto_server.hpp"

namespace sotto::providers::aws {
namespace {

namespace json = boost::json;
using sotto::testing::change;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Reply;
using testing::TestServer;

const std::string flag = "/audio-transcription/partial-results/config";
const std::string grace = "arn:aws:iam::123456789012:user/grace";

Reply refusal(int status, const std::string& type, const std::string& sentence = "because") {
  return {status, R"({"__type":")" + type + R"(","message":")" + sentence + "\"}", {}};
}

// Parameter Store with one parameter, and what a test does in between.
class SsmFlagStoreTest : public ::testing::Test {
 protected:
  // As another program would, or a Sotto that is somewhere else.
  void put(const std::string& value, const std::string& description = "") {
    const std::uint64_t version = versions_.empty() ? 1 : versions_.back().version + 1;
    versions_.push_back(
        {version, value, description, grace, UtcTime{milliseconds{1'770'000'000'500}}});
  }
  void put_seeing(std::uint64_t over, const std::string& value, const std::string& by = "bob") {
    put(value,
        to_description({by, "faster", UtcTime{milliseconds{1'770'000'000'000}}, over}, value));
  }

  std::vector<std::string> values() const {
    std::vector<std::string> all;
    for (const SsmVersion& version : versions_) all.push_back(version.value);
    return all;
  }

  static json::object json_of(const SsmVersion& version) {
    return {{"Name", flag},
            {"Value", version.value},
            {"Version", version.version},
            {"Description", version.description},
            {"LastModifiedUser", version.modified_by},
            {"LastModifiedDate",
             static_cast<double>(version.modified_at.time_since_epoch().count()) / 1000}};
  }

  Reply answer(const HttpRequest& request) {
    std::string operation;
    for (const auto& [name, value] : request.headers)
      if (name == "X-Amz-Target") operation = value.substr(value.find('.') + 1);
    called_.push_back(operation);
    const json::object input = *sotto::json::parse_object(request.body);
    if (const auto refused = refusals_.find(operation); refused != refusals_.end())
      return refused->second;
    if (operation == "PutParameter") return answer_put(input);
    if (versions_.empty()) return refusal(400, "ParameterNotFound");
    if (operation == "GetParameter")
      return {200, json::serialize(json::object{{"Parameter", json_of(versions_.back())}}), {}};
    json::array page;
    const auto token = sotto::json::text_member(input, "NextToken");
    const std::size_t begin = token ? std::stoul(*token) : 0;
    const std::size_t end = std::min(begin + 50, versions_.size());
    for (std::size_t i = begin; i < end; ++i) page.push_back(json_of(versions_[i]));
    json::object body{{"Parameters", page}};
    if (end < versions_.size()) body["NextToken"] = std::to_string(end);
    return {200, json::serialize(body), {}};
  }

  Reply answer_put(const json::object& input) {
    if (before_put_) std::exchange(before_put_, nullptr)();
    if (!versions_.empty() && !input.at("Overwrite").as_bool())
      return refusal(400, "ParameterAlreadyExists");
    put(*sotto::json::text_member(input, "Value"), *sotto::json::text_member(input, "Description"));
    Reply reply{200, json::serialize(json::object{{"Version", versions_.back().version}}), {}};
    if (lose_next_answer_) reply.status = std::exchange(lose_next_answer_, false) ? 500 : 200;
    return reply;
  }

  std::unique_ptr<ports::FlagStore> make() {
    ClientConfig config;
    config.region = "eu-west-1";
    config.endpoints[""] = server_.endpoint();
    ClientDependencies dependencies = ClientDependencies::real();
    dependencies.sleep = [](milliseconds) {};
    return make_ssm_flag_store(std::make_shared<Client>(
        config, testing::test_credentials(), HttpClient::create({}).value(), dependencies));
  }

  std::vector<SsmVersion> versions_;
  std::vector<std::string> called_;
  std::map<std::string, Reply> refusals_;
  std::function<void()> before_put_;
  bool lose_next_answer_ = false;
  TestServer server_{[this](const HttpRequest& request) { return answer(request); }};
  const std::unique_ptr<ports::FlagStore> store_ = make();
};

TEST_F(SsmFlagStoreTest, NamesItself) { EXPECT_EQ(store_->name(), "ssm:eu-west-1"); }

TEST_F(SsmFlagStoreTest, ReadsWhoOnceAVersion) {
  put("1");
  for (int i = 0; i < 3; ++i) EXPECT_EQ((*store_->read(flag))->changed_by, grace);
  EXPECT_THAT(called_,
              ElementsAre("GetParameter", "GetParameterHistory", "GetParameter", "GetParameter"));
  EXPECT_EQ(format_utc((*store_->read(flag))->changed_at), "2026-02-02T02:40:00.500Z");
  put("2");
  EXPECT_EQ((*store_->read(flag))->version, 2u);
}

TEST_F(SsmFlagStoreTest, ReadsWithoutTheRightToTheHistory) {
  put("1");
  refusals_["GetParameterHistory"] = refusal(400, "AccessDeniedException");
  const auto read = store_->read(flag);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->document, "1");
  EXPECT_EQ((*read)->changed_by, "unknown");
}

TEST_F(SsmFlagStoreTest, PutsBackWhatItHasOverwrittenUnseen) {
  put("1");
  before_put_ = [&] { put_seeing(1, "off"); };
  const auto written = store_->write(flag, 1, change("on"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::conflict);
  EXPECT_THAT(written.error().message, HasSubstr("at version 4, not 1: bob"));
  EXPECT_THAT(values(), ElementsAre("1", "off", "on", "off"));
  EXPECT_THAT((*store_->read(flag))->reason, HasSubstr("version 2 again, after one by ada"));
  EXPECT_TRUE(store_->write(flag, 4, change("next"))) << "what was put back is a version as any";
}

TEST_F(SsmFlagStoreTest, PutsBackWhatTheCommandLineHasWrittenWithoutANote) {
  put("1");
  before_put_ = [&] { put("theirs"); };
  const auto written = store_->write(flag, 1, change("ours"));
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr(grace));
  EXPECT_THAT(values(), ElementsAre("1", "theirs", "ours", "theirs"));
}

TEST_F(SsmFlagStoreTest, OfThreeAtOnceTheFirstCounts) {
  put("1");
  before_put_ = [&] {
    put_seeing(1, "first");
    put_seeing(1, "second", "carl");
  };
  ASSERT_FALSE(store_->write(flag, 1, change("third")));
  EXPECT_EQ(versions_.back().value, "first");
}

TEST_F(SsmFlagStoreTest, NobodyBuildsOnAVersionThatDoesNotCount) {
  put("1");
  put_seeing(1, "off");
  put_seeing(1, "on", "carl");  // who has died before he put it back
  const auto written = store_->write(flag, 3, change("on, and more"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::conflict);
  EXPECT_THAT(values(), ElementsAre("1", "off", "on", "off"));
  EXPECT_TRUE(store_->write(flag, 4, change("off, and more")));
}

TEST_F(SsmFlagStoreTest, LeavesAWriterWhoCameFirstInPeace) {
  put("1");
  before_put_ = [&] {
    put_seeing(1, "first");
    before_put_ = [&] { put_seeing(3, "after that"); };
  };
  ASSERT_FALSE(store_->write(flag, 1, change("late")));
  EXPECT_THAT(values(), ElementsAre("1", "first", "late", "after that", "first", "after that"));
}

TEST_F(SsmFlagStoreTest, OfManyWritersAtOnceNobodysSuccessIsLost) {
  std::mutex mutex;
  std::map<std::uint64_t, std::string> written;  // what writers were told
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 4; ++writer)
    threads.emplace_back([&, writer] {
      const auto mine = make();
      for (int done = 0; done < 5;) {
        const auto seen = mine->read(flag);
        ASSERT_TRUE(seen) << seen.error().message;
        const std::string value = std::to_string(writer) + "-" + std::to_string(done);
        const auto made = mine->write(flag, *seen ? (*seen)->version : 0, change(value));
        if (!made) {
          ASSERT_EQ(made.error().code, ErrorCode::conflict) << made.error().message;
          continue;
        }
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(written.emplace(made->version, value).second) << made->version;
        ++done;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(written.size(), 20u);
  for (const auto& [version, value] : written) {
    EXPECT_EQ(versions_[version - 1].value, value);
    EXPECT_EQ(counting_version(std::span(versions_).first(version))->version, version);
  }
  EXPECT_EQ(versions_.back().value, written.rbegin()->second) << "what counts is what is there";
}

TEST_F(SsmFlagStoreTest, AnAnswerThatGotLostIsNoConflict) {
  put("1");
  lose_next_answer_ = true;  // the client calls again, which makes another version
  const auto written = store_->write(flag, 1, change("2"));
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->version, 3u);
  EXPECT_THAT(values(), ElementsAre("1", "2", "2"));
  EXPECT_TRUE(store_->write(flag, 3, change("3")));
}

TEST_F(SsmFlagStoreTest, NeitherOfTheFirstVersion) {
  lose_next_answer_ = true;
  const auto written = store_->write(flag, 0, change("1"));
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->version, 1u);
}

TEST_F(SsmFlagStoreTest, TheFirstVersionNeverOverwrites) {
  before_put_ = [&] { put("theirs"); };
  const auto written = store_->write(flag, 0, change("ours"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::conflict);
  EXPECT_THAT(values(), ElementsAre("theirs"));
}

TEST_F(SsmFlagStoreTest, ReadsTheWholeHistory) {
  for (int i = 1; i <= 100; ++i) put(std::to_string(i));
  const auto history = store_->history(flag, 1000);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->size(), 100u);
  EXPECT_EQ(history->front().document, "100");
  EXPECT_EQ(history->back().document, "1");
}

TEST_F(SsmFlagStoreTest, SaysWhatToAllow) {
  refusals_["GetParameter"] = refusal(400, "AccessDeniedException", "not authorized");
  const auto read = store_->read(flag);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::permission_denied);
  EXPECT_EQ(read.error().message,
            "ssm:eu-west-1: SSM GetParameter: AccessDenied: not authorized; allow ssm:GetParameter "
            "on the parameter " +
                flag);
}

TEST_F(SsmFlagStoreTest, ThrottledIsUnavailable) {
  refusals_["GetParameter"] = refusal(400, "ThrottlingException", "Rate exceeded");
  const auto read = store_->read(flag);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::unavailable);
  EXPECT_THAT(called_, ElementsAre("GetParameter", "GetParameter", "GetParameter"));
}

TEST_F(SsmFlagStoreTest, SaysThatALabelIsInTheWay) {
  put("1");
  refusals_["PutParameter"] = refusal(400, "ParameterMaxVersionLimitExceeded");
  const auto written = store_->write(flag, 1, change("2"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::resource_exhausted);
  EXPECT_THAT(written.error().message, HasSubstr("unlabel-parameter-version"));
}

}  // namespace
}  // namespace sotto::providers::aws

namespace sotto::contract {

using testing::MotoServer;

// Each test's folder stands for an account of its own.
std::unique_ptr<ports::FlagStore> moto_store(const std::string& folder) {
  static std::string last;
  MotoServer& moto = *MotoServer::shared();
  if (std::exchange(last, folder) != folder) moto.reset();
  return providers::aws::make_ssm_flag_store(moto.client());
}

INSTANTIATE_TEST_SUITE_P(Ssm, FlagStoreContract,
                         ::testing::Values(FlagStoreMaker{{"Moto", moto_store, MotoServer::missing},
                                                          false}),
                         maker_name<FlagStoreMaker>);

}  // namespace sotto::contract
