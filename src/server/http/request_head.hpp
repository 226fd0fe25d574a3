#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sotto::server {

/// A request that is refused before anybody looks at what it asks.
struct Refusal {
  int status = 400;
  Error error;
};

/// That a part of a request has more than `most` bytes.
Refusal too_long(int status, const std::string& part, std::size_t most);

/// The request line and the fields of an HTTP/1.0 or 1.1 request.
struct RequestHead {
  std::string method;  ///< as it was sent; methods are case-sensitive
  std::string target;  ///< in origin form: begins with a slash
  int minor = 1;       ///< of HTTP/1.minor: 0 or 1
  /// In the order of the request; names in lower case, values without white space around them.
  std::vector<std::pair<std::string, std::string>> fields;

  /// How many fields have a name, which is in lower case.
  std::size_t count(std::string_view name) const;
  /// The value of the first of them, or nothing.
  std::string_view value(std::string_view name) const;
  /// All their values, joined by ", " (RFC 9110, section 5.3).
  std::string joined(std::string_view name) const;
  /// Whether an element of a comma-separated field is this, whatever its case.
  bool lists(std::string_view name, std::string_view element) const;

  /// Whether the connection stays (RFC 9112, section 9.3).
  bool keep_alive() const;
  /// Whether it asks for a WebSocket (RFC 6455, section 4.2.1).
  bool asks_for_websocket() const;
  /// The token of "Authorization: Bearer", or nothing.
  std::string bearer() const;
};

/// The most that a head may have, in bytes.
inline constexpr std::size_t max_head = 8 * 1024;

/// Where a head ends, behind its empty line; nothing if that has not come yet.
std::optional<std::size_t> head_end(std::string_view bytes);

/// Whether these bytes cannot become a head, whatever follows: they have control characters, or a
/// line's end that is not CR LF.
bool never_a_head(std::string_view bytes);

/// Reads a whole head, strictly (RFC 9112): what two servers could understand differently is
/// refused, so that nobody smuggles a request past a proxy. That is a folded field, white space
/// before a colon, a Host that is missing, double or malformed, a Content-Length that is double or
/// no number, and every Transfer-Encoding but "chunked". Statuses: 400; 501 for a transfer coding
/// that is not known, 505 for another version of HTTP, 417 for an expectation that is not.
tl::expected<RequestHead, Refusal> parse_head(std::string_view bytes);

/// Why the handshake of a WebSocket is refused (RFC 6455, section 4.2): a key that is not the
/// base64 of 16 bytes, with 400; another version than 13, with 426. Nothing: it is sound.
std::optional<Refusal> check_handshake(const RequestHead& head);

}  // namespace sotto::server
