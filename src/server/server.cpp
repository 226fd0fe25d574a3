#include "server/server.hpp"

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
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <utility>

#include "server/application.hpp"
#include "server/websocket/websocket.hpp"

namespace sotto::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;

namespace {

constexpr std::uint32_t max_header = 8 * 1024;
constexpr std::uint64_t max_body = 64 * 1024;
constexpr std::chrono::seconds request_timeout{30};
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

std::string bearer_of(const HttpRequest& request) {
  constexpr std::string_view scheme = "Bearer ";
  const auto value = request[http::field::authorization];
  const std::string_view text(value.data(), value.size());
  return text.starts_with(scheme) ? std::string(text.substr(scheme.size())) : std::string();
}

bool accepts_gzip(const HttpRequest& request) {
  const auto value = request[http::field::accept_encoding];
  return std::string_view(value.data(), value.size()).find("gzip") != std::string_view::npos;
}

HttpResponse to_http(Response answer, const HttpRequest& request) {
  HttpResponse response{static_cast<http::status>(answer.status), request.version()};
  response.set(http::field::content_type, answer.content_type);
  response.set("X-Content-Type-Options", "nosniff");
  response.set(
      "Content-Security-Policy",
      "default-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'");
  response.set("Referrer-Policy", "no-referrer");
  if (answer.etag.empty()) {
    response.set(http::field::cache_control, "no-store");
  } else {
    response.set(http::field::cache_control, "no-cache");
    response.set(http::field::etag, answer.etag);
    response.set(http::field::vary, "Accept-Encoding");
  }
  if (answer.gzipped) response.set(http::field::content_encoding, "gzip");
  if (!answer.file_name.empty())
    response.set(http::field::content_disposition,
                 "attachment; filename=\"" + answer.file_name + '"');
  if (answer.retry_after > 0)
    response.set(http::field::retry_after, std::to_string(answer.retry_after));
  if (!answer.allow.empty()) response.set(http::field::allow, answer.allow);
  response.keep_alive(request.keep_alive());
  // A HEAD's length is that of the body it does not get, and a 304's would be (RFC 9110, 8.6).
  if (request.method() == http::verb::head) {
    response.content_length(answer.body.size());
  } else if (answer.status != 304) {
    response.body() = std::move(answer.body);
    response.prepare_payload();
  }
  return response;
}

HttpResponse bad_request(int status, const Error& error) {
  Response answer;
  answer.status = status;
  answer.body = error_json(error);
  HttpRequest request{http::verb::get, "/", 11};
  request.keep_alive(false);
  return to_http(std::move(answer), request);
}

Error listen_error(const ServerConfig& config, const beast::error_code& error) {
  const std::string port = std::to_string(config.port);
  if (error == asio::error::address_in_use)
    return {ErrorCode::already_exists,
            "port " + port + " is in use; stop what uses it or choose another with --port N",
            "port"};
  if (error == asio::error::access_denied)
    return {ErrorCode::permission_denied,
            "port " + port + " needs more rights; choose one from 1024 to 65535 with --port N",
            "port"};
  return {ErrorCode::unavailable,
          "cannot listen on " + config.address + ":" + port + ": " + error.message(), "address"};
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
    if (error) return tl::unexpected(listen_error(config_, error));
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
        asio::steady_timer pause(self->acceptor_.get_executor(), std::chrono::milliseconds{100});
        co_await pause.async_wait(as_result);
        continue;
      }
      const auto executor = socket.get_executor();
      asio::co_spawn(executor, serve(self, beast::tcp_stream(std::move(socket))), asio::detached);
    }
  }

  static asio::awaitable<void> serve(std::shared_ptr<Impl> self, beast::tcp_stream stream) {
    beast::error_code ignored;
    stream.socket().set_option(tcp::no_delay(true), ignored);
    const std::string client = stream.socket().remote_endpoint(ignored).address().to_string();
    beast::flat_buffer buffer;
    while (!self->stopping_) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(max_header);
      parser.body_limit(max_body);
      stream.expires_after(request_timeout);
      auto [error, size] = co_await http::async_read(stream, buffer, parser, as_result);
      if (error) {
        if (const auto answer = answer_to(error))
          co_await http::async_write(stream, *answer, as_result);
        break;
      }
      HttpRequest request = parser.release();
      if (beast::websocket::is_upgrade(request)) {
        if (SocketRoute route = self->route(request); route.handler) {
          co_await (route.speaker ? serve_speaker : serve_listener)(
              std::move(stream), std::move(request), std::move(route.handler), self->open_sockets_);
          co_return;
        }
      }
      const HttpResponse response = co_await answer(self, std::move(request), client);
      auto [failed, written] = co_await http::async_write(stream, response, as_result);
      if (failed || !response.keep_alive()) break;
    }
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  static std::optional<HttpResponse> answer_to(const beast::error_code& error) {
    if (error == http::error::body_limit)
      return bad_request(413,
                         {ErrorCode::invalid_argument, "the body may have 65536 bytes", "body"});
    if (error == http::error::header_limit)
      return bad_request(431,
                         {ErrorCode::invalid_argument, "the header may have 8192 bytes", "header"});
    if (error == http::error::end_of_stream ||
        error.category() != make_error_code(http::error::bad_method).category())
      return std::nullopt;
    return bad_request(400, {ErrorCode::invalid_argument, "this is not an HTTP request", ""});
  }

  // What may wait for the flag's store does so where it holds up no session.
  static asio::awaitable<HttpResponse> answer(std::shared_ptr<Impl> self, HttpRequest request,
                                              std::string client) {
    const auto url =
        boost::urls::parse_origin_form({request.target().data(), request.target().size()});
    if (!url)
      co_return bad_request(
          400, {ErrorCode::invalid_argument, "the request's path is not well-formed", "path"});
    Request plain;
    plain.method = std::string(request.method_string());
    plain.path = url->path();
    plain.bearer = bearer_of(request);
    plain.etag = std::string(request[http::field::if_none_match]);
    plain.body = request.body();
    plain.client = client;
    plain.accepts_gzip = accepts_gzip(request);
    for (const auto& parameter : url->params()) plain.query[parameter.key] = parameter.value;
    if (!self->application_->may_wait(plain))
      co_return to_http(self->application_->handle(plain), request);
    Response waited = co_await asio::co_spawn(self->waiting_.get_executor(),
                                              handle(self, std::move(plain)), asio::use_awaitable);
    co_return to_http(std::move(waited), request);
  }

  static asio::awaitable<Response> handle(std::shared_ptr<Impl> self, Request request) {
    co_return self->application_->handle(request);
  }

  SocketRoute route(const HttpRequest& request) {
    const auto url =
        boost::urls::parse_origin_form({request.target().data(), request.target().size()});
    if (!url) return {};
    SocketRequest plain;
    plain.path = url->path();
    plain.bearer = bearer_of(request);
    for (const auto& parameter : url->params()) plain.query[parameter.key] = parameter.value;
    return application_->route(plain);
  }

  static asio::awaitable<void> sweep(std::shared_ptr<Impl> self) {
    while (!self->stopping_) {
      self->application_->sweep();
      self->open_sockets_->check(ListenerConnection::Clock::now());
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
