#include "server/api.hpp"
#include "server/connection.hpp"
#include "server/session_registry.hpp"
#include "server/sockets.hpp"
#include "server/tokens.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <set>

#include "tests/support/events.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/test_flag.hpp"

namespace sotto::server {
namespace {

const SessionRegistry::Clock::time_point start{};

Outgoing message(std::string text, std::optional<std::uint32_t> replaceable = {}) {
  return {std::make_shared<const std::string>(std::move(text)), replaceable};
}

TEST(OutgoingQueue, AProvisionalCaptionGivesWayToANewerOneOfItsSegment) {
  OutgoingQueue queue;
  queue.push(message("final 1"), 1);
  queue.push(message("open 2 a", 2), 2);
  queue.push(message("open 2 b", 2), 2);
  queue.push(message("status"), std::nullopt);
  EXPECT_EQ(*queue.pop()->text, "final 1");
  EXPECT_EQ(*queue.pop()->text, "open 2 b");
  EXPECT_EQ(*queue.pop()->text, "status");
  EXPECT_FALSE(queue.pop());
  EXPECT_EQ(queue.bytes(), 0u);
}

TEST(OutgoingQueue, AFinalTakesTheProvisionalsPlaceAndIsNeverReplaced) {
  OutgoingQueue queue;
  queue.push(message("open", 7), 7);
  queue.push(message("final"), 7);
  queue.push(message("correction"), 7);
  EXPECT_EQ(*queue.pop()->text, "final");
  EXPECT_EQ(*queue.pop()->text, "correction");
}

TEST(OutgoingQueue, SaysWhenTheClientIsTooSlow) {
  OutgoingQueue queue;
  EXPECT_TRUE(queue.push(message(std::string(OutgoingQueue::max_bytes, 'x')), std::nullopt));
  EXPECT_FALSE(queue.push(message("x"), std::nullopt));
}

TEST(Tokens, AreLongAndDifferentAndCompareWhole) {
  const RandomBelow random = secure_random();
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) tokens.insert(make_token(random));
  EXPECT_EQ(tokens.size(), 100u);
  EXPECT_EQ(tokens.begin()->size(), 43u);
  EXPECT_TRUE(same_token("abc", "abc"));
  EXPECT_FALSE(same_token("abc", "abd"));
  EXPECT_FALSE(same_token("abc", "abcd"));
  EXPECT_FALSE(same_token("", "a"));
}

TEST(Tokens, SessionIdsAreSayable) {
  EXPECT_EQ(make_session_id([](std::size_t) { return std::size_t{0}; }).str(), "amber-acorn-100");
  EXPECT_EQ(make_session_id([](std::size_t bound) { return bound - 1; }).str(), "warm-willow-999");
}

// What a client would get.
struct Client : Connection {
  void send(Outgoing outgoing, std::optional<std::uint32_t>) override {
    received.push_back(*outgoing.text);
  }
  void close(std::uint16_t code, std::string) override {
    if (!closed) closed = code;
  }
  std::vector<std::string> received;
  std::optional<std::uint16_t> closed;
};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    recogniser.calibration_.emplace();
    pipeline::SessionParts parts;
    parts.executor = io.get_executor();
    parts.recogniser = &recogniser;
    parts.translator = &translator;
    parts.cache = &cache;
    RegistryConfig config;
    config.max_sessions = 3;
    config.max_ended = 1;
    registry.emplace(config, parts, [this](std::size_t bound) { return next++ % bound; });
    api.emplace(flag.access(), flag.telemetry_api(), &*registry, &log);
  }

  void poll() {
    io.restart();
    io.poll();
  }
  Response ask(std::string method, std::string path, std::string body = {},
               std::string bearer = {}) {
    return api->handle(
        {std::move(method), std::move(path), {}, std::move(bearer), {}, std::move(body)}, start);
  }
  boost::json::object create() {
    return boost::json::parse(ask("POST", "/v1/sessions").body).as_object();
  }
  std::shared_ptr<SocketHandler> open(const std::string& path,
                                      std::map<std::string, std::string> query = {},
                                      std::string bearer = {}) {
    auto handler = route_socket({path, std::move(query), std::move(bearer)}, &*registry);
    if (!handler) return nullptr;
    client = std::make_shared<Client>();
    handler->on_open(client);
    poll();
    return handler;
  }

  boost::asio::io_context io;
  testing::TestFlag flag;
  testing::FakeRecogniser recogniser;
  testing::FakeTranslator translator;
  pipeline::TranslationCache cache;
  std::vector<std::string> lines;
  telemetry::Log log{telemetry::Level::debug,
                     [this](const std::string& line) { lines.push_back(line); },
                     [] { return std::string("now"); }};
  std::size_t next = 0;
  std::optional<SessionRegistry> registry;
  std::optional<Api> api;
  std::shared_ptr<Client> client;
};

TEST_F(ServerTest, CreatesASessionAndTellsOnlyItsCreatorTheToken) {
  const Response created = ask("POST", "/v1/sessions", R"({"language":"en"})");
  EXPECT_EQ(created.status, 201);
  const auto session = boost::json::parse(created.body).as_object();
  EXPECT_EQ(boost::json::serialize(session.at("targets")), R"(["ca","es"])");
  EXPECT_EQ(boost::json::serialize(session.at("partial_results")),
            R"({"enabled":true,"reason":"rollout","version":1})");
  const std::string id(session.at("session_id").as_string());
  const std::string token(session.at("speaker_token").as_string());
  const Response shown = ask("GET", "/v1/sessions/" + id);
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.body.find("token"), std::string::npos);
  for (const std::string& line : lines)
    EXPECT_EQ(line.find(token), std::string::npos) << "tokens are never logged";
  EXPECT_EQ(ask("DELETE", "/v1/sessions/" + id).status, 403);
  EXPECT_EQ(ask("DELETE", "/v1/sessions/" + id, "", token).status, 202);
  EXPECT_TRUE(recogniser.finish_asked);
}

TEST_F(ServerTest, TheEnvironmentSwitchesPartialResultsOff) {
  testing::TestFlag environment_off(true);
  Api off(environment_off.access(), environment_off.telemetry_api(), &*registry, &log);
  const Response created = off.handle({"POST", "/v1/sessions", {}, {}, {}, {}}, start);
  const auto session = boost::json::parse(created.body).as_object();
  EXPECT_EQ(boost::json::serialize(session.at("partial_results")),
            R"({"enabled":false,"reason":"environment_off","version":1})");
}

TEST_F(ServerTest, RefusalsNameTheFieldAndHaveTheirStatus) {
  struct Case {
    std::string method, path, body;
    int status;
    std::string field;
  };
  const std::vector<Case> cases = {
      {"GET", "/v1/sessions/no-such-1", "", 404, "session_id"},
      {"DELETE", "/v1/sessions/no-such-1", "", 404, "session_id"},
      {"GET", "/v1/sessions", "", 405, "method"},
      {"POST", "/healthz", "", 405, "method"},
      {"POST", "/v1/sessions", "{\"language\":", 400, "body"},
      {"POST", "/v1/sessions", "[]", 400, "body"},
      {"POST", "/v1/sessions", R"({"language":7})", 400, "language"},
      {"POST", "/v1/sessions", R"({"language":"xx"})", 404, "language"},
      {"GET", "/v1/sessions/no-such-1/captions", "", 400, "Upgrade"},
      {"GET", "/nothing/here", "", 404, "path"},
      {"GET", "/v1/demo", "", 404, ""},
  };
  for (const Case& c : cases) {
    const Response response = ask(c.method, c.path, c.body);
    EXPECT_EQ(response.status, c.status) << c.method << ' ' << c.path;
    const auto error = boost::json::parse(response.body).at("error");
    EXPECT_EQ(error.at("field").as_string(), c.field) << c.method << ' ' << c.path;
    EXPECT_FALSE(error.at("message").as_string().empty());
  }
}

TEST_F(ServerTest, ServesThePagesWithTheirTags) {
  const Response page = ask("GET", "/listen/golden-eagle-427");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("<!doctype html>"), std::string::npos);
  const Response again = api->handle({"GET", "/listen/other", {}, {}, page.etag, {}}, start);
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
  EXPECT_EQ(ask("GET", "/healthz").body, R"({"status":"ok"})");
}

TEST_F(ServerTest, LimitsSessionsAndForgetsThemInTime) {
  for (int i = 0; i < 3; ++i) create();
  EXPECT_EQ(ask("POST", "/v1/sessions").status, 429);
  registry->sweep(start + std::chrono::seconds{599});
  EXPECT_FALSE(recogniser.finish_asked);
  registry->sweep(start + std::chrono::seconds{600});
  EXPECT_TRUE(recogniser.finish_asked) << "nobody spoke for ten minutes";
}

TEST_F(ServerTest, AListenerGetsStatesAndCaptions) {
  const std::string id(create().at("session_id").as_string());
  const auto handler = open("/v1/sessions/" + id + "/captions", {{"lang", "en"}});
  recogniser.say(testing::final_result("good morning."));
  poll();
  ASSERT_EQ(client->received.size(), 2u);
  EXPECT_EQ(client->received[0], R"({"type":"status","state":"waiting"})");
  EXPECT_EQ(boost::json::parse(client->received[1]).at("text").as_string(), "good morning.");
  handler->on_closed();
  poll();
  recogniser.say(testing::final_result("more.", {.id = "r2", .start = at_ms(5000)}));
  poll();
  EXPECT_EQ(client->received.size(), 2u);
}

TEST_F(ServerTest, AListenerIsToldWhatIsWrongAndClosed) {
  const std::string id(create().at("session_id").as_string());
  struct Case {
    std::string path;
    std::map<std::string, std::string> query;
    std::uint16_t code;
    std::string field;
  };
  const std::vector<Case> cases = {
      {"/v1/sessions/no-such-1/captions", {{"lang", "es"}}, close_code::not_found, "session_id"},
      {"/v1/sessions/" + id + "/captions", {}, close_code::bad_request, "lang"},
      {"/v1/sessions/" + id + "/captions", {{"lang", "xx"}}, close_code::bad_request, "lang"},
      {"/v1/sessions/" + id + "/captions",
       {{"lang", "es"}, {"since", "-1"}},
       close_code::bad_request,
       "since"},
      {"/v1/sessions/" + id + "/captions",
       {{"lang", "es"}, {"since", "9x"}},
       close_code::bad_request,
       "since"},
  };
  for (const Case& c : cases) {
    const auto handler = open(c.path, c.query);
    ASSERT_EQ(client->received.size(), 1u);
    const auto body = boost::json::parse(client->received[0]);
    EXPECT_EQ(body.at("type").as_string(), "error");
    EXPECT_EQ(body.at("error").at("field").as_string(), c.field);
    EXPECT_EQ(client->closed, c.code);
    handler->on_closed();
    poll();
  }
  EXPECT_EQ(open("/v1/sessions/" + id + "/other"), nullptr);
  EXPECT_EQ(open("/v1/sessions"), nullptr);
}

std::vector<std::byte> silence(std::size_t samples) { return std::vector<std::byte>(samples * 2); }

TEST_F(ServerTest, OnlyTheSpeakerSpeaks) {
  const auto session = create();
  const std::string path =
      "/v1/sessions/" + std::string(session.at("session_id").as_string()) + "/audio";
  const std::string token(session.at("speaker_token").as_string());
  auto stranger = open(path, {}, "guess");
  stranger->on_binary(silence(1600));
  EXPECT_EQ(client->closed, close_code::no_right);
  stranger->on_closed();

  const auto speaker = open(path);
  speaker->on_text(R"({"type":"start","sample_rate":48000,"token":")" + token + "\"}");
  EXPECT_EQ(client->received, std::vector<std::string>{R"({"type":"started"})"});
  for (int i = 0; i < 11; ++i) speaker->on_binary(silence(4800));
  ASSERT_EQ(client->received.size(), 2u);
  const auto status = boost::json::parse(client->received[1]);
  EXPECT_EQ(status.at("state").as_string(), "live");
  EXPECT_NEAR(status.at("received_seconds").to_number<double>(), 1, 0.1);

  const auto second = open(path, {}, token);
  second->on_binary(silence(1600));
  EXPECT_EQ(client->closed, close_code::conflict) << "one speaker at a time";
  speaker->on_text(R"({"type":"end"})");
  EXPECT_TRUE(recogniser.finish_asked);
}

TEST_F(ServerTest, ASpeakersMistakesAreNamed) {
  const auto session = create();
  const std::string path =
      "/v1/sessions/" + std::string(session.at("session_id").as_string()) + "/audio";
  const std::string token(session.at("speaker_token").as_string());
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{", "type"},
      {R"({"type":"sing"})", "type"},
      {R"({"type":"end"})", "type"},
      {R"({"type":"start","sample_rate":4000})", "sample_rate"},
      {R"({"type":"start","sample_rate":"fast"})", "sample_rate"},
  };
  for (const auto& [text, field] : cases) {
    const auto handler = open(path, {}, token);
    handler->on_text(text);
    ASSERT_EQ(client->received.size(), 1u) << text;
    EXPECT_EQ(boost::json::parse(client->received[0]).at("error").at("field").as_string(), field)
        << text;
    EXPECT_EQ(client->closed, close_code::bad_request) << text;
    handler->on_closed();
  }
  const auto handler = open(path, {}, token);
  handler->on_binary(std::vector<std::byte>(3));
  EXPECT_EQ(client->closed, close_code::bad_request);
}

}  // namespace
}  // namespace sotto::server
