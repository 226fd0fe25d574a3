#include "providers/aws/lambda_config/function_variables.hpp"
#include "providers/aws/credentials/test_credentials.hpp"

#include <boost/json.hpp>
#include <deque>

#include "json/members.hpp"
#include "providers/aws/client/test_server.hpp"

namespace sotto::providers::aws {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Reply;
using testing::TestServer;

const std::string path = "/2015-03-31/functions/audio-processor/configuration";

// Lambda with one function, and refusals for the writes to come.
class FunctionVariables : public ::testing::Test {
 protected:
  Reply answer(const HttpRequest& request) {
    asked_.push_back(request.method + " " + request.target);
    if (request.method == "GET") {
      json::object body{{"FunctionName", "audio-processor"},
                        {"RevisionId", "revision-" + std::to_string(revision_)}};
      if (!environment_.empty()) body["Environment"] = environment_;
      return {200, json::serialize(body), {}};
    }
    if (on_write_) std::exchange(on_write_, nullptr)();
    Reply reply;
    if (!refusals_.empty()) {
      reply = refusals_.front();
      refusals_.pop_front();
      if (reply.status == 412 || reply.status == 409) return reply;
    }
    const auto body = sotto::json::parse_object(request.body);
    if (body->at("RevisionId") != json::value("revision-" + std::to_string(revision_)))
      return refusal(412, "PreconditionFailedException");
    environment_ = body->at("Environment").as_object();
    ++revision_;
    reply.body = "{}";
    return reply;
  }

  static Reply refusal(int status, const std::string& type) {
    return {status, R"({"message":"because"})", {{"x-amzn-errortype", type}}};
  }

  Result<VariablesChanged> change(const VariablesEdit& edit, bool dry_run = false,
                                  const std::string& function = "audio-processor") {
    return change_variables(client_, function, edit, dry_run,
                            [this](milliseconds time) { slept_.push_back(time); });
  }

  void have(const std::string& variables) {
    environment_ = {{"Variables", json::parse(variables)}};
  }
  std::string variables() const { return json::serialize(environment_.at("Variables")); }

  static ClientConfig config_for(const TestServer& server) {
    ClientConfig config;
    config.region = "eu-west-1";
    config.endpoints[""] = server.endpoint();
    return config;
  }
  static ClientDependencies quick() {
    ClientDependencies dependencies = ClientDependencies::real();
    dependencies.sleep = [](milliseconds) {};
    return dependencies;
  }

  json::object environment_;
  int revision_ = 1;
  std::deque<Reply> refusals_;
  std::function<void()> on_write_;
  std::vector<std::string> asked_;
  std::vector<milliseconds> slept_;
  TestServer server_{[this](const HttpRequest& request) { return answer(request); }};
  Client client_{config_for(server_), testing::test_credentials(), HttpClient::create({}).value(),
                 quick()};
  const VariablesEdit off_{{{"PARTIAL_RESULTS_ENABLED", "false"}}, {}};
};

TEST_F(FunctionVariables, KeepsTheOthers) {
  have(R"({"TABLE":"talks","PARTIAL_RESULTS_ENABLED":"true","OLD":"x"})");
  const auto changed = change({{{"PARTIAL_RESULTS_ENABLED", "false"}, {"NEW", "1"}}, {"OLD"}});
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_THAT(changed->changes,
              ElementsAre(VariableChange{"NEW", {}, "1"}, VariableChange{"OLD", "x", {}},
                          VariableChange{"PARTIAL_RESULTS_ENABLED", "true", "false"}));
  EXPECT_EQ(changed->kept, 1u);
  EXPECT_EQ(environment_.at("Variables").as_object(),
            json::parse(R"({"NEW":"1","PARTIAL_RESULTS_ENABLED":"false","TABLE":"talks"})"));
  EXPECT_THAT(asked_, ElementsAre("GET " + path, "PUT " + path));
}

TEST_F(FunctionVariables, BeginsAFunctionThatHasNone) {
  ASSERT_TRUE(change(off_));
  EXPECT_EQ(variables(), R"({"PARTIAL_RESULTS_ENABLED":"false"})");
}

TEST_F(FunctionVariables, WritesNothingWhereThereIsNothingToChangeAndInADryRun) {
  have(R"({"PARTIAL_RESULTS_ENABLED":"false"})");
  EXPECT_THAT(change(off_)->changes, IsEmpty());
  EXPECT_EQ(change({{{"A1", "2"}}, {}}, true)->changes.size(), 1u);
  EXPECT_THAT(asked_, ElementsAre("GET " + path, "GET " + path));
}

TEST_F(FunctionVariables, ReadsAgainWhenSomebodyElseWasFaster) {
  have(R"({"TABLE":"talks"})");
  on_write_ = [this] {
    have(R"({"TABLE":"talks","QUEUE":"q"})");
    ++revision_;
  };
  const auto changed = change(off_);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->kept, 2u);
  EXPECT_THAT(variables(), HasSubstr(R"("QUEUE":"q")"));
  EXPECT_THAT(slept_, ElementsAre(milliseconds{250}));
}

TEST_F(FunctionVariables, WaitsForAnUpdateThatGoesOnAndGivesUp) {
  for (int i = 0; i < 2; ++i) refusals_.push_back(refusal(409, "ResourceConflictException"));
  EXPECT_TRUE(change(off_));
  for (int i = 0; i < 5; ++i) refusals_.push_back(refusal(409, "ResourceConflictException"));
  const auto changed = change({{{"A1", "b"}}, {}});
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::conflict);
}

TEST_F(FunctionVariables, AnAnswerThatGotLostIsAChange) {
  have(R"({"PARTIAL_RESULTS_ENABLED":"true"})");
  refusals_.push_back({500, "", {}});  // it was written all the same; the client calls again
  const auto changed = change(off_);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_THAT(changed->changes,
              ElementsAre(VariableChange{"PARTIAL_RESULTS_ENABLED", "true", "false"}));
}

TEST_F(FunctionVariables, DoesNotOverwriteWhatItCannotRead) {
  environment_ = {{"Error", json::object{{"ErrorCode", "AccessDeniedException"}}}};
  const auto changed = change(off_);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(changed.error().message, HasSubstr("AccessDeniedException"));
  EXPECT_THAT(asked_, ElementsAre("GET " + path));
}

TEST_F(FunctionVariables, TakesAnArnAndNothingThatIsNone) {
  ASSERT_TRUE(change(off_, true, "arn:aws:lambda:eu-west-1:123456789012:function:audio-processor"));
  EXPECT_THAT(asked_.back(), HasSubstr("arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction"));
  for (const char* none : {"", "a/../b", "a b", "a?b"})
    EXPECT_EQ(change(off_, true, none).error().field, "function") << none;
}

TEST_F(FunctionVariables, RefusesMoreThanFourKilobytes) {
  const auto changed = change({{{"BIG", std::string(5000, 'x')}}, {}});
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::resource_exhausted);
}

TEST(VariablesEdit, ReadsSettings) {
  VariablesEdit edit;
  EXPECT_TRUE(add_setting(edit, "NAME=a=b"));
  EXPECT_TRUE(add_setting(edit, "EMPTY="));
  EXPECT_EQ(edit.set.at("NAME"), "a=b");
  EXPECT_EQ(edit.set.at("EMPTY"), "");
  for (const char* none : {"", "NAME", "=x", "1A=secret", "A B=secret", "A=x"}) {
    const auto added = add_setting(edit, none);
    ASSERT_FALSE(added) << none;
    EXPECT_THAT(added.error().message, Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace sotto::providers::aws
