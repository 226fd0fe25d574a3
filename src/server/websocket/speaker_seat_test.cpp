// Who speaks in a session: one connection at a time, and what is said while there is none.
#include <boost/json.hpp>

#include "tests/support/server_fixture.hpp"

namespace sotto::server {
namespace {

using testing::Client;
using testing::silence;

class SpeakerSeatTest : public testing::ServerTest {
 protected:
  void start_session() {
    session = create();
    path = "/v1/sessions/" + text("session_id");
    registry->heard(SessionId{text("session_id")}, SessionRegistry::Clock::now());
  }
  std::string text(const char* member) { return std::string(session.at(member).as_string()); }
  std::shared_ptr<SocketHandler> speak() {
    auto speaker = open(path + "/audio", {}, text("speaker_token"));
    speaker->on_text(R"({"type":"start"})");
    return speaker;
  }
  std::string state() {
    const auto shown = boost::json::parse(ask("GET", path).body);
    return std::string(shown.at("state").as_string());
  }
  static std::string state_of(const Client& reader) {
    return std::string(last_of(reader).at("state").as_string());
  }
  void sweep_after(milliseconds later) {
    registry->sweep(SessionRegistry::Clock::now() + later);
    poll();
  }

  boost::json::object session;
  std::string path;
};

TEST_F(SpeakerSeatTest, WhoHasTheTokenTakesOverAtOnce) {
  start_session();
  const auto first = speak();
  const auto firsts = client;
  first->on_binary(silence(16'000));
  const auto second = speak();
  EXPECT_EQ(firsts->closed, close_code::conflict);
  EXPECT_EQ(last_of(*firsts).at("error").at("code").as_string(), "conflict");
  EXPECT_FALSE(client->closed);
  const auto started = boost::json::parse(client->received.at(0));
  EXPECT_EQ(started.at("received_seconds").to_number<double>(), 1);

  first->on_binary(silence(16'000));
  first->on_text(R"({"type":"end"})");
  EXPECT_FALSE(recogniser.finish_asked) << "it speaks no more";
  first->on_closed();
  second->on_binary(silence(16'000));
  EXPECT_EQ(last_of(*client).at("received_seconds").to_number<double>(), 2);
}

TEST_F(SpeakerSeatTest, WithoutTheTokenNobodyTakesOver) {
  start_session();
  const auto first = speak();
  const auto firsts = client;
  const auto stranger = open(path + "/audio", {}, "some-other-token");
  stranger->on_text(R"({"type":"start"})");
  EXPECT_EQ(client->closed, close_code::no_right);
  EXPECT_FALSE(firsts->closed);
}

TEST_F(SpeakerSeatTest, ListenersLearnThatTheSpeakerIsGoneAndBack) {
  start_session();
  const auto reader = open(path + "/captions", {{"lang", "en"}});
  const auto readers = client;
  auto speaker = speak();
  sweep_after(std::chrono::seconds{10});
  EXPECT_EQ(state(), "waiting") << "nobody has spoken yet";
  speaker->on_binary(silence(16'000));
  poll();
  sweep_after(std::chrono::seconds{2});
  EXPECT_EQ(state(), "live");
  sweep_after(std::chrono::seconds{3});
  EXPECT_EQ(state(), "away") << "silently dead";
  EXPECT_EQ(state_of(*readers), "away");
  speaker->on_closed();
  speaker = speak();
  EXPECT_EQ(state(), "away") << "a connection is no audio";
  speaker->on_binary(silence(16'000));
  poll();
  EXPECT_EQ(state(), "live");
  EXPECT_EQ(state_of(*readers), "live");
  speaker->on_text(R"({"type":"pause"})");
  poll();
  sweep_after(std::chrono::seconds{30});
  EXPECT_EQ(state(), "paused") << "that was said on purpose";
  reader->on_closed();
}

TEST_F(SpeakerSeatTest, WhoFindsNoRecogniserIsToldAndTheSessionStays) {
  shares = {.most = 1};
  const pipeline::SessionParts parts = registry->parts();
  begin(parts);
  start_session();
  const auto first = speak();
  first->on_binary(silence(16'000));
  EXPECT_FALSE(client->closed);
  start_session();
  const auto waiting = path;
  const auto second = speak();
  second->on_binary(silence(16'000));
  EXPECT_EQ(client->closed, close_code::too_many);
  EXPECT_EQ(last_of(*client).at("error").at("field").as_string(), "recogniser");
  second->on_closed();
  EXPECT_EQ(state(), "waiting");
  EXPECT_EQ(boost::json::parse(ask("GET", "/readyz").body).at("talks"),
            (boost::json::value{{"live", 1}, {"most", 1}}));
  const auto again = speak();
  EXPECT_EQ(boost::json::parse(client->received.at(0)).at("received_seconds").to_number<double>(),
            0);
  first->on_text(R"({"type":"end"})");
  recogniser.end();
  poll();
  again->on_binary(silence(16'000));
  EXPECT_FALSE(client->closed);
  poll();
  EXPECT_EQ(state(), "live");
}

TEST_F(SpeakerSeatTest, NoRestartMakesASessionYoungerThatNobodySpokeIn) {
  ports::StoredSession stored;
  stored.language = Language{"en"};
  stored.token_digest = "a digest";
  stored.min_stability_threshold = 0.85;
  stored.max_buffer_timeout = std::chrono::seconds{5};
  stored.created_at = testing::TestFlag::now - std::chrono::minutes{10};
  for (const char* id : {"never-spoken-1", "spoken-in-1", "just-begun-1"}) {
    stored.id = SessionId{id};
    if (stored.id == SessionId{"just-begun-1"}) stored.created_at = testing::TestFlag::now;
    ASSERT_TRUE(store.begin(stored));
  }
  ports::StoredCaption caption;
  caption.language = Language{"en"};
  caption.segment.text = "hello.";
  caption.segment.seq = 1;
  store.append(SessionId{"spoken-in-1"}, caption, [](const Result<>&) {});
  EXPECT_EQ(*registry->restore(start), 2u);
  EXPECT_FALSE(registry->find("never-spoken-1"));
  EXPECT_TRUE(store.find(SessionId{"never-spoken-1"})->value().ended_at);
}

TEST_F(SpeakerSeatTest, ATableFullOfUnusedSessionsHasRoomAndOneInUseHasNot) {
  for (int i = 0; i < 5; ++i) start_session();
  EXPECT_EQ(registry->open().size(), 5u) << "ended, but for their last word";
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  poll();
  std::vector<std::shared_ptr<SocketHandler>> speakers;
  for (int i = 0; i < 3; ++i) {
    start_session();
    speakers.push_back(speak());
  }
  EXPECT_EQ(ask("POST", "/v1/sessions").status, 429);
  EXPECT_EQ(ask("GET", "/readyz").status, 503);
}

}  // namespace
}  // namespace sotto::server
