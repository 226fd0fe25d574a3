// What listeners think of a talk: who may say it, and what counts.
#include <boost/json.hpp>

#include "tests/support/server_fixture.hpp"

namespace sotto::server {
namespace {

using testing::ServerTest;

constexpr const char* operator_token = "operator-secret";

class FeedbackApiTest : public ServerTest {
 protected:
  std::string begin_talk() { return std::string(create().at("session_id").as_string()); }
  void say(const std::string& text, int number) {
    recogniser.say(testing::final_result(
        text, {.id = "r" + std::to_string(number), .start = at_ms(number * 20'000)}));
    poll();
  }
  boost::json::value body_of(const Response& response) { return boost::json::parse(response.body); }
  // The id of somebody who follows a session, on this socket.
  std::string listen(const std::string& id, std::map<std::string, std::string> query = {},
                     const std::string& channel = "captions") {
    query.emplace("lang", "es");
    sockets.push_back(open("/v1/sessions/" + id + "/" + channel, std::move(query)));
    for (const std::string& text : client->received)
      if (const auto message = boost::json::parse(text).as_object();
          message.at("type") == "listener")
        return std::string(message.at("id").as_string());
    return {};
  }
  void TearDown() override {
    for (const auto& socket : sockets) socket->on_closed();
  }
  std::vector<std::shared_ptr<SocketHandler>> sockets;

  Response vote(const std::string& id, const std::string& rating, const std::string& listener) {
    return ask(
        "POST", "/v1/sessions/" + id + "/feedback",
        R"({"rating":")" + rating + R"(","listener":")" + listener + R"(","language":"es"})");
  }
};

TEST_F(FeedbackApiTest, EachListenersLastFeedbackIsKeptAndItsFirstCounted) {
  const std::string id = begin_talk();
  const std::string ana = listen(id), ben = listen(id);
  EXPECT_EQ(vote(id, "up", ana).status, 202);
  EXPECT_EQ(vote(id, "down", ana).status, 202);
  EXPECT_EQ(vote(id, "down", ben).status, 202);
  EXPECT_EQ(store.feedback_of(SessionId{id}, ana)->rating, "down");
  const auto canary = flag.metrics.snapshot()[static_cast<std::size_t>(telemetry::Arm::canary)];
  EXPECT_EQ(canary[telemetry::Counter::feedback_positive], 1u);
  EXPECT_EQ(canary[telemetry::Counter::feedback_negative], 1u);
}

TEST_F(FeedbackApiTest, OnlyThoseWhoWereConnectedRateATalk) {
  const std::string id = begin_talk(), other = begin_talk();
  const std::string ana = listen(id), elsewhere = listen(other);
  EXPECT_EQ(ana.size(), 32u);
  EXPECT_NE(ana, elsewhere);
  for (const std::string& stranger :
       {elsewhere, std::string("a-page-of-mine-1"), std::string(32, '0'), std::string(32, 'a')}) {
    const Response refused = vote(id, "down", stranger);
    EXPECT_EQ(refused.status, 403) << stranger;
    EXPECT_EQ(body_of(refused).at("error").at("field").as_string(), "listener");
  }
  const auto canary = flag.metrics.snapshot()[static_cast<std::size_t>(telemetry::Arm::canary)];
  EXPECT_EQ(canary[telemetry::Counter::feedback_negative], 0u);
  sockets.front()->on_closed();
  poll();
  EXPECT_EQ(vote(id, "down", ana).status, 202) << "who was connected";
}

TEST_F(FeedbackApiTest, AListenerIsTheSameOnAllItsConnections) {
  const std::string id = begin_talk();
  const std::string ana = listen(id);
  EXPECT_EQ(listen(id, {{"listener", ana}}), ana) << "as it comes back";
  EXPECT_EQ(listen(id, {{"listener", ana}}, "speech"), ana);
  sockets.back()->on_text(R"({"type":"language","lang":"en"})");
  poll();
  std::size_t told = 0;
  for (const std::string& text : client->received)
    told += text.find(R"("type":"listener")") == std::string::npos ? 0u : 1u;
  EXPECT_EQ(told, 1u) << "a change of language is no new connection";
  EXPECT_EQ(vote(id, "up", ana).status, 202);
  const auto session = registry->find(id)->session;
  EXPECT_EQ(*session->rate(*pipeline::parse_listener_id(ana), pipeline::Rating::down), false);
  listen(id, {{"listener", "nobody"}});
  EXPECT_EQ(client->closed, close_code::bad_request);
  EXPECT_EQ(last_of(*client).at("error").at("field").as_string(), "listener");
}

TEST_F(FeedbackApiTest, WhoComesAfterTheEndDoesNotRate) {
  const std::string id = begin_talk();
  const std::string ana = listen(id);
  recogniser.end();
  poll();
  EXPECT_EQ(listen(id), "");
  EXPECT_EQ(vote(id, "up", ana).status, 202) << "for some minutes";
}

TEST_F(FeedbackApiTest, FeedbackThatIsNoneIsNamed) {
  const std::string id = begin_talk();
  const std::string path = "/v1/sessions/" + id + "/feedback";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "body"},
      {"[]", "body"},
      {R"({"rating":"great","listener":"listener-1"})", "rating"},
      {R"({"rating":5,"listener":"listener-1"})", "rating"},
      {R"({"rating":"up"})", "listener"},
      {R"({"rating":"up","listener":"short"})", "listener"},
      {R"({"rating":"up","listener":")" + std::string(65, 'x') + "\"}", "listener"},
      {R"({"rating":"up","listener":"listener-1","language":")" + std::string(36, 'x') + "\"}",
       "language"},
  };
  for (const auto& [body, field] : cases) {
    const Response response = ask("POST", path, body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(body_of(response).at("error").at("field").as_string(), field) << body;
  }
  EXPECT_EQ(vote("no-such-1", "up", "listener-1").status, 404);
}

TEST_F(FeedbackApiTest, TooManyRequestsAreToldWhenToComeAgain) {
  for (int i = 0; i < 20; ++i) ask("POST", "/v1/sessions");
  const Response refused = ask("POST", "/v1/sessions");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.retry_after, 3);
  EXPECT_EQ(body_of(refused).at("error").at("code").as_string(), "resource_exhausted");
  const std::string id = registry->open().front().session->config().id.str();
  const std::string ana = listen(id);
  for (int i = 0; i < 30; ++i) EXPECT_EQ(vote(id, "up", ana).status, 202);
  EXPECT_EQ(vote(id, "up", ana).status, 429);
  EXPECT_EQ(ask("GET", "/v1/sessions/" + id).status, 200) << "the session goes on";
}

}  // namespace
}  // namespace sotto::server
