#include "access/tokens.hpp"

#include <boost/json.hpp>
#include <set>

#include "tests/support/server_fixture.hpp"

namespace sotto::server {
namespace {

using testing::ServerTest;
using testing::silence;
constexpr auto start = ServerTest::start;

TEST(Tokens, AreLongAndDifferentAndCompareWhole) {
  const access::RandomBelow random = access::secure_random();
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) tokens.insert(access::make_token(random));
  EXPECT_EQ(tokens.size(), 100u);
  EXPECT_EQ(tokens.begin()->size(), 43u);
  EXPECT_TRUE(access::same_token("abc", "abc"));
  EXPECT_FALSE(access::same_token("abc", "abd"));
  EXPECT_FALSE(access::same_token("abc", "abcd"));
  EXPECT_FALSE(access::same_token("", "a"));
}

TEST(Tokens, SessionIdsAreSayable) {
  EXPECT_EQ(access::make_session_id([](std::size_t) { return std::size_t{0}; }).str(),
            "amber-acorn-100");
  EXPECT_EQ(access::make_session_id([](std::size_t bound) { return bound - 1; }).str(),
            "warm-willow-999");
}

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
  Api off(environment_off.api_parts(&*registry, &log));
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
      {"GET", "/v1/sessions", "", 403, "Authorization"},
      {"PUT", "/v1/sessions", "", 405, "method"},
      {"POST", "/healthz", "", 405, "method"},
      {"POST", "/v1/sessions", "{\"language\":", 400, "body"},
      {"POST", "/v1/sessions", "[]", 400, "body"},
      {"POST", "/v1/sessions", R"({"language":7})", 400, "language"},
      {"POST", "/v1/sessions", R"({"language":"xx"})", 404, "language"},
      {"GET", "/v1/sessions/no-such-1/captions", "", 426, "Upgrade"},
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
  ASSERT_EQ(client->received.size(), 3u);
  EXPECT_EQ(client->received[0], R"({"type":"status","state":"waiting"})");
  EXPECT_EQ(boost::json::parse(client->received[1]).at("type").as_string(), "listener");
  EXPECT_EQ(boost::json::parse(client->received[2]).at("text").as_string(), "good morning.");
  handler->on_closed();
  poll();
  recogniser.say(testing::final_result("more.", {.id = "r2", .start = at_ms(5000)}));
  poll();
  EXPECT_EQ(client->received.size(), 3u);
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
  ASSERT_EQ(client->received.size(), 2u);
  EXPECT_EQ(client->received[0],
            R"({"type":"started","received_seconds":0,"dropped_seconds":0,"settled_seconds":0})");
  EXPECT_EQ(boost::json::parse(client->received[1]).at("state").as_string(), "waiting");
  for (int i = 0; i < 11; ++i) speaker->on_binary(silence(4800));
  ASSERT_EQ(client->received.size(), 3u);
  const auto status = boost::json::parse(client->received[2]);
  EXPECT_EQ(status.at("state").as_string(), "live");
  EXPECT_NEAR(status.at("received_seconds").to_number<double>(), 1, 0.1);

  speaker->on_text(R"({"type":"end"})");
  EXPECT_TRUE(recogniser.finish_asked);
  poll();
  EXPECT_FALSE(client->closed) << "what was said last is not settled yet";
  recogniser.end();
  poll();
  EXPECT_EQ(client->closed, close_code::normal);
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
