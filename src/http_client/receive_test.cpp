// Answers that are handed on as they come.
#include <fstream>

#include "http_client/http.hpp"
#include "http_client/test_server.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::http_client {
namespace {

using testing::Reply;
using testing::TestServer;

constexpr HttpClient::Waits waits{std::chrono::seconds{5}, std::chrono::seconds{10}};

class Kept : public HttpSink {
 public:
  Result<> begin(const HttpResponse& head) override {
    ++begun;
    response = head;
    return refuse_head ? fail(ErrorCode::conflict, "no such head") : Result<>{};
  }
  Result<> take(std::string_view piece) override {
    EXPECT_FALSE(piece.empty());
    response.body += piece;
    if (on_piece) on_piece();
    return response.body.size() > most ? fail(ErrorCode::conflict, "enough") : Result<>{};
  }

  int begun = 0;
  bool refuse_head = false;
  std::size_t most = SIZE_MAX;
  std::function<void()> on_piece;
  HttpResponse response;
};

Result<> receive(const TestServer& server, Kept& kept, HttpClient::Waits limits = waits,
                 const std::stop_token& stop = {}) {
  return HttpClient::create({}).value()->receive(server.endpoint(), {}, kept, limits, stop);
}

std::string large() {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += std::to_string(i);
  return text;
}

TEST(Receive, HandsOnTheWholeAnswerHoweverItIsFramed) {
  const std::string body = large();
  const Reply with_length{200, body, {{"X-One", "1"}}};
  Reply until_the_end{200, body, {}};
  until_the_end.no_length = true;
  Reply chunked{200, "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", {{"Transfer-Encoding", "chunked"}}};
  chunked.no_length = true;
  const std::pair<Reply, std::string> cases[] = {
      {with_length, body}, {until_the_end, body}, {chunked, "hello world"}, {Reply{404, ""}, ""}};
  for (const auto& [reply, expected] : cases) {
    TestServer server([&](const HttpRequest&) { return reply; });
    Kept kept;
    const auto received = receive(server, kept);
    ASSERT_TRUE(received) << received.error().message;
    EXPECT_EQ(kept.begun, 1);
    EXPECT_EQ(kept.response.status, reply.status);
    EXPECT_EQ(kept.response.body, expected);
  }
}

TEST(Receive, WhatCameBeforeTheConnectionBrokeIsHandedOn) {
  const std::string body = large();
  TestServer server([&](const HttpRequest&) { return Reply{200, body, {}, {}, 200'000}; });
  Kept kept;
  const auto received = receive(server, kept);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code, ErrorCode::unavailable);
  EXPECT_GT(kept.response.body.size(), 190'000u);
  EXPECT_TRUE(body.starts_with(kept.response.body));
}

TEST(Receive, AServerThatSaysNoMoreIsGivenUp) {
  for (const std::size_t after : {0u, 10u, 150'000u}) {
    const std::string body = large();
    TestServer server([&](const HttpRequest&) {
      Reply reply{200, body};
      reply.hang_after = after;
      return reply;
    });
    Kept kept;
    const auto received = receive(server, kept, {milliseconds{50}, std::chrono::seconds{60}});
    ASSERT_FALSE(received) << after;
    EXPECT_EQ(received.error().code, ErrorCode::deadline_exceeded);
    EXPECT_EQ(kept.begun, after > 100 ? 1 : 0);
  }
}

TEST(Receive, TheWholeAnswerHasADeadlineToo) {
  TestServer server([&](const HttpRequest&) {
    Reply reply{200, large()};
    reply.hang_after = 1'000;
    return reply;
  });
  Kept kept;
  const auto received = receive(server, kept, {std::chrono::seconds{60}, milliseconds{50}});
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code, ErrorCode::deadline_exceeded);
}

TEST(Receive, TheSinkEndsIt) {
  const std::string body = large();
  TestServer server([&](const HttpRequest&) { return Reply{200, body}; });
  Kept refusing;
  refusing.refuse_head = true;
  EXPECT_EQ(receive(server, refusing).error().message, "no such head");
  EXPECT_EQ(refusing.response.body, "");
  Kept full;
  full.most = 100'000;
  EXPECT_EQ(receive(server, full).error().message, "enough");
  EXPECT_LT(full.response.body.size(), 200'000u);
}

TEST(Receive, AStopEndsItAtOnce) {
  TestServer server([&](const HttpRequest&) {
    Reply reply{200, large()};
    reply.hang_after = 100'000;
    return reply;
  });
  std::stop_source stop;
  Kept kept;
  std::thread stopper;
  kept.on_piece = [&] {
    if (!stopper.joinable()) stopper = std::thread([&] { stop.request_stop(); });
  };
  const auto received =
      receive(server, kept, {std::chrono::seconds{60}, std::chrono::seconds{60}}, stop.get_token());
  stopper.join();
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code, ErrorCode::unavailable);
  EXPECT_EQ(received.error().message.find("stopped"), 0u) << received.error().message;
  Kept none;
  EXPECT_FALSE(receive(server, none, waits, stop.get_token()));
  EXPECT_EQ(none.begun, 0);
}

TEST(Receive, TlsToo) {
  const auto certificate = testing::Certificate::make();
  const std::string body = large();
  TestServer server([&](const HttpRequest&) { return Reply{200, body}; }, &certificate);
  const sotto::testing::TemporaryFolder folder;
  HttpClient::Config config;
  config.ca_file = folder.path() / "ca.pem";
  std::ofstream(config.ca_file) << certificate.certificate;
  Kept kept;
  const auto received =
      HttpClient::create(config).value()->receive(server.endpoint(), {}, kept, waits);
  ASSERT_TRUE(received) << received.error().message;
  EXPECT_EQ(kept.response.body, body);
}

}  // namespace
}  // namespace sotto::http_client
