#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http_client/http.hpp"

namespace sotto::http_client {

/// What a URL points to.
struct Url {
  Endpoint endpoint;   ///< its path is empty
  std::string target;  ///< path and query

  std::string text() const;
};

/// Reads an http or https URL (RFC 3986). Errors: `invalid_argument`; its field is `url`.
Result<Url> parse_url(std::string_view text);

/// What a redirect's Location means (RFC 9110 §10.2.2), absolute or relative to `base`. Errors:
/// `invalid_argument`; and where it leads from https to http, which would give away what TLS is
/// for.
Result<Url> follow(const Url& base, std::string_view location);

}  // namespace sotto::http_client
