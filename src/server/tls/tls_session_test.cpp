#include "server/tls/tls_session.hpp"

#include <csignal>

#include "server/tls/self_signed.hpp"
#include "server/tls/tls_context.hpp"
#include "tests/support/tls_client.hpp"

namespace sotto::server {
namespace {

using testing::TlsClient;
using Wait = TlsSession::Wait;
constexpr UtcTime now{milliseconds{1'764'000'000'000}};

std::shared_ptr<TlsContext> context() {
  return *TlsContext::create([pem = *make_self_signed({{"localhost"}, {}}, now)] {
    return Result<TlsMaterial>({pem, pem, "cert", "key"});
  });
}

// Both ends on the test's thread.
class TlsSessionTest : public ::testing::Test {
 protected:
  void connect(int newest = TLS1_3_VERSION, int oldest = TLS1_2_VERSION) {
    client.reset();
    if (fd >= 0) ::close(fd);
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    fd = ends[0];
    const int small = 4096;  // so that little makes the socket full
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    server = std::make_unique<TlsSession>(tls->make(), fd);
    client = std::make_unique<TlsClient>(ends[1], newest, oldest);
  }
  ~TlsSessionTest() override {
    if (fd >= 0) ::close(fd);
  }

  // Whether both are through within some rounds.
  bool handshake() {
    bool done = false;
    Wait wait = Wait::readable;
    for (int i = 0; i < 50 && !(done && wait == Wait::nothing); ++i) {
      done = client->handshake() || done;
      if (wait != Wait::nothing && wait != Wait::broken) wait = server->handshake();
    }
    return done && wait == Wait::nothing;
  }
  std::string read() {
    std::array<char, 4096> buffer;
    const auto step = server->read(buffer);
    ended = step.wait;
    return {buffer.data(), step.bytes};
  }

  const std::shared_ptr<TlsContext> tls = context();
  int fd = -1;
  std::unique_ptr<TlsSession> server;
  std::unique_ptr<TlsClient> client;
  Wait ended = Wait::nothing;
};

TEST_F(TlsSessionTest, SpeaksTls12And13AndNothingOlder) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    connect(version, version);
    ASSERT_TRUE(handshake()) << version;
    EXPECT_TRUE(client->write("hello"));
    EXPECT_EQ(read(), "hello");
    EXPECT_EQ(read(), "");
    EXPECT_EQ(ended, Wait::readable);
    EXPECT_EQ(server->write("and you").bytes, 7u);
    EXPECT_EQ(client->read(), "and you");
  }
  connect(TLS1_1_VERSION, TLS1_VERSION);
  EXPECT_FALSE(handshake());
  EXPECT_EQ(server->why(), "unsupported protocol");
}

TEST_F(TlsSessionTest, WhatIsNoTlsIsRefusedWithAnAlertAndAnEnd) {
  connect();
  ASSERT_EQ(::send(client->fd(), "\x16\x03\x01\x00\x05hello", 10, MSG_NOSIGNAL), 10);
  EXPECT_EQ(server->handshake(), Wait::broken);
  EXPECT_FALSE(server->why().empty());
  std::array<char, 64> answer;
  EXPECT_EQ(::recv(client->fd(), answer.data(), answer.size(), 0), 7) << "an alert's record";
  EXPECT_EQ(answer[0], 21);
  EXPECT_EQ(::recv(client->fd(), answer.data(), answer.size(), 0), 0) << "and the end";
  EXPECT_EQ(server->handshake(), Wait::broken);
  EXPECT_EQ(server->write("x").wait, Wait::broken);
}

TEST_F(TlsSessionTest, AStalledReaderCostsARecordAndGetsAllInOrder) {
  connect();
  ASSERT_TRUE(handshake());
  std::string sent;
  for (int i = 0;; ++i) {
    const std::string message = "message " + std::to_string(i) + std::string(500, '.');
    const auto step = server->write(message);
    if (step.bytes == 0) {
      EXPECT_EQ(step.wait, Wait::writable);
      break;
    }
    ASSERT_EQ(step.bytes, message.size());
    sent += message;
    ASSERT_LT(i, 1000) << "the socket is never full";
  }
  EXPECT_TRUE(server->waiting());
  // Another message than the one that was refused: nothing of that was begun.
  const std::string other = "something else";
  std::string got;
  bool written = false;
  for (int i = 0; i < 1000 && got.size() < sent.size() + other.size(); ++i) {
    got += client->read();
    if (!written) written = server->write(other).bytes == other.size();
    (void)server->flush();
  }
  EXPECT_EQ(got, sent + other);
  EXPECT_FALSE(server->waiting());
}

TEST_F(TlsSessionTest, LargeMessagesGoRecordByRecord) {
  connect();
  ASSERT_TRUE(handshake());
  std::string message(1 << 20, '\0');
  for (std::size_t i = 0; i < message.size(); ++i) message[i] = static_cast<char>(i * 7 + i / 999);
  std::string got;
  std::size_t sent = 0;
  for (int i = 0; i < 100'000 && got.size() < message.size(); ++i) {
    if (sent < message.size()) {
      const auto step = server->write(std::string_view(message).substr(sent));
      EXPECT_LE(step.bytes, 16u * 1024);
      sent += step.bytes;
    }
    (void)server->flush();
    got += client->read();
  }
  EXPECT_EQ(got, message);
}

TEST_F(TlsSessionTest, AnEndIsAnEndWithAndWithoutGoodbye) {
  for (const bool says_goodbye : {true, false}) {
    connect();
    ASSERT_TRUE(handshake());
    EXPECT_TRUE(client->write("last"));
    if (says_goodbye) SSL_shutdown(client->ssl());
    ::shutdown(client->fd(), SHUT_WR);
    EXPECT_EQ(read(), "last");
    EXPECT_EQ(read(), "");
    EXPECT_EQ(ended, Wait::over) << says_goodbye;
  }
}

TEST_F(TlsSessionTest, SaysGoodbyeItself) {
  connect();
  ASSERT_TRUE(handshake());
  server->say_goodbye();
  EXPECT_EQ(client->read(), "");
  EXPECT_EQ(SSL_get_shutdown(client->ssl()), SSL_RECEIVED_SHUTDOWN);
}

TEST_F(TlsSessionTest, AClientThatIsGoneRaisesNoSignal) {
  connect();
  ASSERT_TRUE(handshake());
  const auto before = std::signal(SIGPIPE, SIG_DFL);  // which would end the test
  client.reset();
  EXPECT_EQ(server->write("hello?").wait, Wait::broken);
  std::signal(SIGPIPE, before);
}

TEST_F(TlsSessionTest, ARenegotiationIsRefusedAndTheRestGoesOn) {
  connect(TLS1_2_VERSION);
  ASSERT_TRUE(handshake());
  // OpenSSL's client may ask again and again; each is answered with an alert, none with a
  // handshake.
  for (int i = 0; i < 3; ++i) {
    SSL_renegotiate(client->ssl());
    (void)client->handshake();
    (void)read();
    (void)client->read();
  }
  EXPECT_NE(ended, Wait::nothing);
  EXPECT_EQ(SSL_num_renegotiations(client->ssl()), 1) << "asked for, never done";
}

TEST_F(TlsSessionTest, WhoMakesItAnswerAndDoesNotReadIsBounded) {
  connect();
  ASSERT_TRUE(handshake());
  for (int i = 0; i < 5'000 && ended != Wait::broken; ++i) {
    SSL_key_update(client->ssl(), SSL_KEY_UPDATE_REQUESTED);
    if (!client->write("x")) break;
    if (read() == "x") (void)server->write("y");
  }
  SUCCEED() << "it ends, and under the sanitizers with no leak";
}

TEST_F(TlsSessionTest, WhoComesBackNeedsHalfAHandshake) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    connect(version, version);
    ASSERT_TRUE(handshake());
    server->write("hello");
    EXPECT_EQ(client->read(), "hello");  // the ticket comes before it
    SSL_SESSION* const session = client->take_session();
    ASSERT_NE(session, nullptr) << version;
    connect(version, version);
    SSL_set_session(client->ssl(), session);
    ASSERT_TRUE(handshake());
    EXPECT_EQ(SSL_session_reused(client->ssl()), 1) << version;
    SSL_SESSION_free(session);
  }
}

}  // namespace
}  // namespace sotto::server
