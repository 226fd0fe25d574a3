#pragma once

#include <array>
#include <string_view>

namespace sotto::providers::aws {

/// The 32 bytes of a SHA-256 or of a message code made with it.
using Digest = std::array<unsigned char, 32>;

/// SHA-256 (FIPS 180-4), by OpenSSL. Thread-safe.
Digest sha256(std::string_view text);

/// HMAC-SHA256 (RFC 2104), by OpenSSL. Thread-safe.
Digest hmac_sha256(std::string_view key, std::string_view text);

/// A digest's bytes as text, to use as the key of the next.
inline std::string_view as_key(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace sotto::providers::aws
