// A webhook whose other end fails, and then does not.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <thread>

#include "webhook/webhook.hpp"

namespace sotto::webhook {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

class WebhookTest : public ::testing::Test {
 protected:
  ~WebhookTest() override {
    work.reset();
    thread.join();
  }
  std::shared_ptr<Webhook> make(std::vector<std::chrono::milliseconds> pauses) {
    auto made = Webhook::create(
        io.get_executor(),
        {"http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/hook?a=1",
         std::move(pauses)},
        &log);
    EXPECT_TRUE(made);
    return *made;
  }
  // Takes one request and answers it; its target and body.
  std::string answer(http::status status) {
    tcp::socket socket = acceptor.accept();
    boost::beast::flat_buffer buffer;
    http::request<http::string_body> request;
    http::read(socket, buffer, request);
    http::response<http::string_body> response{status, 11};
    response.prepare_payload();
    http::write(socket, response);
    return std::string(request.target()) + " " + request.body();
  }

  asio::io_context io, other_io;
  tcp::acceptor acceptor{other_io, {asio::ip::make_address("127.0.0.1"), 0}};
  std::vector<std::string> lines;
  telemetry::Log log{telemetry::Level::error,
                     [this](const std::string& line) { lines.push_back(line); },
                     telemetry::utc_timestamp};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::thread thread{[this] { io.run(); }};
};

TEST_F(WebhookTest, IsTriedAgainAndKeepsTheOrder) {
  const auto hook = make({std::chrono::milliseconds{1}, std::chrono::milliseconds{1}});
  EXPECT_TRUE(hook->post("{\"n\":1}"));
  EXPECT_TRUE(hook->post("{\"n\":2}"));
  EXPECT_EQ(answer(http::status::internal_server_error), "/hook?a=1 {\"n\":1}");
  EXPECT_EQ(answer(http::status::bad_gateway), "/hook?a=1 {\"n\":1}");
  EXPECT_EQ(answer(http::status::ok), "/hook?a=1 {\"n\":1}");
  EXPECT_EQ(answer(http::status::no_content), "/hook?a=1 {\"n\":2}");
}

TEST_F(WebhookTest, IsGivenUpAndTheNextGoesOn) {
  const auto hook = make({});
  hook->post("{\"n\":1}");
  hook->post("{\"n\":2}");
  answer(http::status::not_found);
  EXPECT_EQ(answer(http::status::ok), "/hook?a=1 {\"n\":2}");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("answered HTTP/1.1 404"), std::string::npos);
}

TEST_F(WebhookTest, IsBounded) {
  const auto hook = make({});
  int taken = 0;
  while (hook->post("{}") && taken < 1000) ++taken;
  EXPECT_GE(taken, 64);
  EXPECT_LE(taken, 66);
  for (int i = 0; i < taken; ++i) answer(http::status::ok);
}

TEST_F(WebhookTest, TakesUrlsOnly) {
  for (const char* url : {"", "nonsense", "ftp://example.org/", "http://", "/hook"})
    EXPECT_FALSE(Webhook::create(io.get_executor(), {url, {}}, &log)) << url;
}

}  // namespace
}  // namespace sotto::webhook
