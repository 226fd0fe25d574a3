// Connections with TLS, as the server opens them: in time, or with an explanation.
#include "server/tls/client_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>

#include "server/tls/secure_opening.hpp"
#include "server/tls/self_signed.hpp"
#include "tests/support/tls_client.hpp"

namespace sotto::server {
namespace {

namespace asio = boost::asio;
using testing::TlsClient;
using tcp = asio::ip::tcp;
constexpr UtcTime now{milliseconds{1'764'000'000'000}};
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

class ClientStreamTest : public ::testing::Test {
 protected:
  ClientStreamTest() {
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    tcp::socket connecting(io), accepted(io);
    connecting.connect(acceptor.local_endpoint());
    acceptor.accept(accepted);
    peer = connecting.release();
    stream.emplace(std::move(accepted), tls.get());
  }

  // Until it is done; `meanwhile` is the client's turn.
  template <class T, class Meanwhile>
  T run(asio::awaitable<T> task, Meanwhile meanwhile) {
    std::optional<T> result;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, T value) {
      if (error) std::rethrow_exception(error);
      result.emplace(std::move(value));
    });
    while (!result) {
      meanwhile();
      io.restart();
      io.run_for(milliseconds{1});
    }
    return std::move(*result);
  }
  bool open() {
    return run(open_securely(*stream, log), [this] { client->handshake(); });
  }
  std::string said() {
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t got = 1; got > 0; text.append(buffer.data(), static_cast<std::size_t>(got)))
      if ((got = ::recv(peer, buffer.data(), buffer.size(), 0)) <= 0) break;
    return text;
  }

  asio::io_context io;
  const std::shared_ptr<TlsContext> tls =
      *TlsContext::create([pem = *make_self_signed({{"localhost"}, {}}, now)] {
        return Result<TlsMaterial>({pem, pem, "cert", "key"});
      });
  std::vector<std::string> lines;
  telemetry::Log log{telemetry::Level::debug,
                     [this](const std::string& line) { lines.push_back(line); },
                     [] { return std::string("now"); }};
  int peer = -1;
  std::unique_ptr<TlsClient> client;
  std::optional<ClientStream> stream;
};

asio::awaitable<std::string> read_all(ClientStream* stream, std::size_t size) {
  std::string got(size, '\0');
  auto [error, bytes] = co_await asio::async_read(*stream, asio::buffer(got), as_result);
  got.resize(bytes);
  co_return error ? "error: " + error.message() : got;
}

asio::awaitable<std::string> write_all(ClientStream* stream, std::vector<std::string> parts) {
  std::vector<asio::const_buffer> buffers;
  for (const std::string& part : parts) buffers.emplace_back(asio::buffer(part));
  auto [error, bytes] = co_await asio::async_write(*stream, buffers, as_result);
  co_return error ? "error: " + error.message() : std::to_string(bytes);
}

TEST_F(ClientStreamTest, ReadsAndWritesWhateverTheSize) {
  client = std::make_unique<TlsClient>(peer);
  ASSERT_TRUE(open());
  std::string got;
  const auto hear = [&] { got += client->read(); };
  const std::vector<std::string> parts = {"head", "", std::string(300'000, 'x'), "tail"};
  EXPECT_EQ(run(write_all(&*stream, parts), hear), "300008");
  while (got.size() < 300'008) hear();
  EXPECT_EQ(got, "head" + std::string(300'000, 'x') + "tail");
  std::string rest(100'000, 'y');
  std::size_t said = 0;
  const auto speak = [&] {
    std::size_t written = 0;
    SSL_set_mode(client->ssl(), SSL_MODE_ENABLE_PARTIAL_WRITE);
    if (said < rest.size() &&
        SSL_write_ex(client->ssl(), rest.data() + said, rest.size() - said, &written) == 1)
      said += written;
  };
  EXPECT_EQ(run(read_all(&*stream, rest.size()), speak), rest);
}

TEST_F(ClientStreamTest, WhatItReadsOfAnEndIsAnEnd) {
  client = std::make_unique<TlsClient>(peer);
  ASSERT_TRUE(open());
  ::shutdown(peer, SHUT_WR);
  EXPECT_EQ(run(read_all(&*stream, 5), [] {}), "error: End of file");
}

TEST_F(ClientStreamTest, ADeadlineEndsAHandshakeThatDoesNotCome) {
  stream->expires_after(milliseconds{30});
  const bool failed = run(
      [](ClientStream* one) -> asio::awaitable<bool> {
        co_return co_await one->open() == ClientStream::Opening::failed;
      }(&*stream),
      [] {});
  EXPECT_TRUE(failed);
  EXPECT_EQ(said(), "") << "and the socket is closed";
  ::close(peer);
}

TEST_F(ClientStreamTest, ADeadlineEndsAHandshakeThatStops) {
  // A ClientHello's header and nothing more.
  ASSERT_EQ(::send(peer, "\x16\x03\x01\x01\x00\x01", 6, 0), 6);
  stream->expires_after(milliseconds{30});
  EXPECT_TRUE(run(
      [](ClientStream* one) -> asio::awaitable<bool> {
        co_return co_await one->open() == ClientStream::Opening::failed;
      }(&*stream),
      [] {}));
  ::close(peer);
}

TEST_F(ClientStreamTest, ADeadlineEndsARead) {
  client = std::make_unique<TlsClient>(peer);
  ASSERT_TRUE(open());
  stream->expires_after(milliseconds{30});
  EXPECT_EQ(run(read_all(&*stream, 5), [] {}), "error: Connection timed out");
}

TEST_F(ClientStreamTest, PlainHttpIsSentToHttps) {
  struct Case {
    std::string request, begins, location;
  };
  const std::string ok = "HTTP/1.1 307 Temporary Redirect\r\n",
                    bad = "HTTP/1.1 400 Bad Request\r\n";
  const std::vector<Case> cases = {
      {"GET /listen/x?lang=es HTTP/1.1\r\nHost: 192.168.1.20:8080\r\n\r\n", ok,
       "Location: https://192.168.1.20:8080/listen/x?lang=es\r\n"},
      {"HEAD / HTTP/1.1\r\nhost:  [::1]:8080 \r\n\r\n", ok, "Location: https://[::1]:8080/\r\n"},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}", bad, ""},
      {"GET / HTTP/1.1\r\n\r\n", bad, ""},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", bad, ""},
      {"GET / HTTP/1.1\r\nHost: a@b/c\r\n\r\n", bad, ""},
      {"GET //evil.example/ HTTP/1.1\r\nHost: a\r\n\r\n", bad, ""},
      {"GET http://x/ HTTP/1.1\r\nHost: a\r\n\r\n", bad, ""},
      {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", bad, ""},
      {"GET\r\n\r\n", bad, ""},
  };
  for (const Case& c : cases) {
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    tcp::socket connecting(io), accepted(io);
    connecting.connect(acceptor.local_endpoint());
    acceptor.accept(accepted);
    ClientStream plain(std::move(accepted), tls.get());
    asio::write(connecting, asio::buffer(c.request));
    connecting.shutdown(tcp::socket::shutdown_send);
    EXPECT_FALSE(run(open_securely(plain, log), [] {})) << c.request;
    std::string answer;
    boost::system::error_code end;
    asio::read(connecting, asio::dynamic_buffer(answer), asio::transfer_at_least(1), end);
    EXPECT_TRUE(answer.starts_with(c.begins)) << c.request << answer;
    EXPECT_EQ(answer.find("Location:") != std::string::npos, !c.location.empty()) << answer;
    EXPECT_NE(answer.find(c.location), std::string::npos) << answer;
    EXPECT_EQ(answer.find("speaks https") == std::string::npos, c.request.starts_with("HEAD"));
  }
  ::close(peer);
}

TEST_F(ClientStreamTest, AFailedHandshakeIsALineForWhoLooksForIt) {
  client = std::make_unique<TlsClient>(peer, TLS1_1_VERSION, TLS1_VERSION);
  EXPECT_FALSE(open());
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("unsupported protocol"), std::string::npos) << lines[0];
}

}  // namespace
}  // namespace sotto::server
