#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Bytes as text. All functions are thread-safe.
namespace sotto {

/// Base64 (RFC 4648, section 4): with padding, without line breaks.
std::string to_base64(std::string_view bytes);

/// The bytes of base64 text as to_base64() writes it; nothing for other text, also where it has
/// bits beyond the last byte.
std::optional<std::string> from_base64(std::string_view text);

/// Two lower-case hexadecimal digits a byte.
std::string to_hex(std::span<const unsigned char> bytes);

}  // namespace sotto
