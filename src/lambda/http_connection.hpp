#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sotto::lambda {

/// An answer of HTTP.
struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;

  /// The first header of that name (lower case); empty where there is none.
  std::string_view header(std::string_view name) const;
};

/// A plain HTTP/1.1 client of one server on this machine, over one connection that is kept and made
/// anew when it was closed: no TLS, no names but `localhost`, no redirects. It waits for as long as
/// it takes. Answers have at most 64 kB of headers and 8 MB of body, chunked or not. Not
/// thread-safe.
class HttpConnection {
 public:
  /// `address` is `HOST:PORT` with an IPv4 address or `localhost` (port 80 without one). Errors:
  /// `invalid_argument`.
  static Result<HttpConnection> create(const std::string& address);

  HttpConnection(HttpConnection&& other) noexcept;
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection();

  /// Asks and waits for the answer. `headers` are whole lines, each ending in CRLF. Where a kept
  /// connection turns out to be closed before a byte of an answer has come, it asks once more on a
  /// new one. Errors: `unavailable`.
  Result<HttpAnswer> ask(std::string_view method, std::string_view path, std::string_view headers,
                         std::string_view body);

 private:
  HttpConnection(std::uint32_t ip, std::uint16_t port, std::string host)
      : ip_(ip), port_(port), host_(std::move(host)) {}

  Result<> connect();
  void close();
  Result<> send(std::string_view bytes);
  Result<HttpAnswer> read_answer();
  Result<bool> read_more();
  Result<std::string> read_line(std::size_t most);
  Result<std::string> read_bytes(std::size_t count);
  Result<std::string> read_chunks();
  Result<std::string> read_to_the_end();
  Result<std::string> read_body(const HttpAnswer& answer);

  // constant after construction
  std::uint32_t ip_;  // in network order
  std::uint16_t port_;
  std::string host_;

  int socket_ = -1;
  std::string received_;  // and not read yet
};

}  // namespace sotto::lambda
