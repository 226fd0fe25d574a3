#include "server/websocket/websocket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "base/packed.hpp"

namespace sotto::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {

constexpr std::size_t max_message = 1 << 20;
constexpr std::size_t max_waiting = 256;

// Without it Beast says its version.
void add_name(websocket::response_type& response) {
  response.set(beast::http::field::server, "Sotto");
}

constexpr auto forever = asio::as_tuple(asio::use_awaitable);

}  // namespace

// How Beast ends a connection that it knows nothing of: it finds this by the stream's namespace.
template <class Handler>
void async_teardown(beast::role_type role, ClientStream& stream, Handler&& handler) {
  stream.finish_writing();
  using websocket::async_teardown;
  async_teardown(role, stream.socket(), std::forward<Handler>(handler));
}

namespace {

// Everything but send() and close() happens on the stream's strand.
class BeastConnection : public Connection, public std::enable_shared_from_this<BeastConnection> {
 public:
  explicit BeastConnection(ClientStream stream) : stream_(std::move(stream)) {
    websocket::stream_base::timeout timeout{std::chrono::seconds{10}, std::chrono::seconds{30},
                                            true};
    stream_.set_option(timeout);
    stream_.read_message_max(max_message);
  }

  void send(const Outgoing& outgoing) override {
    asio::dispatch(stream_.get_executor(),
                   [self = shared_from_this(), message = outgoing.message]() mutable {
                     if (self->closing_) return;
                     self->waiting_.push_back(std::move(message));
                     if (self->waiting_.size() > max_waiting) {
                       self->waiting_.clear();
                       self->begin_close(close_code::try_again, "too slow: reconnect");
                     }
                     self->write();
                   });
  }

  void close(std::uint16_t code, std::string reason) override {
    asio::dispatch(stream_.get_executor(),
                   [self = shared_from_this(), code, reason = std::move(reason)]() mutable {
                     self->begin_close(code, std::move(reason));
                     self->write();
                   });
  }

  // Accepts, then reads until the socket closes.
  asio::awaitable<void> run(beast::http::request<beast::http::string_body> upgrade,
                            std::shared_ptr<SocketHandler> handler,
                            std::shared_ptr<OpenSockets> open) {
    const auto self = shared_from_this();
    stream_.set_option(websocket::stream_base::decorator(add_name));
    auto [refused] = co_await stream_.async_accept(upgrade, forever);
    if (refused) co_return;
    accepted_ = true;
    handler->on_open(self);
    open->add(self);
    write();
    beast::flat_buffer buffer;
    for (;;) {
      auto [error, size] = co_await stream_.async_read(buffer, forever);
      if (error) break;
      if (!closing_) {
        const auto data = buffer.cdata();
        if (stream_.got_text()) {
          handler->on_text({static_cast<const char*>(data.data()), data.size()});
        } else {
          handler->on_binary({static_cast<const std::byte*>(data.data()), data.size()});
        }
      }
      buffer.consume(buffer.size());
    }
    closing_ = true;
    handler->on_closed();
  }

 private:
  void begin_close(std::uint16_t code, std::string reason) {
    if (std::exchange(closing_, true)) return;
    goodbye_.emplace(static_cast<websocket::close_code>(code), reason);
  }

  // One write at a time; the close frame goes last.
  void write() {
    if (writing_ || !accepted_) return;
    if (!waiting_.empty()) {
      writing_ = true;
      const SharedMessage message = std::move(waiting_.front());
      waiting_.pop_front();
      stream_.text(message->opcode() == Opcode::text);
      const std::string_view payload = message->payload();
      stream_.async_write(
          asio::buffer(payload.data(), payload.size()),
          [self = shared_from_this(), message](beast::error_code error, std::size_t) {
            self->writing_ = false;
            if (error) return;
            self->write();
          });
    } else if (goodbye_) {
      writing_ = true;
      stream_.async_close(*goodbye_, [self = shared_from_this()](beast::error_code) {});
    }
  }

  websocket::stream<ClientStream> stream_;
  std::deque<SharedMessage> waiting_;
  std::optional<websocket::close_reason> goodbye_;
  bool accepted_ = false;
  bool writing_ = false;
  bool closing_ = false;
};

}  // namespace

struct OpenSockets::Impl {
  std::mutex mutex;
  std::vector<std::weak_ptr<Connection>> connections;
  bool closed = false;
};

OpenSockets::OpenSockets() : impl_(std::make_unique<Impl>()) {}
OpenSockets::~OpenSockets() = default;

void OpenSockets::add(const std::shared_ptr<Connection>& connection) {
  bool closed = false;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->connections.push_back(connection);
    closed = impl_->closed;
  }
  if (closed) connection->close(close_code::going_away, "the server is stopping");
}

void OpenSockets::check(ListenerConnection::Clock::time_point now) {
  std::vector<std::weak_ptr<Connection>> connections;
  {
    const std::lock_guard lock(impl_->mutex);
    std::erase_if(impl_->connections, [](const auto& known) { return known.expired(); });
    connections = impl_->connections;
  }
  for (const auto& known : connections)
    if (const auto listener = std::dynamic_pointer_cast<ListenerConnection>(known.lock()))
      listener->check(now);
}

void OpenSockets::close_all() {
  std::vector<std::weak_ptr<Connection>> connections;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->closed = true;
    connections = impl_->connections;
  }
  for (const auto& known : connections)
    if (const auto connection = known.lock())
      connection->close(close_code::going_away, "the server is stopping");
}

asio::awaitable<void> serve_speaker(ClientStream stream,
                                    beast::http::request<beast::http::string_body> upgrade,
                                    std::shared_ptr<SocketHandler> handler,
                                    std::shared_ptr<OpenSockets> open) {
  stream.expires_never();  // the WebSocket has timeouts of its own
  const auto connection = std::make_shared<BeastConnection>(std::move(stream));
  co_await connection->run(std::move(upgrade), std::move(handler), std::move(open));
}

asio::awaitable<void> serve_listener(ClientStream stream,
                                     beast::http::request<beast::http::string_body> upgrade,
                                     std::shared_ptr<SocketHandler> handler,
                                     std::shared_ptr<OpenSockets> open) {
  websocket::stream<ClientStream> accepting(std::move(stream));
  accepting.set_option(websocket::stream_base::decorator(add_name));
  auto [refused] = co_await accepting.async_accept(upgrade, forever);
  if (refused) co_return;
  auto tls = accepting.next_layer().release_tls();
  const auto connection = make_packed<ListenerConnection>(accepting.next_layer().release_socket(),
                                                          std::move(tls), std::move(handler));
  open->add(connection);
  connection->start();
}

}  // namespace sotto::server
