// The web pages, embedded in the program: HTML, scripts, styles and icons as they go over the wire.
#pragma once

#include <span>
#include <string_view>

namespace sotto::web {

/// One file of the pages, in two representations: as it is, and for those who accept gzip. All of
/// it lives as long as the program.
struct Asset {
  std::string_view path;          ///< where the server offers it, such as "/app/listen.js"
  std::string_view content_type;  ///< value of the Content-Type header
  std::string_view body;
  std::string_view etag;  ///< strong entity tag with its quotes, from the body's SHA-256
  std::string_view gzip;  ///< the body for Content-Encoding: gzip; binary
  /// Of `gzip`: a strong tag is that of one representation (RFC 9110, 8.8.1). Whoever sends either
  /// says `Vary: Accept-Encoding`.
  std::string_view gzip_etag;
};

/// The asset at exactly `path`; nullptr when there is none. "/listen" is the listener page: the
/// server maps "/listen/{id}" to it. Thread-safe.
const Asset* find_asset(std::string_view path);

/// Every asset, in order of path.
std::span<const Asset> assets();

}  // namespace sotto::web
