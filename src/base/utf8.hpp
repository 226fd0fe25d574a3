#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// UTF-8 (RFC 3629) by code points. All functions are thread-safe.
namespace sotto::utf8 {

/// Does the byte stand inside a code point, behind its first byte?
constexpr bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// Decodes the code point that begins at `at` and moves `at` behind it. Nothing, and `at` stays,
/// at the end and at anything RFC 3629 forbids: overlong forms, surrogates, values above U+10FFFF.
std::optional<char32_t> next(std::string_view text, std::size_t& at);

/// Appends `code_point`, which must be a Unicode scalar value, to `out`.
void append(std::string& out, char32_t code_point);

bool is_valid(std::string_view text);

/// The length in code points. In a text that is not valid: the bytes that continue none.
std::size_t length(std::string_view text);

/// The longest beginning of at most `most` bytes that cuts no code point. A view into `text`.
std::string_view first_bytes(std::string_view text, std::size_t most);

/// The last `most` code points; the whole text if it has no more. A view into `text`.
std::string_view last_code_points(std::string_view text, std::size_t most);

/// Takes away the last code point; an empty text stays empty.
void remove_last(std::string& text);

}  // namespace sotto::utf8
