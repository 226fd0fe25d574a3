#include "server/websocket/guarded_handler.hpp"

#include <gtest/gtest.h>

namespace sotto::server {
namespace {

using std::chrono::seconds;

class Client : public Connection {
 public:
  void send(const Outgoing&) override { ++sent; }
  void close(std::uint16_t code, std::string) override { closed = code; }
  int sent = 0;
  std::uint16_t closed = 0;
};

class Counting : public SocketHandler {
 public:
  void on_open(std::shared_ptr<Connection> opened) override { connection = std::move(opened); }
  void on_text(std::string_view) override { ++texts; }
  void on_binary(std::span<const std::byte>) override { ++binaries; }
  void on_closed() override { closed = true; }
  std::shared_ptr<Connection> connection;
  int texts = 0, binaries = 0;
  bool closed = false;
};

class GuardedHandlerTest : public ::testing::Test {
 protected:
  std::shared_ptr<GuardedHandler> open(SocketLimits limits) {
    const auto handler = std::make_shared<GuardedHandler>(
        inner, limits, place, [this] { return now; },
        [this](std::uint16_t code) { closed_with = code; });
    handler->on_open(client);
    return handler;
  }

  GuardedHandler::Clock::time_point now{seconds{100}};
  std::shared_ptr<Client> client = std::make_shared<Client>();
  std::shared_ptr<Counting> inner = std::make_shared<Counting>();
  std::shared_ptr<int> place = std::make_shared<int>(0);
  std::uint16_t closed_with = 0;
};

TEST_F(GuardedHandlerTest, MessagesHaveABurstAndARate) {
  const auto handler = open({.burst = 2, .per_second = 0.5});
  handler->on_text("a");
  handler->on_binary({});
  now += seconds{2};
  handler->on_text("b");
  EXPECT_EQ(client->closed, 0);
  handler->on_text("c");
  EXPECT_EQ(client->closed, close_code::too_many);
  EXPECT_EQ(client->sent, 1) << "it is told why";
  now += seconds{100};
  handler->on_text("d");
  handler->on_binary({});
  EXPECT_EQ(inner->texts, 2) << "nothing more is taken";
  EXPECT_EQ(inner->binaries, 1);
}

TEST_F(GuardedHandlerTest, ASpeakersAudioIsNotCounted) {
  const auto handler = open({.burst = 1, .per_second = 0.1, .binary_too = false});
  for (int i = 0; i < 50; ++i) handler->on_binary({});
  handler->on_text("a");
  EXPECT_EQ(inner->binaries, 50);
  EXPECT_EQ(inner->texts, 1);
  EXPECT_EQ(client->closed, 0);
}

TEST_F(GuardedHandlerTest, WhoSaysNothingIsClosed) {
  const auto silent = open({.first_message = seconds{10}});
  GuardedHandlers all;
  all.add(silent);
  all.check(now + seconds{9});
  EXPECT_EQ(client->closed, 0);
  all.check(now + seconds{10});
  EXPECT_EQ(client->closed, close_code::late);
  client->closed = 0;
  all.check(now + seconds{20});
  EXPECT_EQ(client->closed, 0) << "once";
}

TEST_F(GuardedHandlerTest, WhoHasSpokenOrWaitsForNoFirstMessageStays) {
  const auto speaker = open({.first_message = seconds{10}});
  speaker->on_binary({});
  speaker->check(now + seconds{60});
  const auto listener = open({});
  listener->check(now + seconds{60});
  EXPECT_EQ(client->closed, 0);
}

TEST_F(GuardedHandlerTest, TheConnectionsPlaceIsKeptUntilItCloses) {
  const auto handler = open({});
  EXPECT_EQ(place.use_count(), 2);
  inner->connection->close(4403, "no");
  EXPECT_EQ(client->closed, 4403);
  EXPECT_EQ(closed_with, 4403);
  handler->on_closed();
  EXPECT_TRUE(inner->closed);
  EXPECT_EQ(place.use_count(), 1);
  handler->check(now + seconds{60});
}

}  // namespace
}  // namespace sotto::server
