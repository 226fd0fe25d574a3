#include "providers/aws/client/client.hpp"

#include <boost/json.hpp>
#include <deque>

#include "providers/aws/client/service_error.hpp"
#include "providers/aws/client/test_server.hpp"

namespace sotto::providers::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Reply;
using testing::TestServer;

const UtcTime start = parse_utc("2026-02-28T12:00:00Z").value();
const std::string secret = "SECRETSECRETSECRET", token = "TOKENTOKENTOKEN";

Reply refusal(int status, const std::string& type, const std::string& sentence = "because",
              Pairs headers = {}) {
  return {status, R"({"__type":"com.amazonaws.ssm#)" + type + R"(","message":")" + sentence + "\"}",
          std::move(headers)};
}

// Credentials that count how often they were refused.
class Keys : public CredentialSource {
 public:
  Result<Credentials> credentials() override {
    if (broken) return tl::unexpected(*broken);
    return Credentials{"AKID" + std::to_string(rejected), secret, token};
  }
  void reject(const Credentials&) override { ++rejected; }

  std::optional<Error> broken;
  int rejected = 0;
};

// A server that gives the replies in turn, the last one for ever, and a client for it with a clock
// that only sleeping moves.
class ClientTest : public ::testing::Test {
 protected:
  void reply_with(std::deque<Reply> replies) { replies_ = std::move(replies); }

  Client client(int attempts = 3) {
    ClientConfig config;
    config.region = "eu-west-1";
    config.endpoints[""] = server_.endpoint();
    config.attempts = attempts;
    return Client(config, keys_, HttpClient::create({}).value(), dependencies());
  }

  ClientDependencies dependencies() {
    ClientDependencies ours;
    ours.now = [this] { return now_; };
    ours.ticks = [this] { return ticks_; };
    ours.random = [] { return 0.5; };
    ours.sleep = [this](milliseconds time) {
      slept_.push_back(time);
      ticks_ += time;
    };
    return ours;
  }

  std::size_t attempts_made() const { return server_.requests().size(); }

  std::shared_ptr<Keys> keys_ = std::make_shared<Keys>();
  UtcTime now_ = start;
  std::chrono::steady_clock::time_point ticks_{};
  std::vector<milliseconds> slept_;
  std::deque<Reply> replies_ = {Reply{200, "{}"}};
  TestServer server_{[this](const HttpRequest&) {
    Reply reply = replies_.front();
    if (replies_.size() > 1) replies_.pop_front();
    return reply;
  }};
};

std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return {};
}

TEST_F(ClientTest, CallsAJsonOperation) {
  reply_with({{200, R"({"Parameter":{"Value":"x","Version":7}})"}});
  const auto answer = client().call(services::ssm, "GetParameter", {{"Name", "/sotto/flag"}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("Parameter").at("Version").as_int64(), 7);
  const HttpRequest sent = server_.requests().at(0);
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.target, "/");
  EXPECT_EQ(sent.body, R"({"Name":"/sotto/flag"})");
  EXPECT_EQ(header_of(sent, "X-Amz-Target"), "AmazonSSM.GetParameter");
  EXPECT_EQ(header_of(sent, "Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(header_of(sent, "X-Amz-Date"), "20260228T120000Z");
  EXPECT_EQ(header_of(sent, "X-Amz-Security-Token"), token);
  EXPECT_THAT(
      header_of(sent, "Authorization"),
      ::testing::StartsWith(
          "AWS4-HMAC-SHA256 Credential=AKID0/20260228/eu-west-1/ssm/aws4_request, "
          "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "));
}

TEST_F(ClientTest, CallsRestAndQueryOperations) {
  reply_with({{200, R"({"RevisionId":"r1"})"}, {200, "<R><Arn>a&amp;b</Arn></R>"}, {200, ""}});
  Client client = this->client();
  RestCall get{"GET", "/2015-03-31/functions/a%3Ab/configuration", {{"Qualifier", "$LATEST"}}};
  const auto configuration = client.rest_json(services::lambda, "GetFunctionConfiguration", get);
  ASSERT_TRUE(configuration);
  EXPECT_EQ(configuration->at("RevisionId").as_string(), "r1");
  const auto identity = client.query(services::sts, "GetCallerIdentity", {{"A", "b c"}});
  ASSERT_TRUE(identity);
  EXPECT_EQ(xml_text(*identity, "Arn"), "a&b");
  const auto empty = client.rest_json(services::lambda, "DeleteFunction", {"DELETE", "/x"});
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->empty());
  const auto sent = server_.requests();
  EXPECT_EQ(sent.at(0).target, get.path + "?Qualifier=%24LATEST");
  EXPECT_EQ(sent.at(1).body, "A=b%20c&Action=GetCallerIdentity&Version=2011-06-15");
  EXPECT_EQ(sent.at(2).method, "DELETE");
  EXPECT_EQ(header_of(sent.at(2), "Content-Type"), "");
  EXPECT_EQ(server_.connections(), 1) << "kept";
}

TEST_F(ClientTest, WithoutCredentialsNothingIsSent) {
  keys_->broken = Error{ErrorCode::permission_denied, "found no AWS credentials", {}};
  const auto answer = client().call(services::ssm, "GetParameter", {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::permission_denied);
  EXPECT_EQ(answer.error().message, "SSM GetParameter: found no AWS credentials");
  EXPECT_EQ(attempts_made(), 0u);
}

TEST_F(ClientTest, CredentialsThatCannotBeFetchedAreNotFetchedThriceByACall) {
  keys_->broken = Error{ErrorCode::unavailable, "STS is down", {}};
  EXPECT_FALSE(client().call(services::ssm, "GetParameter", {}));
  EXPECT_TRUE(slept_.empty());
}

TEST_F(ClientTest, ExpiredCredentialsAreFetchedAnewOnce) {
  reply_with({refusal(400, "ExpiredTokenException"), {200, "{}"}});
  ASSERT_TRUE(client(1).call(services::ssm, "GetParameter", {}));
  EXPECT_THAT(header_of(server_.requests().at(1), "Authorization"), HasSubstr("=AKID1/"));
  reply_with({refusal(400, "ExpiredTokenException")});
  const auto again = client(1).call(services::ssm, "GetParameter", {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::permission_denied);
  EXPECT_EQ(again.error().field, "ExpiredToken");
  EXPECT_EQ(attempts_made(), 4u);
}

TEST_F(ClientTest, ADeniedCallIsNotTriedAgain) {
  reply_with({refusal(400, "AccessDeniedException", "User: x is not authorized")});
  const auto answer = client().call(services::ssm, "PutParameter", {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::permission_denied);
  EXPECT_EQ(answer.error().message, "SSM PutParameter: AccessDenied: User: x is not authorized");
  EXPECT_EQ(answer.error().field, "AccessDenied");
  EXPECT_EQ(attempts_made(), 1u);
}

TEST_F(ClientTest, AThrottledCallIsTriedAgainAfterAWait) {
  reply_with(
      {refusal(400, "ThrottlingException"), refusal(400, "ThrottlingException"), {200, "{}"}});
  ASSERT_TRUE(client().call(services::ssm, "GetParameter", {}));
  EXPECT_THAT(slept_, ::testing::ElementsAre(milliseconds{500}, milliseconds{1'000}));
}

TEST_F(ClientTest, AfterThreeAttemptsTheFailureIsTheAnswer) {
  reply_with({{503, "busy"}});
  const auto answer = client().call(services::ssm, "GetParameter", {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
  EXPECT_EQ(answer.error().message, "SSM GetParameter: answered with status 503");
  EXPECT_EQ(attempts_made(), 3u);
  EXPECT_EQ(slept_.size(), 2u);
}

TEST_F(ClientTest, ACallThatMustNotHappenTwiceIsTriedOnce) {
  reply_with({{500, ""}});
  EXPECT_FALSE(client().call(services::ssm, "PutParameter", {}, {{}, 1}));
  EXPECT_EQ(attempts_made(), 1u);
}

TEST_F(ClientTest, ACutAnswerIsTriedAgain) {
  reply_with({{200, R"({"a":"bcdefghij"})", {}, {}, 60}, {200, R"({"a":1})"}});
  const auto answer = client().call(services::ssm, "GetParameter", {});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(attempts_made(), 2u);
  EXPECT_EQ(slept_.size(), 1u);
}

TEST_F(ClientTest, AWaitThatPassesTheDeadlineIsNotBegun) {
  reply_with({{503, ""}});
  const auto answer = client().call(services::ssm, "GetParameter", {}, {milliseconds{500}, 0});
  ASSERT_FALSE(answer);
  EXPECT_TRUE(slept_.empty());
}

TEST_F(ClientTest, AnAnswerAfterTheDeadlineIsAnError) {
  reply_with({{200, "{}", {}, std::chrono::seconds{30}}});
  const auto answer = client(1).call(services::ssm, "GetParameter", {}, {milliseconds{100}, 0});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::deadline_exceeded);
  EXPECT_THAT(answer.error().message, ::testing::StartsWith("SSM GetParameter: "));
}

TEST_F(ClientTest, WhileMostCallsFailTheyAreNotTriedAgain) {
  reply_with({{503, ""}});
  Client client = this->client();
  for (int i = 0; i < 60; ++i) EXPECT_FALSE(client.call(services::ssm, "GetParameter", {}));
  EXPECT_EQ(attempts_made(), 60u + 100u);
}

TEST_F(ClientTest, AClockThatIsOffIsCorrectedByTheServices) {
  for (const auto off : {-std::chrono::minutes{10}, std::chrono::minutes{10}}) {
    now_ = start + off;
    reply_with(
        {refusal(403, "RequestTimeTooSkewed", "", {{"Date", "Sat, 28 Feb 2026 12:00:00 GMT"}}),
         {200, "{}"}});
    Client client = this->client(1);
    ASSERT_TRUE(client.call(services::ssm, "GetParameter", {}));
    EXPECT_EQ(header_of(server_.requests().back(), "X-Amz-Date"), "20260228T120000Z");
    EXPECT_EQ(client.now(), start);
    now_ += std::chrono::minutes{1};
    ASSERT_TRUE(client.call(services::ssm, "GetParameter", {}));
    EXPECT_EQ(header_of(server_.requests().back(), "X-Amz-Date"), "20260228T120100Z");
  }
  EXPECT_TRUE(slept_.empty());
}

TEST_F(ClientTest, AWrongSignatureWithTheRightClockIsAnErrorWithoutSecrets) {
  reply_with({refusal(403, "InvalidSignatureException",
                      "The Canonical String should have been x-amz-security-token:" + token,
                      {{"Date", "Sat, 28 Feb 2026 12:00:10 GMT"}})});
  const auto answer = client().call(services::ssm, "GetParameter", {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(answer.error().message, Not(HasSubstr(token)));
  EXPECT_THAT(answer.error().message, HasSubstr("check the secret access key and the clock"));
  EXPECT_EQ(attempts_made(), 1u);
}

TEST_F(ClientTest, AnAnswerThatIsNoJsonIsAnError) {
  reply_with({{200, "<html>"}});
  const auto answer = client().call(services::ssm, "GetParameter", {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::internal);
}

TEST_F(ClientTest, AnOversizedAnswerIsRefusedOnce) {
  reply_with({{200, std::string(5'000, ' ')}});
  HttpClient::Config small;
  small.largest_body = 1'000;
  ClientConfig config;
  config.endpoints[""] = server_.endpoint();
  Client client(config, keys_, HttpClient::create(small).value(), dependencies());
  const auto answer = client.call(services::ssm, "GetParameter", {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ(attempts_made(), 1u);
}

TEST_F(ClientTest, AHostThatIsUnknownIsUnavailable) {
  class NoNames : public HttpSender {
   public:
    Result<HttpResponse> send(const Endpoint& endpoint, const HttpRequest&, milliseconds) override {
      ++asked;
      return fail(ErrorCode::unavailable, "found no address of " + endpoint.host);
    }
    int asked = 0;
  };
  const auto http = std::make_shared<NoNames>();
  ClientConfig config;
  config.region = "nowhere-1";
  Client client(config, keys_, http, dependencies());
  const auto answer = client.call(services::dynamodb, "GetItem", {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
  EXPECT_EQ(answer.error().message,
            "DynamoDB GetItem: found no address of dynamodb.nowhere-1.amazonaws.com");
  EXPECT_EQ(http->asked, 3);
}

TEST_F(ClientTest, EndpointsAreThoseOfTheRegionUnlessOthersAreSet) {
  ClientConfig config;
  config.region = "cn-north-1";
  config.endpoints["SSM"] = parse_endpoint("http://localhost:4566/ssm", "x").value();
  const Client client(config, keys_, nullptr);
  EXPECT_EQ(client.endpoint(services::cloudwatch).host, "monitoring.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(client.endpoint(services::ssm).port, 4566);
}

TEST_F(ClientTest, ConcurrentCallsAreIndependent) {
  Client client = this->client();
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 10; ++j)
        good += client.call(services::ssm, "GetParameter", {{"Name", "x"}}) ? 1 : 0;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
}

TEST(ServiceError, WhichCodeAnErrorHas) {
  struct Case {
    int status;
    std::string name;
    ErrorCode expected;
  };
  const std::vector<Case> cases = {
      {400, "AccessDenied", ErrorCode::permission_denied},
      {400, "UnrecognizedClient", ErrorCode::permission_denied},
      {403, "", ErrorCode::permission_denied},
      {400, "ConditionalCheckFailed", ErrorCode::conflict},
      {400, "TransactionCanceled", ErrorCode::conflict},
      {412, "PreconditionFailed", ErrorCode::conflict},
      {409, "ResourceConflict", ErrorCode::conflict},
      {400, "ParameterAlreadyExists", ErrorCode::already_exists},
      {400, "ParameterNotFound", ErrorCode::not_found},
      {400, "ResourceNotFound", ErrorCode::not_found},
      {404, "", ErrorCode::not_found},
      {400, "Throttling", ErrorCode::resource_exhausted},
      {400, "ParameterMaxVersionLimitExceeded", ErrorCode::resource_exhausted},
      {429, "TooManyRequests", ErrorCode::resource_exhausted},
      {400, "Validation", ErrorCode::invalid_argument},
      {408, "", ErrorCode::deadline_exceeded},
      {500, "InternalServerError", ErrorCode::unavailable},
      {503, "", ErrorCode::unavailable},
      {302, "", ErrorCode::unavailable},
  };
  for (const Case& one : cases)
    EXPECT_EQ(code_of(one.status, one.name), one.expected) << one.status << " " << one.name;
}

TEST(ServiceError, TheNameAndTheSentenceAreReadFromEveryProtocol) {
  const auto read = [](const HttpResponse& response) {
    const ServiceError error = service_error(response);
    return error.name + "|" + error.sentence;
  };
  EXPECT_EQ(read({400, {}, R"({"__type":"com.amazon#ThrottlingException","message":"slow"})"}),
            "Throttling|slow");
  EXPECT_EQ(read({404,
                  {{"x-amzn-ErrorType", "ResourceNotFoundException:http://internal/"}},
                  R"({"Message":"no","Type":"User"})"}),
            "ResourceNotFound|no");
  EXPECT_EQ(read({403,
                  {},
                  "<ErrorResponse><Error><Code>InvalidClientTokenId</Code>"
                  "<Message>a &lt;b&gt;</Message></Error></ErrorResponse>"}),
            "InvalidClientTokenId|a <b>");
  EXPECT_EQ(read({502, {}, "Bad Gateway"}), "|");
  EXPECT_EQ(read({400, {}, R"({"__type":7})"}), "|");
}

TEST(ServiceError, WhichMayBeTheClocks) {
  EXPECT_TRUE(may_be_clock({"InvalidSignature", ""}));
  EXPECT_TRUE(may_be_clock({"RequestTimeTooSkewed", ""}));
  EXPECT_TRUE(may_be_clock({"", "Signature expired: 20260228T120000Z is now earlier than ..."}));
  EXPECT_TRUE(may_be_clock({"Unknown", "Signature not yet current: 20260228T120000Z is ..."}));
  EXPECT_FALSE(may_be_clock({"AccessDenied", "not allowed"}));
  EXPECT_FALSE(may_be_clock({}));
}

TEST(ServiceError, TheMessageIsOneLineAndBounded) {
  const Error error = to_error("SSM X", 400, {"Validation", "a\nb\r" + std::string(900, 'x')});
  EXPECT_THAT(error.message, ::testing::StartsWith("SSM X: Validation: a b "));
  EXPECT_LE(error.message.size(), 403u);
  std::string wide;
  for (int i = 0; i < 300; ++i) wide += "\u00e9";
  const std::string cut = to_error("S", 400, {"V", wide}).message;
  EXPECT_THAT(cut, ::testing::EndsWith("\u00e9..."));
}

TEST(HttpDate, IsReadInItsFixedForm) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            parse_utc("1994-11-06T08:49:37Z").value());
  for (const char* wrong : {"", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 1994 08:49:37 GMT",
                            "Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
                            "Sun, -6 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"})
    EXPECT_FALSE(parse_http_date(wrong)) << wrong;
}

}  // namespace
}  // namespace sotto::providers::aws
