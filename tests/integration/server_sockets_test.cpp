// The server over real sockets, with a client that is not ours but Beast's.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>
#include <future>
#include <thread>

#include "server/server.hpp"
#include "tests/support/events.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/test_flag.hpp"

namespace sotto::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Socket = beast::websocket::stream<tcp::socket>;

class ServerSockets : public ::testing::Test {
 protected:
  void SetUp() override {
    recogniser.calibration_.emplace();
    pipeline::SessionParts parts;
    parts.recogniser = &recogniser;
    parts.translator = &translator;
    parts.cache = &cache;
    ServerConfig config;
    config.port = 0;
    config.application.flag = flag.access();
    config.application.telemetry = flag.telemetry();
    config.application.phases = flag.phases();
    auto made = Server::create(config, io, parts, &log);
    ASSERT_TRUE(made) << made.error().message;
    server = std::move(*made);
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { io.run(); });
  }

  void TearDown() override { stop(); }

  void stop() {
    if (threads.empty()) return;
    server->stop(std::chrono::milliseconds{100});
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }

  tcp::socket connect() {
    tcp::socket socket(client_io);
    socket.connect({asio::ip::make_address("127.0.0.1"), server->port()});
    return socket;
  }

  http::response<http::string_body> ask(http::verb method, const std::string& target,
                                        const std::string& body = {}) {
    tcp::socket socket = connect();
    http::request<http::string_body> request{method, target, 11};
    request.set(http::field::host, "localhost");
    request.body() = body;
    request.prepare_payload();
    http::write(socket, request);
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    http::read(socket, buffer, response);
    return response;
  }

  std::unique_ptr<Socket> open(const std::string& target) {
    auto socket = std::make_unique<Socket>(connect());
    socket->handshake("localhost", target);
    return socket;
  }

  static boost::json::object read(Socket& socket) {
    beast::flat_buffer buffer;
    socket.read(buffer);
    return boost::json::parse(beast::buffers_to_string(buffer.data())).as_object();
  }

  testing::TestFlag flag;
  asio::io_context io, client_io;
  testing::FakeRecogniser recogniser;
  testing::FakeTranslator translator;
  pipeline::TranslationCache cache;
  telemetry::Log log{telemetry::Level::error, [](const std::string&) {}, telemetry::utc_timestamp};
  std::unique_ptr<Server> server;
  std::vector<std::thread> threads;
};

TEST_F(ServerSockets, ATalkFromTheSpeakersSocketToTheListeners) {
  const auto created = boost::json::parse(ask(http::verb::post, "/v1/sessions").body());
  const std::string id(created.at("session_id").as_string());
  const auto listener = open("/v1/sessions/" + id + "/captions?lang=en");
  EXPECT_EQ(read(*listener).at("state").as_string(), "waiting");
  EXPECT_EQ(read(*listener).at("type").as_string(), "listener");

  const auto speaker = open("/v1/sessions/" + id + "/audio");
  speaker->text(true);
  speaker->write(asio::buffer(R"({"type":"start","token":")" +
                              std::string(created.at("speaker_token").as_string()) + "\"}"));
  EXPECT_EQ(read(*speaker).at("type").as_string(), "started");
  speaker->binary(true);
  speaker->write(asio::buffer(std::string(3200, '\0')));
  EXPECT_EQ(read(*listener).at("state").as_string(), "live");

  recogniser.say(testing::final_result("good morning."));
  const auto caption = read(*listener);
  EXPECT_EQ(caption.at("text").as_string(), "good morning.");
  EXPECT_TRUE(caption.at("final").as_bool());

  speaker->text(true);
  speaker->write(asio::buffer(std::string(R"({"type":"end"})")));
  recogniser.end();
  EXPECT_EQ(read(*listener).at("state").as_string(), "ended");
}

TEST_F(ServerSockets, RefusesWhatIsTooLargeOrNoHttp) {
  EXPECT_EQ(ask(http::verb::post, "/v1/sessions", std::string(70'000, 'x')).result_int(), 413);
  tcp::socket socket = connect();
  asio::write(socket, asio::buffer(std::string("this is not HTTP\r\n\r\n")));
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  http::read(socket, buffer, response);
  EXPECT_EQ(response.result_int(), 400);
  EXPECT_EQ(ask(http::verb::get, "/healthz").body(), R"({"status":"ok"})") << "and goes on";
}

TEST_F(ServerSockets, AnUnknownTalkIsSaidOnTheSocket) {
  const auto socket = open("/v1/sessions/no-such-1/captions?lang=es");
  EXPECT_EQ(read(*socket).at("error").at("code").as_string(), "not_found");
  beast::flat_buffer buffer;
  beast::error_code error;
  socket->read(buffer, error);
  EXPECT_EQ(error, beast::websocket::error::closed);
  EXPECT_EQ(socket->reason().code, 4404);
}

TEST_F(ServerSockets, StoppingTellsListeners) {
  const auto created = boost::json::parse(ask(http::verb::post, "/v1/sessions").body());
  const auto listener = open("/v1/sessions/" + std::string(created.at("session_id").as_string()) +
                             "/captions?lang=en");
  read(*listener);
  auto stopping = std::async(std::launch::async, [this] { stop(); });
  beast::flat_buffer buffer;
  beast::error_code error;
  while (!error) listener->read(buffer, error);
  EXPECT_EQ(error, beast::websocket::error::closed);
  EXPECT_EQ(listener->reason().code, 1001);
  stopping.get();
}

}  // namespace
}  // namespace sotto::server
