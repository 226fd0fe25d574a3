#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sotto::lambda {

/// The bytes of base64 text (RFC 4648, section 4: with padding, no line breaks, and no bits beyond
/// the last byte); nothing for other text.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace sotto::lambda
