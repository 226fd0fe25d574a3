#include "webhook/webhook.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <deque>
#include <mutex>

namespace sotto::webhook {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t most_waiting = 64, most_answer = 4096;
constexpr std::chrono::seconds answer_patience{10};
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

struct Target {
  std::string host, port, path;
  bool tls = false;
};

Result<Target> parse_target(const std::string& text) {
  const auto url = boost::urls::parse_uri(text);
  const bool known = url && (url->scheme() == "http" || url->scheme() == "https");
  if (!known || url->host().empty())
    return fail(ErrorCode::invalid_argument,
                "the webhook must be a URL such as https://example.org/hook", "webhook");
  Target target;
  target.tls = url->scheme() == "https";
  target.host = url->host();
  target.port = url->has_port() ? std::string(url->port()) : target.tls ? "443" : "80";
  target.path = std::string(url->encoded_target());
  if (target.path.empty()) target.path = "/";
  return target;
}

}  // namespace

class Webhook::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(const asio::any_io_executor& executor, Target target, Config config,
       const telemetry::Log* log)
      : strand_(asio::make_strand(executor)),
        target_(std::move(target)),
        config_(std::move(config)),
        log_(log) {
    tls_.set_default_verify_paths();
    tls_.set_verify_mode(asio::ssl::verify_peer);
  }

  bool post(std::string body) {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_waiting) return false;
    waiting_.push_back(std::move(body));
    if (!std::exchange(sending_, true))
      asio::co_spawn(strand_, send_all(shared_from_this()), asio::detached);
    return true;
  }

 private:
  std::string next() {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      sending_ = false;
      return {};
    }
    std::string body = std::move(waiting_.front());
    waiting_.pop_front();
    return body;
  }

  static asio::awaitable<void> send_all(std::shared_ptr<Impl> self) {
    for (std::string body = self->next(); !body.empty(); body = self->next()) {
      std::string problem = co_await send(self, body);
      for (const auto pause : self->config_.pauses) {
        if (problem.empty()) break;
        asio::steady_timer timer(self->strand_, pause);
        co_await timer.async_wait(as_result);
        problem = co_await send(self, body);
      }
      if (!problem.empty())
        self->log_->write(
            telemetry::Level::error, "webhook given up",
            {{"event", "webhook_failed"}, {"error_code", "unavailable"}, {"error", problem}});
    }
  }

  // Once. What went wrong, or nothing.
  static asio::awaitable<std::string> send(std::shared_ptr<Impl> self, std::string body) {
    const Target& target = self->target_;
    tcp::resolver resolver(self->strand_);
    auto [unknown, addresses] =
        co_await resolver.async_resolve(target.host, target.port, as_result);
    if (unknown) co_return unknown.message();
    asio::ssl::stream<tcp::socket> stream(tcp::socket(self->strand_), self->tls_);
    tcp::socket& plain = stream.next_layer();
    asio::steady_timer patience(self->strand_, answer_patience);
    // On this strand too; one that goes off as the exchange ends finds nobody there.
    const auto here = std::make_shared<bool>(true);
    patience.async_wait([&plain, here = std::weak_ptr(here)](boost::system::error_code cancelled) {
      boost::system::error_code ignored;
      if (!cancelled && !here.expired()) plain.close(ignored);
    });
    auto [unreachable, endpoint] = co_await asio::async_connect(plain, addresses, as_result);
    if (unreachable) co_return unreachable.message();
    if (!target.tls) co_return co_await exchange(plain, target, std::move(body));
    // What SSL_set_tlsext_host_name() is, without its cast.
    SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(target.host.c_str()));
    stream.set_verify_callback(asio::ssl::host_name_verification(target.host));
    auto [refused] = co_await stream.async_handshake(asio::ssl::stream_base::client, as_result);
    if (refused) co_return refused.message();
    co_return co_await exchange(stream, target, std::move(body));
  }

  // One request on a connection of its own; of the answer only its first line is read (RFC 9112).
  template <class Stream>
  static asio::awaitable<std::string> exchange(Stream& stream, const Target& target,
                                               std::string body) {
    const std::string request = "POST " + target.path + " HTTP/1.1\r\nHost: " + target.host +
                                "\r\nContent-Type: application/json\r\nConnection: close\r\n"
                                "Content-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body;
    auto [unsent, written] = co_await asio::async_write(stream, asio::buffer(request), as_result);
    if (unsent) co_return unsent.message();
    std::string answer;
    auto [unanswered, size] = co_await asio::async_read_until(
        stream, asio::dynamic_buffer(answer, most_answer), "\r\n", as_result);
    if (unanswered) co_return unanswered.message();
    const bool taken = answer.starts_with("HTTP/1.") && answer.size() > 12 && answer[9] == '2';
    co_return taken ? std::string()
                    : "answered " + answer.substr(0, std::min<std::size_t>(size - 2, 60));
  }

  const asio::strand<asio::any_io_executor> strand_;
  const Target target_;
  const Config config_;
  const telemetry::Log* const log_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};

  std::mutex mutex_;
  std::deque<std::string> waiting_;  // guarded by mutex_
  bool sending_ = false;             // guarded by mutex_
};

Result<std::shared_ptr<Webhook>> Webhook::create(asio::any_io_executor executor, Config config,
                                                 const telemetry::Log* log) {
  auto target = parse_target(config.url);
  if (!target) return tl::unexpected(target.error());
  auto impl = std::make_shared<Impl>(executor, std::move(*target), std::move(config), log);
  return std::shared_ptr<Webhook>(new Webhook(std::move(impl)));
}

bool Webhook::post(std::string body) { return impl_->post(std::move(body)); }

}  // namespace sotto::webhook
