#pragma once

#include <optional>
#include <string>

namespace sotto::providers::aws {

/// Bytes as base64 text (RFC 4648, section 4, with padding, no line breaks), as AWS's JSON
/// protocols have blobs. Up to 2^30 bytes.
std::string to_base64(const std::string& bytes);

/// The bytes of base64 text; nothing for other text.
std::optional<std::string> from_base64(const std::string& text);

}  // namespace sotto::providers::aws
