#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "http_client/pairs.hpp"

namespace sotto::http_client {

/// Where requests go.
struct Endpoint {
  bool tls = true;
  std::string host = {};  ///< a name or an address, IPv6 without brackets
  std::uint16_t port = 443;
  std::string path = {};  ///< what every path begins with, without a slash at its end; often empty

  /// The Host header: the port only where it is not the scheme's own.
  std::string host_header() const;
};

/// Reads `https://host[:port][/path]` or the same with http. Errors: `invalid_argument`, naming
/// `setting` as the field.
Result<Endpoint> parse_endpoint(std::string_view url, std::string_view setting);

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  ///< path and query as they go out
  Pairs headers = {};        ///< Content-Length is added, and Host where there is none
  std::string body = {};
};

struct HttpResponse {
  int status = 0;
  Pairs headers = {};
  std::string body = {};

  /// The first header of that name, whatever its case; empty where there is none.
  std::string_view header(std::string_view name) const;
};

/// Sends requests: the outside world of everything here, so that tests need none.
class HttpSender {
 public:
  virtual ~HttpSender() = default;

  /// Sends once and waits for the whole answer, whatever its status, for no longer than `patience`.
  /// Blocks; thread-safe. Errors (none of them holds anything of the request but the host):
  /// `unavailable` where the name is unknown, nobody answers, the certificate is not trusted or the
  /// connection breaks; `deadline_exceeded`; `resource_exhausted` for an answer that is too large;
  /// `invalid_argument` for a header with a line break.
  virtual Result<HttpResponse> send(const Endpoint& endpoint, const HttpRequest& request,
                                    milliseconds patience) = 0;
};

/// Takes an answer as it comes. An error that it returns ends the exchange, which then fails with
/// it.
class HttpSink {
 public:
  virtual ~HttpSink() = default;

  /// Status and headers, once and first; the body of `head` is empty.
  virtual Result<> begin(const HttpResponse& head) = 0;

  /// The next bytes of the body, one at least.
  virtual Result<> take(std::string_view piece) = 0;
};

/// HTTP/1.1 over TCP or TLS (1.2 or newer; certificates and host names are checked), with
/// connections kept for the next request. A request that finds its kept connection closed by the
/// server, before a byte of an answer, is sent again on a new one. No proxies, no redirects.
/// Thread-safe: concurrent requests have connections of their own.
class HttpClient : public HttpSender {
 public:
  struct Config {
    /// Certificates to trust, PEM; empty: the system's.
    std::string ca_file = {};
    /// The largest body of an answer, bytes.
    std::size_t largest_body = 8 << 20;
    /// For the name, the connection and TLS together, at most.
    milliseconds connect_patience = std::chrono::seconds{2};
    /// A connection that was idle for longer is not used again. Services close theirs after a
    /// minute or later.
    milliseconds longest_idle = std::chrono::seconds{50};
  };

  /// Errors: `invalid_argument` for a `ca_file` that cannot be read.
  static Result<std::shared_ptr<HttpClient>> create(Config config);
  ~HttpClient() override;

  Result<HttpResponse> send(const Endpoint& endpoint, const HttpRequest& request,
                            milliseconds patience) override;

  /// How long an answer may take that is not kept in memory.
  struct Waits {
    milliseconds quiet;  ///< without a byte of it
    milliseconds whole;  ///< from the call to its last byte
  };

  /// Sends a request on a connection of its own, and hands its answer on as it comes, whatever its
  /// status and size. Ends at once when `stop` is requested, but for the name's look-up and the
  /// connection. Blocks; thread-safe; `sink` is called on this thread. Errors: as send(), but for
  /// `resource_exhausted`; the sink's; `unavailable` after a stop.
  Result<> receive(const Endpoint& endpoint, const HttpRequest& request, HttpSink& sink,
                   Waits waits, const std::stop_token& stop = {});

 private:
  class Impl;
  explicit HttpClient(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::http_client
