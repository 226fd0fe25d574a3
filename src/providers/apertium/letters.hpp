#pragma once

namespace sotto::providers::apertium {

/// Whether a code point can be part of a word or number. An approximation without Unicode tables:
/// everything counts but ASCII and Latin-1 punctuation and the blocks of punctuation, symbols,
/// arrows, dingbats and emoji.
bool is_word_character(char32_t code_point);

/// The lower-case form of an upper-case letter of ASCII, Latin-1 or Latin Extended-A; every other
/// code point is returned as it is.
char32_t to_lower(char32_t code_point);

/// The upper-case form of a lower-case letter of the same, but for `ß`; every other code point is
/// returned as it is.
char32_t to_upper(char32_t code_point);

/// Whether it is an upper-case letter of ASCII, Latin-1 or Latin Extended-A.
bool is_upper(char32_t code_point);

/// Whether it is a lower-case letter of ASCII, Latin-1 or Latin Extended-A.
bool is_lower(char32_t code_point);

}  // namespace sotto::providers::apertium
