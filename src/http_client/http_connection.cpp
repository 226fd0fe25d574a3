#include "http_client/http_connection.hpp"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "http_client/dns_resolver.hpp"

namespace sotto::http_client {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr std::uint32_t largest_header = 64 * 1024;

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
    http::request<http::string_body> message;
    message.version(11);
    message.method_string(request.method);
    message.target(request.target);
    for (const auto& [name, value] : request.headers) message.insert(name, value);
    if (message.find(http::field::host) == message.end())
      message.set(http::field::host, endpoint.host_header());
    message.body() = request.body;
    message.content_length(request.body.size());
    http::response_parser<http::string_body> parser;
    parser.body_limit(largest_body);
    parser.header_limit(largest_header);
    const error_code error = stream_ ? exchange_on(*stream_, message, parser, deadline)
                                     : exchange_on(socket_, message, parser, deadline);
    closed_unanswered_ = error && error != asio::error::timed_out && !parser.got_some();
    reusable_ = !error && parser.get().keep_alive() && buffer_.size() == 0;
    if (error) return failure(error, endpoint.host, !closed_unanswered_);
    HttpResponse response{static_cast<int>(parser.get().result_int()), {}, {}};
    for (const auto& field : parser.get())
      response.headers.emplace_back(field.name_string(), field.value());
    response.body = std::move(parser.get().body());
    return response;
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

bool HttpConnection::is_reusable() const { return impl_->is_reusable(); }
bool HttpConnection::closed_unanswered() const { return impl_->closed_unanswered(); }

}  // namespace sotto::http_client
