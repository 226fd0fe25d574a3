#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace sotto::access {

/// Gives uniformly distributed numbers; the argument is the bound, the answer is below it.
using RandomBelow = std::function<std::size_t(std::size_t)>;

/// The system's cryptographic randomness. Thread-safe.
RandomBelow secure_random();

/// A new id that people can say aloud, `adjective-noun-number` with a number from 100 to 999: about
/// 3.7 million of them.
SessionId make_session_id(const RandomBelow& random);

/// A secret of 256 bits as 43 URL-safe characters (RFC 4648, section 5, without padding).
std::string make_token(const RandomBelow& random);

/// The SHA-256 of a token in hexadecimal: what is kept of it, on the disk and in memory.
std::string token_digest(std::string_view token);

/// Whether a token has that digest, compared in constant time. An empty digest matches no token.
bool has_digest(std::string_view token, std::string_view digest);

/// Whether two tokens are equal, compared in constant time.
bool same_token(std::string_view a, std::string_view b);

}  // namespace sotto::access
