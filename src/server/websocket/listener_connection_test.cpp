// A listener's connection over a real socket, plain and with TLS: the same must come out.
#include "server/websocket/listener_connection.hpp"

#include <poll.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <thread>

#include "server/tls/self_signed.hpp"
#include "server/tls/tls_context.hpp"
#include "tests/support/tls_client.hpp"

namespace sotto::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::TlsClient;
constexpr UtcTime now{milliseconds{1'764'000'000'000}};

struct Handler : SocketHandler {
  void on_open(std::shared_ptr<Connection>) override {}
  void on_text(std::string_view message) override { heard += message.size(); }
  void on_binary(std::span<const std::byte>) override {}
  void on_closed() override { closed = true; }
  std::atomic<std::size_t> heard{0};
  std::atomic<bool> closed{false};
};

class ListenerConnectionTest : public ::testing::TestWithParam<bool> {
 protected:
  // The client's window is small, so that it is soon full.
  void SetUp() override {
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    tcp::socket connecting(io), accepted(asio::make_strand(io));
    connecting.open(tcp::v4());
    connecting.set_option(asio::socket_base::receive_buffer_size(8 * 1024));
    connecting.connect(acceptor.local_endpoint());
    acceptor.accept(accepted);
    accepted.set_option(asio::socket_base::send_buffer_size(8 * 1024));
    accepted.non_blocking(true);
    const int fd = connecting.release();
    if (!GetParam()) plain_fd = fd;
    std::unique_ptr<TlsSession> session;
    if (GetParam()) {
      session = std::make_unique<TlsSession>(tls->make(), accepted.native_handle());
      client = std::make_unique<TlsClient>(fd);
      bool done = false;
      for (auto wait = TlsSession::Wait::readable; wait != TlsSession::Wait::nothing || !done;) {
        done = client->handshake() || done;
        if (wait != TlsSession::Wait::nothing) wait = session->handshake();
        ASSERT_NE(wait, TlsSession::Wait::broken) << session->why();
      }
    }
    connection =
        std::make_shared<ListenerConnection>(std::move(accepted), std::move(session), handler);
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { io.run(); });
    connection->start();
  }

  void TearDown() override {
    client.reset();
    if (plain_fd >= 0) ::close(plain_fd);
    work.reset();
    until([this] { return handler->closed.load(); });
    for (std::thread& thread : threads) thread.join();
  }

  template <class Condition>
  static void until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::yield();
    }
  }

  // What has come, after waiting for it a little.
  std::string read() {
    if (client) {
      std::string got = client->read();
      if (!got.empty() || client->ended()) return got;
    }
    pollfd readable{client ? client->fd() : plain_fd, POLLIN, 0};
    ::poll(&readable, 1, 100);
    if (client) return client->read();
    std::array<char, 16 * 1024> buffer;
    const ssize_t size = ::recv(plain_fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }
  std::string read(std::size_t size) {
    std::string got;
    until([&] {
      got += read();
      return got.size() >= size;
    });
    return got;
  }
  void say(std::string_view frame) {
    if (client)
      EXPECT_TRUE(client->write(frame));
    else
      EXPECT_EQ(::send(plain_fd, frame.data(), frame.size(), 0),
                static_cast<ssize_t>(frame.size()));
  }
  static SharedMessage message(char letter, std::size_t size) {
    return text_message(std::string(size, letter));
  }

  const std::shared_ptr<TlsContext> tls =
      *TlsContext::create([pem = *make_self_signed({{"localhost"}, {}}, now)] {
        return Result<TlsMaterial>({pem, pem, "cert", "key"});
      });
  asio::io_context io;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work{
      asio::make_work_guard(io)};
  const std::shared_ptr<Handler> handler = std::make_shared<Handler>();
  std::shared_ptr<ListenerConnection> connection;
  std::unique_ptr<TlsClient> client;
  int plain_fd = -1;
  std::vector<std::thread> threads;
};

TEST_P(ListenerConnectionTest, ManySendWhileItReadsAndEachFrameIsWhole) {
  constexpr int each = 300;
  const std::string frame("\x81\x85\0\0\0\0hello", 11);
  std::vector<std::thread> senders;
  for (const char letter : {'a', 'b', 'c'})
    senders.emplace_back([this, letter] {
      // As a backlog, of which more than 64 KiB may wait.
      for (int i = 0; i < each; ++i)
        connection->send(
            {.message = message(letter, 200 + static_cast<std::size_t>(i) % 700), .backlog = true});
    });
  std::size_t total = 0;
  for (int i = 0; i < each; ++i)
    total += 3 * message('x', 200 + static_cast<std::size_t>(i) % 700)->frame().size();
  std::string got;
  int said = 0;
  until([&] {
    if (said < 100) say(frame), ++said;
    got += read();
    return got.size() >= total;
  });
  for (std::thread& sender : senders) sender.join();
  for (; said < 100; ++said) say(frame);
  std::array<int, 3> frames{};
  for (std::size_t at = 0; at < got.size();) {
    ASSERT_EQ(static_cast<unsigned char>(got[at]), 0x81U) << at;
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(got[at + 2])) << 8U |
                      static_cast<unsigned char>(got[at + 3]);
    const char letter = got[at + 4];
    EXPECT_EQ(got.substr(at + 4, size), std::string(size, letter)) << at;
    EXPECT_EQ(size, 200 + static_cast<std::size_t>(
                              frames.at(static_cast<std::size_t>(letter - 'a'))++ % 700));
    at += 4 + size;
  }
  until([&] { return handler->heard == 500; });
}

// More than the sockets hold: a provisional caption that was not begun is replaced, all else comes.
TEST_P(ListenerConnectionTest, WhoStallsGetsTheNewestAndEverythingFinal) {
  for (int i = 0; i < 60; ++i) connection->send({.message = message('f', 1000), .backlog = true});
  for (char letter = 'a'; letter <= 'e'; ++letter)
    connection->send({.message = message(letter, 1000), .segment = 7, .provisional = true});
  connection->send({.message = message('z', 1000)});
  std::string got;
  until([&] {
    got += read();
    return got.ends_with(std::string(1000, 'z'));
  });
  EXPECT_EQ(std::count(got.begin(), got.end(), 'f'), 60'000);
  EXPECT_EQ(std::count(got.begin(), got.end(), 'e'), 1000);
  EXPECT_LE(std::count(got.begin(), got.end(), 'a'), 1000);
  EXPECT_EQ(std::count(got.begin(), got.end(), 'b'), 0) << "it was replaced before it was begun";
}

// 64 KiB may wait; what is encrypted and unsent is a record at most.
TEST_P(ListenerConnectionTest, WhoStallsForLongIsClosedAndTold) {
  int sent = 0;
  for (; sent < 2000 && !handler->closed; ++sent) connection->send({.message = message('f', 1000)});
  std::string got;
  until([&] {
    got += read();
    return got.find("too slow") != std::string::npos;
  });
  EXPECT_LT(std::count(got.begin(), got.end(), 'f'), 400'000) << "no more than sockets hold";
  EXPECT_EQ(got.substr(got.find("too slow") - 2, 2), "\x03\xF5") << "1013";
}

TEST_P(ListenerConnectionTest, ClosesWithAnAnswerAndSaysGoodbye) {
  say(std::string("\x88\x82\0\0\0\0\x03\xE8", 8));
  EXPECT_EQ(read(4), "\x88\x02\x03\xE8");
  until([this] { return handler->closed.load(); });
  if (!client) return;
  until([this] { return client->read().empty() && client->ended(); });
  EXPECT_EQ(SSL_get_shutdown(client->ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

TEST_P(ListenerConnectionTest, WhoIsSilentForTooLongIsGivenUp) {
  connection->check(ListenerConnection::Clock::now() + ListenerConnection::silent_for +
                    std::chrono::seconds{1});
  until([this] { return handler->closed.load(); });
  connection->send(
      {.message = message('x', 10)});  // reaches nobody, whoever has the descriptor now
}

INSTANTIATE_TEST_SUITE_P(Transports, ListenerConnectionTest, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "Tls" : "Plain"; });

}  // namespace
}  // namespace sotto::server
