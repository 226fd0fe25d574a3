#include "http_client/http_connection.hpp"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <vector>

#include "http_client/dns_resolver.hpp"

namespace sotto::http_client {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr std::uint32_t largest_header = 64 * 1024;
constexpr std::size_t largest_piece = 64 * 1024;

http::request<http::string_body> message_of(const Endpoint& endpoint, const HttpRequest& request) {
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.target);
  for (const auto& [name, value] : request.headers) message.insert(name, value);
  if (message.find(http::field::host) == message.end())
    message.set(http::field::host, endpoint.host_header());
  message.body() = request.body;
  message.content_length(request.body.size());
  return message;
}

template <class Body>
HttpResponse head_of(const http::response<Body>& message) {
  HttpResponse head{static_cast<int>(message.result_int()), {}, {}};
  for (const auto& field : message) head.headers.emplace_back(field.name_string(), field.value());
  return head;
}

}  // namespace

class HttpConnection::Impl {
 public:
  explicit Impl(asio::ssl::context* tls) : socket_(io_) {
    if (tls) stream_.emplace(socket_, *tls);
  }

  error_code connect(const std::vector<asio::ip::address>& addresses, std::uint16_t port,
                     TimePoint deadline) {
    error_code last = asio::error::host_unreachable;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      // An address that swallows everything must leave time for the others.
      const auto now = std::chrono::steady_clock::now();
      const auto share = (deadline - now) / static_cast<int>(addresses.size() - i);
      error_code ignored;
      socket_.close(ignored);
      last = await(
          [&](auto done) {
            socket_.async_connect({addresses[i], port}, done);
          },
          now + share);
      if (!last) break;
    }
    if (!last) socket_.set_option(tcp::no_delay(true), last);
    return last;
  }

  // The deadline closes the connection, so nothing that was started is left behind.
  error_code shake_hands(const std::string& host, TimePoint deadline) {
    error_code no_address;
    asio::ip::make_address(host, no_address);
    if (no_address)  // a name: what SSL_set_tlsext_host_name() is, without its cast
      SSL_ctrl(stream_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(host.c_str()));
    stream_->set_verify_callback(asio::ssl::host_name_verification(host));
    return await([&](auto done) { stream_->async_handshake(asio::ssl::stream_base::client, done); },
                 deadline);
  }

  Result<HttpResponse> exchange(const Endpoint& endpoint, const HttpRequest& request,
                                std::size_t largest_body, TimePoint deadline) {
    auto message = message_of(endpoint, request);
    http::response_parser<http::string_body> parser;
    parser.body_limit(largest_body);
    parser.header_limit(largest_header);
    const error_code error = stream_ ? exchange_on(*stream_, message, parser, deadline)
                                     : exchange_on(socket_, message, parser, deadline);
    closed_unanswered_ = error && error != asio::error::timed_out && !parser.got_some();
    reusable_ = !error && parser.get().keep_alive() && buffer_.size() == 0;
    if (error) return failure(error, endpoint.host, !closed_unanswered_);
    HttpResponse response = head_of(parser.get());
    response.body = std::move(parser.get().body());
    return response;
  }

  Result<> receive(const Endpoint& endpoint, const HttpRequest& request, HttpSink& sink,
                   milliseconds quiet, TimePoint deadline, const std::stop_token& stop) {
    reusable_ = false;
    const std::stop_callback close_it(stop, [this] {
      asio::post(io_, [this] {
        error_code ignored;
        socket_.close(ignored);
      });
    });
    auto message = message_of(endpoint, request);
    auto received = stream_ ? receive_on(*stream_, message, endpoint.host, sink, quiet, deadline)
                            : receive_on(socket_, message, endpoint.host, sink, quiet, deadline);
    if (!received && stop.stop_requested())
      return fail(ErrorCode::unavailable, "stopped while " + endpoint.host + " was answering");
    return received;
  }

  bool is_reusable() {
    if (!reusable_) return false;
    char byte = 0;
    const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  bool closed_unanswered() const { return closed_unanswered_; }

  static tl::unexpected<Error> failure(error_code error, const std::string& host, bool answering) {
    if (error == asio::error::timed_out)
      return fail(ErrorCode::deadline_exceeded, host + " did not answer in time");
    if (error == http::error::body_limit || error == http::error::header_limit)
      return fail(ErrorCode::resource_exhausted, "the answer of " + host + " is too large");
    if (error == http::error::end_of_stream || error == http::error::partial_message ||
        error == asio::error::eof || error == asio::ssl::error::stream_truncated)
      return fail(ErrorCode::unavailable,
                  answering ? host + " closed the connection in the middle of its answer"
                            : host + " closed the connection without an answer");
    return fail(ErrorCode::unavailable, "the connection to " + host + " broke: " + error.message());
  }

 private:
  template <class Stream, class Message, class Parser>
  error_code exchange_on(Stream& stream, Message& message, Parser& parser, TimePoint deadline) {
    const error_code unsent =
        await([&](auto done) { http::async_write(stream, message, done); }, deadline);
    if (unsent) return unsent;
    return await([&](auto done) { http::async_read(stream, buffer_, parser, done); }, deadline);
  }

  template <class Stream, class Message>
  Result<> receive_on(Stream& stream, Message& message, const std::string& host, HttpSink& sink,
                      milliseconds quiet, TimePoint deadline) {
    const auto next = [&] {
      return std::min(deadline, std::chrono::steady_clock::now() + TimePoint::duration(quiet));
    };
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    parser.header_limit(largest_header);
    error_code error = await([&](auto done) { http::async_write(stream, message, done); }, next());
    if (!error)
      error =
          await([&](auto done) { http::async_read_header(stream, buffer_, parser, done); }, next());
    if (error) return failure(error, host, parser.got_some());
    if (auto begun = sink.begin(head_of(parser.get())); !begun) return begun;
    std::vector<char> piece(largest_piece);
    while (!parser.is_done()) {
      auto& body = parser.get().body();
      body.data = piece.data();
      body.size = piece.size();
      error =
          await([&](auto done) { http::async_read_some(stream, buffer_, parser, done); }, next());
      if (error == http::error::need_buffer) error = {};
      if (const std::size_t got = piece.size() - body.size; got > 0)
        if (auto taken = sink.take({piece.data(), got}); !taken) return taken;
      if (error) return failure(error, host, true);
    }
    return {};
  }

  // Runs one operation to its end; at the deadline the socket is closed, which ends it.
  template <class Start>
  error_code await(Start start, TimePoint deadline) {
    error_code result = asio::error::would_block;
    start([&result](error_code error, auto&&...) { result = error; });
    io_.restart();
    io_.run_until(deadline);
    if (io_.stopped()) return result;
    error_code ignored;
    socket_.close(ignored);
    io_.run();
    return asio::error::timed_out;
  }

  asio::io_context io_;
  tcp::socket socket_;
  std::optional<asio::ssl::stream<tcp::socket&>> stream_;  // nothing: no TLS
  boost::beast::flat_buffer buffer_;
  bool reusable_ = false;
  bool closed_unanswered_ = false;
};

HttpConnection::HttpConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpConnection::~HttpConnection() = default;

Result<std::unique_ptr<HttpConnection>> HttpConnection::open(const Endpoint& endpoint,
                                                             asio::ssl::context* tls,
                                                             TimePoint deadline) {
  const auto addresses = look_up(endpoint.host, deadline);
  if (!addresses) return tl::unexpected(addresses.error());
  auto impl = std::make_unique<Impl>(endpoint.tls ? tls : nullptr);
  const std::string where = endpoint.host + ":" + std::to_string(endpoint.port);
  if (const error_code error = impl->connect(*addresses, endpoint.port, deadline)) {
    if (error == asio::error::timed_out) return Impl::failure(error, where, false);
    return fail(ErrorCode::unavailable, "cannot connect to " + where + ": " + error.message());
  }
  if (endpoint.tls) {
    if (const error_code error = impl->shake_hands(endpoint.host, deadline)) {
      if (error == asio::error::timed_out) return Impl::failure(error, where, false);
      return fail(ErrorCode::unavailable,
                  "TLS handshake failed with " + where + ": " + error.message());
    }
  }
  return std::unique_ptr<HttpConnection>(new HttpConnection(std::move(impl)));
}

Result<HttpResponse> HttpConnection::exchange(const Endpoint& endpoint, const HttpRequest& request,
                                              std::size_t largest_body, TimePoint deadline) {
  return impl_->exchange(endpoint, request, largest_body, deadline);
}

Result<> HttpConnection::receive(const Endpoint& endpoint, const HttpRequest& request,
                                 HttpSink& sink, milliseconds quiet, TimePoint deadline,
                                 const std::stop_token& stop) {
  return impl_->receive(endpoint, request, sink, quiet, deadline, stop);
}

bool HttpConnection::is_reusable() const { return impl_->is_reusable(); }
bool HttpConnection::closed_unanswered() const { return impl_->closed_unanswered(); }

}  // namespace sotto::http_client
