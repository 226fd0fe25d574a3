#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sotto::providers::apertium {

/// Decodes the code point that begins at `at` and moves `at` behind it. Nothing, and `at` stays,
/// at the end and at anything RFC 3629 forbids: overlong forms, surrogates, values above U+10FFFF.
std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at);

/// Appends `code_point` (a Unicode scalar value) to `out`.
void append_utf8(std::string& out, char32_t code_point);

bool is_valid_utf8(std::string_view text);

/// Whether a code point can be part of a word or number. An approximation without Unicode tables:
/// everything counts but ASCII and Latin-1 punctuation and the blocks of punctuation, symbols,
/// arrows, dingbats and emoji.
bool is_word_character(char32_t code_point);

/// The lower-case form of an upper-case letter of ASCII, Latin-1 or Latin Extended-A; every other
/// code point is returned as it is.
char32_t to_lower(char32_t code_point);

/// Whether it is an upper-case letter of ASCII, Latin-1 or Latin Extended-A.
bool is_upper(char32_t code_point);

/// Whether it is a lower-case letter of ASCII, Latin-1 or Latin Extended-A.
bool is_lower(char32_t code_point);

}  // namespace sotto::providers::apertium
