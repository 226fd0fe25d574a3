#include "providers/aws/transcribe/web_socket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <optional>

namespace sotto::providers::aws {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using beast::error_code;

namespace {

constexpr auto handled = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds connect_patience{5}, open_patience{10}, idle_patience{30};

class BeastWebSocket : public WebSocket, public std::enable_shared_from_this<BeastWebSocket> {
 public:
  BeastWebSocket(asio::io_context& io, asio::ssl::context& tls, Place place, Handlers handlers)
      : place_(std::move(place)), handlers_(std::move(handlers)), stream_(io, tls) {}

  static asio::awaitable<void> run(std::shared_ptr<BeastWebSocket> self) {
    Result<> ended = co_await self->open();
    if (ended && !self->abandoned_) {
      self->handlers_.on_open();
      ended = co_await self->read();
    }
    self->report(std::move(ended));
  }

  void send(std::string message) override {
    outgoing_ = std::move(message);
    stream_.async_write(asio::buffer(outgoing_),
                        [self = shared_from_this()](error_code error, std::size_t) {
                          // What broke the connection, the reader says.
                          if (!error && !self->abandoned_) self->handlers_.on_sent();
                        });
  }

  void abandon() override {
    abandoned_ = true;
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().close(ignored);
  }

 private:
  std::string host() const { return place_.endpoint.host; }

  tl::unexpected<Error> broken(const char* what, error_code error) const {
    const bool late = error == beast::error::timeout;
    return fail(late ? ErrorCode::deadline_exceeded : ErrorCode::unavailable,
                std::string(what) + " " + host() + ": " + error.message());
  }

  asio::awaitable<error_code> connect() {
    error_code last = asio::error::host_unreachable;
    auto& tcp = beast::get_lowest_layer(stream_);
    for (const auto& address : place_.addresses) {
      tcp.expires_after(connect_patience);
      std::tie(last) = co_await tcp.async_connect({address, place_.endpoint.port}, handled);
      if (!last || abandoned_) break;
    }
    if (!last) tcp.socket().set_option(asio::ip::tcp::no_delay(true), last);
    co_return last;
  }

  asio::awaitable<Result<>> open() {
    if (const error_code error = co_await connect()) co_return broken("cannot connect to", error);
    auto& tls = stream_.next_layer();
    beast::get_lowest_layer(stream_).expires_after(open_patience);
    std::string name = host();
    error_code no_address;
    asio::ip::make_address(name, no_address);
    if (no_address)  // a name: what SSL_set_tlsext_host_name() is, without its cast
      SSL_ctrl(tls.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               name.data());
    tls.set_verify_callback(asio::ssl::host_name_verification(name));
    const auto [insecure] = co_await tls.async_handshake(asio::ssl::stream_base::client, handled);
    if (insecure) co_return broken("no TLS with", insecure);
    co_return co_await upgrade();
  }

  asio::awaitable<Result<>> upgrade() {
    beast::get_lowest_layer(stream_).expires_never();
    stream_.set_option(websocket::stream_base::timeout{open_patience, idle_patience, true});
    stream_.read_message_max(place_.largest_message);
    stream_.binary(true);
    websocket::response_type response;
    const auto [refused] = co_await stream_.async_handshake(response, place_.endpoint.host_header(),
                                                            place_.target, handled);
    if (refused == websocket::error::upgrade_declined) refusal_ = plain(response);
    if (refused) co_return broken("no WebSocket with", refused);
    co_return Result<>{};
  }

  static HttpResponse plain(const websocket::response_type& response) {
    HttpResponse plain{static_cast<int>(response.result_int()), {}, response.body()};
    for (const auto& field : response)
      plain.headers.emplace_back(field.name_string(), field.value());
    return plain;
  }

  asio::awaitable<Result<>> read() {
    beast::flat_buffer buffer;
    while (true) {
      const auto [error, size] = co_await stream_.async_read(buffer, handled);
      if (abandoned_) co_return Result<>{};
      if (error == websocket::error::closed) {
        normally_ = stream_.reason().code == websocket::close_code::normal;
        co_return fail(ErrorCode::unavailable, host() + " closed the WebSocket");
      }
      if (error) co_return broken("the connection broke to", error);
      handlers_.on_message({static_cast<const char*>(buffer.data().data()), size});
      buffer.consume(size);
      if (abandoned_) co_return Result<>{};
    }
  }

  void report(Result<> ended) {
    if (abandoned_ || ended) return;
    abandoned_ = true;
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().close(ignored);
    if (refusal_) return handlers_.on_refused(*refusal_);
    handlers_.on_closed(std::move(ended.error()), normally_);
  }

  const Place place_;
  const Handlers handlers_;
  websocket::stream<asio::ssl::stream<beast::tcp_stream>> stream_;
  std::string outgoing_;
  std::optional<HttpResponse> refusal_;
  bool abandoned_ = false;
  bool normally_ = false;
};

}  // namespace

std::shared_ptr<WebSocket> WebSocket::open(asio::io_context& io, asio::ssl::context& tls,
                                           Place place, Handlers handlers) {
  auto socket = std::make_shared<BeastWebSocket>(io, tls, std::move(place), std::move(handlers));
  asio::co_spawn(io, BeastWebSocket::run(socket), asio::detached);
  return socket;
}

}  // namespace sotto::providers::aws
