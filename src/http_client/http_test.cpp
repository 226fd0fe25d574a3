#include "http_client/http.hpp"

#include <sys/socket.h>

#include <fstream>

#include "http_client/test_server.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::http_client {
namespace {

using testing::Certificate;
using ::testing::HasSubstr;
using testing::Reply;
using testing::TestServer;
constexpr milliseconds patience = std::chrono::seconds{5};

std::shared_ptr<HttpClient> client_with(HttpClient::Config config = {}) {
  return HttpClient::create(std::move(config)).value();
}

TEST(Endpoint, IsReadFromAUrl) {
  const auto plain = parse_endpoint("http://localhost:4566/", "AWS_ENDPOINT_URL").value();
  EXPECT_FALSE(plain.tls);
  EXPECT_EQ(plain.host, "localhost");
  EXPECT_EQ(plain.port, 4566);
  EXPECT_EQ(plain.path, "");
  EXPECT_EQ(plain.host_header(), "localhost:4566");
  const auto secure = parse_endpoint("https://vpce.example.org/ssm/", "X").value();
  EXPECT_TRUE(secure.tls);
  EXPECT_EQ(secure.port, 443);
  EXPECT_EQ(secure.path, "/ssm");
  EXPECT_EQ(secure.host_header(), "vpce.example.org");
  const auto v6 = parse_endpoint("http://[fd00:ec2::23]/v1", "X").value();
  EXPECT_EQ(v6.host, "fd00:ec2::23");
  EXPECT_EQ(v6.host_header(), "[fd00:ec2::23]");
  for (const char* wrong : {"", "localhost:4566", "ftp://x", "http://", "http://h/?q",
                            "http://u@h/", "http://h:0", "http://h:70000", "https://h/\r\nX: y"}) {
    const auto endpoint = parse_endpoint(wrong, "AWS_ENDPOINT_URL");
    ASSERT_FALSE(endpoint) << wrong;
    EXPECT_EQ(endpoint.error().field, "AWS_ENDPOINT_URL");
  }
}

TEST(HttpClient, SendsARequestAndReadsItsAnswer) {
  TestServer server([](const HttpRequest&) { return Reply{201, "made", {{"X-One", "1"}}}; });
  const auto answer = client_with()->send(
      server.endpoint(), {"PUT", "/a%20b?c=d", {{"X-Two", "2"}}, "body"}, patience);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "made");
  EXPECT_EQ(answer->header("x-one"), "1");
  EXPECT_EQ(answer->header("x-none"), "");
  const HttpRequest got = server.requests().at(0);
  EXPECT_EQ(got.method, "PUT");
  EXPECT_EQ(got.target, "/a%20b?c=d");
  EXPECT_EQ(got.body, "body");
  EXPECT_THAT(
      got.headers,
      ::testing::IsSupersetOf(Pairs{
          {"X-Two", "2"}, {"Content-Length", "4"}, {"Host", server.endpoint().host_header()}}));
}

TEST(HttpClient, KeepsConnectionsForTheNextRequest) {
  TestServer server([](const HttpRequest&) { return Reply{}; });
  const auto client = client_with();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client->send(server.endpoint(), {}, patience));
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, ConcurrentRequestsHaveConnectionsOfTheirOwn) {
  TestServer server([](const HttpRequest&) { return Reply{200, "", {}, milliseconds{100}}; });
  const auto client = client_with();
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] { good += client->send(server.endpoint(), {}, patience) ? 1 : 0; });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 4);
  EXPECT_EQ(server.connections(), 4);
}

TEST(HttpClient, AConnectionThatTheServerClosedIsReplaced) {
  TestServer server([](const HttpRequest&) {
    Reply reply;
    reply.then_close = true;
    return reply;
  });
  const auto client = client_with();
  for (int i = 0; i < 5; ++i) {
    const auto answer = client->send(server.endpoint(), {}, patience);
    ASSERT_TRUE(answer) << answer.error().message;
  }
  EXPECT_EQ(server.requests().size(), 5u);
  EXPECT_EQ(server.connections(), 5);
}

TEST(HttpClient, AnIdleConnectionIsNotUsedForEver) {
  TestServer server([](const HttpRequest&) { return Reply{}; });
  HttpClient::Config config;
  config.longest_idle = milliseconds{0};
  const auto client = client_with(config);
  ASSERT_TRUE(client->send(server.endpoint(), {}, patience));
  ASSERT_TRUE(client->send(server.endpoint(), {}, patience));
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, AnAnswerThatIsCutIsAnErrorWhereverItIsCut) {
  const std::string body(100, 'x');
  for (const std::size_t after : {0u, 5u, 30u, 60u, 120u}) {
    TestServer server([&](const HttpRequest&) { return Reply{200, body, {}, {}, after}; });
    const auto answer = client_with()->send(server.endpoint(), {}, patience);
    ASSERT_FALSE(answer) << after;
    EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
    EXPECT_THAT(answer.error().message,
                HasSubstr(after > 0 ? "in the middle of its answer" : "without an answer"));
    EXPECT_EQ(server.connections(), 1) << "a new connection is not tried twice";
  }
}

TEST(HttpClient, AnAnswerThatIsTooLargeIsRefused) {
  TestServer server([](const HttpRequest&) { return Reply{200, std::string(2'000, 'x')}; });
  HttpClient::Config config;
  config.largest_body = 1'000;
  const auto answer = client_with(config)->send(server.endpoint(), {}, patience);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::resource_exhausted);
}

TEST(HttpClient, WaitsNoLongerThanItMay) {
  TestServer server([](const HttpRequest&) {
    return Reply{200, "", {}, std::chrono::seconds{30}};
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto answer = client_with()->send(server.endpoint(), {}, milliseconds{100});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::deadline_exceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
}

TEST(HttpClient, AServerThatDoesNotTakeTheConnectionInTimeIsAnError) {
  // A full backlog: what connects is not answered.
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor silent(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  silent.listen(0);
  std::vector<boost::asio::ip::tcp::socket> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(io);
    fillers.back().open(boost::asio::ip::tcp::v4());
    fillers.back().native_non_blocking(true);
    const auto to = silent.local_endpoint();
    ::connect(fillers.back().native_handle(), to.data(), static_cast<socklen_t>(to.size()));
  }
  HttpClient::Config config;
  config.connect_patience = milliseconds{100};
  const auto answer = client_with(config)->send(
      {false, "127.0.0.1", silent.local_endpoint().port(), ""}, {}, patience);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::deadline_exceeded);
}

TEST(HttpClient, NobodyThereAndNoSuchNameAreErrors) {
  std::uint16_t port = 0;
  {
    TestServer gone([](const HttpRequest&) { return Reply{}; });
    port = gone.endpoint().port;
  }
  const auto refused = client_with()->send({false, "127.0.0.1", port, ""}, {}, patience);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("cannot connect to 127.0.0.1"));
  // RFC 6761: no name ends so. Without a network the name server may not answer in time.
  const auto unknown = client_with()->send({false, "ssm.invalid", 80, ""}, {}, patience);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().code,
              ::testing::AnyOf(ErrorCode::unavailable, ErrorCode::deadline_exceeded));
  EXPECT_THAT(unknown.error().message, HasSubstr("ssm.invalid"));
}

TEST(HttpClient, AHeaderWithALineBreakIsNotSent) {
  TestServer server([](const HttpRequest&) { return Reply{}; });
  const auto answer =
      client_with()->send(server.endpoint(), {"GET", "/", {{"A", "secret\r\nB: c"}}}, patience);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(answer.error().message, ::testing::Not(HasSubstr("secret")));
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClient, TlsNeedsACertificateThatIsTrusted) {
  const Certificate certificate = Certificate::make();
  TestServer server([](const HttpRequest&) { return Reply{200, "secure"}; }, &certificate);
  const auto refused = client_with()->send(server.endpoint(), {}, patience);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("certificate verify failed"));

  sotto::testing::TemporaryFolder folder;
  const std::string ca_file = folder.path() / "ca.pem";
  std::ofstream(ca_file) << certificate.certificate;
  HttpClient::Config config;
  config.ca_file = ca_file;
  const auto client = client_with(config);
  for (int i = 0; i < 3; ++i) {
    const auto answer = client->send(server.endpoint(), {}, patience);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "secure");
  }
  EXPECT_EQ(server.connections(), 2) << "the refused one and the kept one";
}

TEST(HttpClient, TlsNeedsACertificateForTheHost) {
  const Certificate certificate = Certificate::make();
  TestServer server([](const HttpRequest&) { return Reply{}; }, &certificate);
  sotto::testing::TemporaryFolder folder;
  HttpClient::Config config;
  config.ca_file = folder.path() / "ca.pem";
  std::ofstream(config.ca_file) << certificate.certificate;
  Endpoint elsewhere = server.endpoint();
  elsewhere.host = "127.0.0.2";  // this machine too, but not in the certificate
  TestServer unused([](const HttpRequest&) { return Reply{}; });
  const auto answer = client_with(config)->send(elsewhere, {}, patience);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
}

TEST(HttpClient, ACertificateFileThatIsNoneIsRefused) {
  HttpClient::Config config;
  config.ca_file = "/nowhere/ca.pem";
  const auto client = HttpClient::create(config);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().field, "ca_file");
}

}  // namespace
}  // namespace sotto::http_client
