#include "server/server.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <utility>

#include "server/application.hpp"
#include "server/http/door.hpp"
#include "server/http/listen_error.hpp"
#include "server/http/response_text.hpp"
#include "server/tls/client_stream.hpp"
#include "server/tls/secure_opening.hpp"
#include "server/websocket/guarded_handler.hpp"
#include "server/websocket/websocket.hpp"

namespace sotto::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Upgrade = http::request<http::string_body>;

namespace {

constexpr std::uint64_t max_body = 64 * 1024;
constexpr std::size_t max_buffered = max_head + 8 * 1024;  // a body may come with its head

// How long a client may take, however it cuts what it sends.
constexpr std::chrono::seconds head_timeout{10};  // from the connection, or the head's first byte
constexpr std::chrono::seconds idle_timeout{15};  // between two requests
constexpr std::chrono::seconds proxy_idle_timeout{330};  // longer than a proxy keeps it: 5 min
constexpr std::chrono::seconds body_timeout{20}, answer_timeout{30};
constexpr std::chrono::seconds reserve_timeout{3};  // for a connection when there is no room
constexpr std::chrono::seconds linger_timeout{2};   // for a client to read why it is refused

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// A connection whose requests are answered, until it closes or becomes a WebSocket.
struct Visit {
  Visit(tcp::socket socket, const TlsContext* tls)
      : stream(std::move(socket), tls), buffer(max_buffered) {}
  ClientStream stream;
  beast::flat_buffer buffer;
  std::string peer;
  std::unique_ptr<Connections::Place> place;
  bool trusted = false;  ///< a proxy's
  bool first = true;     ///< nothing has been asked yet
  bool gone = false;     ///< the stream is somebody else's
};
using SharedVisit = std::shared_ptr<Visit>;
using Asked = std::optional<tl::expected<RequestHead, Refusal>>;

std::string_view text_of(const beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.cdata().data()), buffer.size()};
}

// The head of the next request, which stays in the buffer; nothing if the client closes or is late.
asio::awaitable<Asked> read_head(SharedVisit visit) {
  ClientStream& stream = visit->stream;
  const bool reserved = visit->place->reserved();
  stream.expires_after(reserved         ? reserve_timeout
                       : visit->first   ? head_timeout
                       : visit->trusted ? proxy_idle_timeout
                                        : idle_timeout);
  for (bool waiting = !visit->first;;) {
    const std::string_view bytes = text_of(visit->buffer);
    const auto end = head_end(bytes);
    if (end.value_or(bytes.size()) > max_head)
      co_return tl::unexpected(too_long(431, "header", max_head));
    if (end) co_return parse_head(bytes.substr(0, *end));
    if (never_a_head(bytes)) co_return parse_head(bytes);
    if (!bytes.empty() && std::exchange(waiting, false)) stream.expires_after(head_timeout);
    auto [error, size] = co_await stream.async_read_some(
        visit->buffer.prepare(std::min<std::size_t>(4096, max_buffered - bytes.size())), as_result);
    if (error) co_return std::nullopt;
    visit->buffer.commit(size);
  }
}

// False: the client is gone, or reads too slowly.
asio::awaitable<bool> say(SharedVisit visit, std::string text) {
  visit->stream.expires_after(answer_timeout);
  auto [error, size] = co_await asio::async_write(visit->stream, asio::buffer(text), as_result);
  co_return !error;
}

// Closes so that the client can read what was said to it, though it has sent more.
asio::awaitable<void> linger(SharedVisit visit) {
  visit->stream.finish_writing();
  visit->stream.expires_after(linger_timeout);
  for (std::size_t most = 64; most > 0; --most) {
    visit->buffer.clear();
    auto [error, size] =
        co_await visit->stream.async_read_some(visit->buffer.prepare(4096), as_result);
    if (error) break;
  }
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(ServerConfig config, asio::io_context& io, asio::thread_pool& waiting,
       pipeline::SessionParts parts, telemetry::Log* log)
      : config_(std::move(config)),
        io_(io),
        waiting_(waiting),
        log_(log),
        application_(std::make_shared<Application>(config_.application, std::move(parts), log)),
        door_(config_.door, config_.application.flag),
        acceptor_(asio::make_strand(io)),
        sweep_timer_(acceptor_.get_executor()),
        monitor_timer_(acceptor_.get_executor()) {}

  Result<> listen() {
    beast::error_code error;
    const auto address = asio::ip::make_address(config_.address, error);
    if (error)
      return fail(ErrorCode::invalid_argument,
                  "address \"" + config_.address + "\" must be an IP address such as 127.0.0.1",
                  "address");
    const tcp::endpoint endpoint(address, config_.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return tl::unexpected(listen_error(config_.address, config_.port, error));
    port_ = acceptor_.local_endpoint().port();
    return {};
  }

  void start() {
    asio::co_spawn(acceptor_.get_executor(), accept(shared_from_this()), asio::detached);
    asio::co_spawn(acceptor_.get_executor(), sweep(shared_from_this()), asio::detached);
    asio::co_spawn(acceptor_.get_executor(), monitor(shared_from_this()), asio::detached);
    application_->follow_flag();
  }

  Application& application() { return *application_; }
  asio::any_io_executor executor() const { return io_.get_executor(); }

  void stop(std::chrono::milliseconds patience) {
    asio::post(acceptor_.get_executor(), [self = shared_from_this(), patience] {
      if (self->stopping_.exchange(true)) return;
      beast::error_code ignored;
      self->acceptor_.close(ignored);
      self->sweep_timer_.cancel();
      self->monitor_timer_.cancel();
      self->application_->finish_all();
      asio::co_spawn(self->acceptor_.get_executor(), say_goodbye(self, patience), asio::detached);
    });
  }

  std::uint16_t port() const { return port_; }

 private:
  // Coroutines take the server by value: it lives while they do.
  static asio::awaitable<void> monitor(std::shared_ptr<Impl> self) {
    while (!self->stopping_) {
      co_await asio::co_spawn(self->waiting_.get_executor(), tick(self), asio::use_awaitable);
      self->monitor_timer_.expires_after(std::chrono::seconds{1});
      co_await self->monitor_timer_.async_wait(as_result);
    }
  }

  static asio::awaitable<void> tick(std::shared_ptr<Impl> self) {
    self->application_->tick();
    co_return;
  }

  static asio::awaitable<void> accept(std::shared_ptr<Impl> self) {
    for (;;) {
      auto [error, socket] =
          co_await self->acceptor_.async_accept(asio::make_strand(self->io_), as_result);
      if (self->stopping_) co_return;
      if (error) {
        // Out of descriptors, most likely: let some close.
        self->log_->write(telemetry::Level::error, "accept failed",
                          {{"error_code", error.message()}});
        self->door_.connections()->make_room();
        asio::steady_timer pause(self->acceptor_.get_executor(), std::chrono::milliseconds{100});
        co_await pause.async_wait(as_result);
        continue;
      }
      const auto executor = socket.get_executor();
      const auto visit = std::make_shared<Visit>(std::move(socket), self->config_.tls.get());
      beast::error_code ignored;
      visit->peer = visit->stream.socket().remote_endpoint(ignored).address().to_string();
      const std::string newcomer = self->door_.newcomer(visit->peer);
      visit->trusted = newcomer.empty();
      visit->place = self->door_.connections()->admit(
          newcomer, [executor, weak = std::weak_ptr(visit)] { drop(executor, weak); });
      if (visit->place) asio::co_spawn(executor, serve(self, visit), asio::detached);
    }
  }

  static void drop(const asio::any_io_executor& executor, const std::weak_ptr<Visit>& weak) {
    asio::post(executor, [weak] {
      if (const auto visit = weak.lock(); visit && !visit->gone) beast_close_socket(visit->stream);
    });
  }

  static asio::awaitable<void> serve(std::shared_ptr<Impl> self, SharedVisit visit) {
    beast::error_code ignored;
    visit->stream.socket().set_option(tcp::no_delay(true), ignored);
    if (!co_await open_securely(visit->stream, *self->log_)) co_return;
    while (!self->stopping_) {
      Asked head = co_await read_head(visit);
      if (!head) co_return;
      Sending sending{.keep_alive = false, .strict_transport = self->strict_transport()};
      if (!*head) {
        if (!co_await say(visit, response_text(reply(head->error()), sending))) co_return;
        co_return co_await linger(visit);
      }
      std::string answer;
      const std::string client = self->door_.client_of(visit->peer, **head);
      if (const auto told = self->door_.answer(**head, *visit->place, client)) {
        answer = response_text(*told, sending);
      } else {
        if (!co_await expect(visit, **head)) co_return;
        http::request_parser<http::string_body> parser;
        parser.header_limit(max_buffered);
        parser.body_limit(max_body);
        visit->stream.expires_after(body_timeout);
        auto [error, size] =
            co_await http::async_read(visit->stream, visit->buffer, parser, as_result);
        visit->place->busy();
        if (error) {
          const auto refusal = refusal_of(error);
          if (!refusal) co_return;
          answer = response_text(reply(*refusal), sending);
        } else if (SocketRoute route = self->route(**head, client); route.handler) {
          if (const auto unsound = check_handshake(**head)) {
            answer = response_text(reply(*unsound), sending);
          } else {
            co_return co_await self->hand_over(visit, parser.release(), std::move(route), client);
          }
        } else {
          sending.keep_alive = (*head)->keep_alive() && !visit->place->reserved();
          sending.head_only = (*head)->method == "HEAD";
          Response response =
              co_await answer_to(self, Door::request(**head, client, parser.release().body()));
          self->door_.add_fields(**head, response);
          answer = response_text(response, sending);
        }
      }
      if (!co_await say(visit, std::move(answer))) co_return;
      if (!sending.keep_alive) co_return co_await linger(visit);
      visit->place->idle();
      visit->first = false;
    }
  }

  // Asks for the body of a client that waits to be asked (RFC 9110, section 10.1.1).
  static asio::awaitable<bool> expect(SharedVisit visit, const RequestHead& head) {
    const std::string_view length = head.value("content-length");
    const bool large = length.size() > 5 || (length.size() == 5 && length > "65536");
    if (head.count("expect") == 0 || head.minor == 0 || large) co_return true;
    co_return co_await say(visit, "HTTP/1.1 100 Continue\r\n\r\n");
  }

  asio::awaitable<void> hand_over(SharedVisit visit, Upgrade upgrade, SocketRoute route,
                                  std::string client) {
    visit->gone = true;
    std::function<void(std::uint16_t)> closed_with;
    if (route.speaker)
      closed_with = [weak = std::weak_ptr(application_), client](std::uint16_t code) {
        const auto application = weak.lock();
        if (application && code == close_code::no_right) application->wrong_token(client);
      };
    const auto guarded = std::make_shared<GuardedHandler>(
        std::move(route.handler), route.speaker ? speaker_limits : listener_limits,
        std::shared_ptr<void>(std::move(visit->place)), GuardedHandler::Clock::now,
        std::move(closed_with));
    if (route.speaker) awaited_.add(guarded);
    visit->stream.expires_after(answer_timeout);
    co_await (route.speaker ? serve_speaker : serve_listener)(
        std::move(visit->stream), std::move(upgrade), guarded, open_sockets_);
  }

  static std::optional<Refusal> refusal_of(const beast::error_code& error) {
    if (error == http::error::body_limit) return too_long(413, "body", max_body);
    if (error == http::error::end_of_stream || error == http::error::partial_message ||
        error.category() != make_error_code(http::error::bad_method).category())
      return std::nullopt;
    return Refusal{400, {ErrorCode::invalid_argument, "this is not an HTTP request", ""}};
  }

  bool strict_transport() const { return config_.tls && config_.tls->strict(); }

  // What may wait for the flag's store does so where it holds up no session.
  static asio::awaitable<Response> answer_to(std::shared_ptr<Impl> self, Result<Request> request) {
    if (!request) co_return reply(request.error());
    if (!self->application_->may_wait(*request)) co_return self->application_->handle(*request);
    co_return co_await asio::co_spawn(self->waiting_.get_executor(),
                                      handle(self, std::move(*request)), asio::use_awaitable);
  }

  static asio::awaitable<Response> handle(std::shared_ptr<Impl> self, Request request) {
    co_return self->application_->handle(request);
  }

  SocketRoute route(const RequestHead& head, const std::string& client) {
    const auto asked = Door::socket_request(head, client);
    return asked ? application_->route(*asked) : SocketRoute{};
  }

  static asio::awaitable<void> sweep(std::shared_ptr<Impl> self) {
    while (!self->stopping_) {
      self->application_->sweep();
      self->open_sockets_->check(ListenerConnection::Clock::now());
      self->awaited_.check(GuardedHandler::Clock::now());
      self->sweep_timer_.expires_after(std::chrono::seconds{2});
      co_await self->sweep_timer_.async_wait(as_result);
    }
  }

  static asio::awaitable<void> say_goodbye(std::shared_ptr<Impl> self,
                                           std::chrono::milliseconds patience) {
    const auto deadline = SessionRegistry::Clock::now() + patience;
    asio::steady_timer timer(self->acceptor_.get_executor());
    while (!self->application_->all_ended() && SessionRegistry::Clock::now() < deadline) {
      timer.expires_after(std::chrono::milliseconds{20});
      co_await timer.async_wait(as_result);
    }
    self->open_sockets_->close_all();
    timer.expires_after(std::chrono::milliseconds{200});  // for the close frames
    co_await timer.async_wait(as_result);
    self->io_.stop();  // idle keep-alive connections would hold it for their timeout
  }

  // constant after construction
  const ServerConfig config_;
  asio::io_context& io_;
  asio::thread_pool& waiting_;  ///< for requests that wait for the flag's store
  telemetry::Log* const log_;

  // self-synchronised
  const std::shared_ptr<Application> application_;
  const std::shared_ptr<OpenSockets> open_sockets_ = std::make_shared<OpenSockets>();
  const Door door_;
  GuardedHandlers awaited_;  ///< speakers who have said nothing yet
  std::atomic<bool> stopping_{false};

  // on the acceptor's strand
  tcp::acceptor acceptor_;
  asio::steady_timer sweep_timer_;
  asio::steady_timer monitor_timer_;

  // set before the io_context runs
  std::uint16_t port_ = 0;
};

Server::Server(std::unique_ptr<asio::thread_pool> waiting, std::shared_ptr<Impl> impl)
    : waiting_(std::move(waiting)), impl_(std::move(impl)) {}

// Neither the flag's reader nor whoever still waits for its store may be the last to hold the rest.
Server::~Server() {
  impl_->application().unfollow_flag();
  waiting_->join();
  impl_->application().write_metrics();
}

Result<std::unique_ptr<Server>> Server::create(ServerConfig config, asio::io_context& io,
                                               pipeline::SessionParts parts, telemetry::Log* log) {
  if (!parts.executor) parts.executor = io.get_executor();
  auto waiting = std::make_unique<asio::thread_pool>(4);
  if (!parts.waiting) parts.waiting = waiting->get_executor();
  auto impl = std::make_shared<Impl>(std::move(config), io, *waiting, std::move(parts), log);
  if (auto listening = impl->listen(); !listening) return tl::unexpected(listening.error());
  if (auto restored = impl->application().restore(); !restored)
    return tl::unexpected(restored.error());
  impl->start();
  return std::unique_ptr<Server>(new Server(std::move(waiting), std::move(impl)));
}

std::uint16_t Server::port() const { return impl_->port(); }

Application& Server::application() { return impl_->application(); }

Result<SessionId> Server::play_demo(const std::vector<std::filesystem::path>& recordings) {
  return impl_->application().play_demo(recordings, impl_->executor());
}

void Server::stop(std::chrono::milliseconds patience) { impl_->stop(patience); }

}  // namespace sotto::server
