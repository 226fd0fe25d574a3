#include "http_client/http.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <mutex>
#include <optional>
#include <vector>

#include "http_client/http_connection.hpp"
#include "http_client/tls_context.hpp"

namespace sotto::http_client {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t most_idle = 16;

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

bool one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

Result<> check_form(const Endpoint& endpoint, const HttpRequest& request) {
  bool well_formed = one_line(request.method) && one_line(request.target);
  for (const auto& [name, value] : request.headers)
    well_formed = well_formed && one_line(name) && one_line(value);
  if (!well_formed)
    return fail(ErrorCode::invalid_argument, "a header or the path of a request to " +
                                                 endpoint.host + " has a line break in it");
  return {};
}

}  // namespace

std::string Endpoint::host_header() const {
  const std::string shown = host.find(':') != std::string::npos ? "[" + host + "]" : host;
  return port == (tls ? 443 : 80) ? shown : shown + ":" + std::to_string(port);
}

Result<Endpoint> parse_endpoint(std::string_view text, std::string_view setting) {
  const auto url = boost::urls::parse_uri(text);
  const bool usable = url && (url->scheme() == "http" || url->scheme() == "https") &&
                      !url->host().empty() && !url->has_query() && !url->has_fragment() &&
                      !url->has_userinfo() && !(url->has_port() && url->port_number() == 0);
  if (!usable)
    return fail(ErrorCode::invalid_argument,
                std::string(setting) + " must be a URL such as https://host:8443",
                std::string(setting));
  Endpoint endpoint;
  endpoint.tls = url->scheme() == "https";
  endpoint.host = std::string(url->host_address());
  endpoint.port = url->has_port() ? url->port_number() : endpoint.tls ? 443 : 80;
  endpoint.path = std::string(url->encoded_path());
  while (endpoint.path.ends_with('/')) endpoint.path.pop_back();
  return endpoint;
}

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return value;
  return {};
}

class HttpClient::Impl {
 public:
  explicit Impl(Config config) : config_(std::move(config)) {}

  boost::system::error_code trust() { return trust_certificates(tls_, config_.ca_file); }

  Result<HttpResponse> send(const Endpoint& endpoint, const HttpRequest& request,
                            Clock::time_point deadline) {
    if (auto kept = take(endpoint)) {
      auto answer = exchange(std::move(kept), endpoint, request, deadline);
      if (answer) return std::move(*answer);
    }
    const auto connected_by =
        std::min(deadline, Clock::now() + Clock::duration(config_.connect_patience));
    auto opened = HttpConnection::open(endpoint, &tls_, connected_by);
    if (!opened) return tl::unexpected(opened.error());
    return *exchange(std::move(*opened), endpoint, request, deadline, true);
  }

  Result<> receive(const Endpoint& endpoint, const HttpRequest& request, HttpSink& sink,
                   const Waits& waits, const std::stop_token& stop) {
    const auto now = Clock::now(), deadline = now + Clock::duration(waits.whole);
    const auto connected_by = std::min(deadline, now + Clock::duration(config_.connect_patience));
    const auto opened = HttpConnection::open(endpoint, &tls_, connected_by);
    if (!opened) return tl::unexpected(opened.error());
    return (*opened)->receive(endpoint, request, sink, waits.quiet, deadline, stop);
  }

 private:
  struct Idle {
    std::string key;
    std::unique_ptr<HttpConnection> connection;
    Clock::time_point since;
  };

  static std::string key_of(const Endpoint& endpoint) {
    return (endpoint.tls ? "https " : "http ") + endpoint.host_header();
  }

  std::unique_ptr<HttpConnection> take(const Endpoint& endpoint) {
    const std::string key = key_of(endpoint);
    const std::lock_guard lock(mutex_);
    std::erase_if(idle_, [oldest = Clock::now() - config_.longest_idle](const Idle& idle) {
      return idle.since < oldest;
    });
    // The one that was used last is the least likely to have been closed.
    while (true) {
      const auto found = std::find_if(idle_.rbegin(), idle_.rend(),
                                      [&](const Idle& idle) { return idle.key == key; });
      if (found == idle_.rend()) return nullptr;
      auto connection = std::move(found->connection);
      idle_.erase(std::next(found).base());
      if (connection->is_reusable()) return connection;
    }
  }

  // Nothing where a kept connection turns out to be closed: the request may be sent again.
  std::optional<Result<HttpResponse>> exchange(std::unique_ptr<HttpConnection> connection,
                                               const Endpoint& endpoint, const HttpRequest& request,
                                               Clock::time_point deadline, bool is_new = false) {
    auto answer = connection->exchange(endpoint, request, config_.largest_body, deadline);
    if (!answer && !is_new && connection->closed_unanswered()) return std::nullopt;
    if (answer && connection->is_reusable()) {
      const std::lock_guard lock(mutex_);
      if (idle_.size() >= most_idle) idle_.erase(idle_.begin());
      idle_.push_back({key_of(endpoint), std::move(connection), Clock::now()});
    }
    return answer;
  }

  const Config config_;
  boost::asio::ssl::context tls_{boost::asio::ssl::context::tls_client};

  std::mutex mutex_;
  std::vector<Idle> idle_;  // guarded by mutex_; oldest first
};

HttpClient::HttpClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpClient::~HttpClient() = default;

Result<std::shared_ptr<HttpClient>> HttpClient::create(Config config) {
  const std::string ca_file = config.ca_file;
  auto impl = std::make_unique<Impl>(std::move(config));
  if (impl->trust())
    return fail(ErrorCode::invalid_argument,
                "cannot read certificates from " + ca_file + "; it must be a file in PEM form",
                "ca_file");
  return std::shared_ptr<HttpClient>(new HttpClient(std::move(impl)));
}

Result<HttpResponse> HttpClient::send(const Endpoint& endpoint, const HttpRequest& request,
                                      milliseconds patience) {
  if (auto formed = check_form(endpoint, request); !formed) return tl::unexpected(formed.error());
  return impl_->send(endpoint, request, Clock::now() + patience);
}

Result<> HttpClient::receive(const Endpoint& endpoint, const HttpRequest& request, HttpSink& sink,
                             Waits waits, const std::stop_token& stop) {
  if (auto formed = check_form(endpoint, request); !formed) return formed;
  return impl_->receive(endpoint, request, sink, waits, stop);
}

}  // namespace sotto::http_client
