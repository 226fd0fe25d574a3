#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::providers::web_translators {

/// The text in one line: a space for each run of spaces, control characters and line breaks (the
/// Unicode ones too), none at the ends. `text` is UTF-8.
std::string one_line(std::string_view text);

/// Whether there is anything to translate: an ASCII letter or digit, or anything beyond ASCII.
bool needs_engine(std::string_view text);

/// Letters of ASCII in lower case; the rest as it is.
std::string to_lower(std::string_view text);

/// The words between the spaces, views into `text`.
std::vector<std::string_view> words_of(std::string_view text);

/// How much a text says: its code points, each of Chinese, Japanese and Korean three times, so that
/// translations are about as long as what they translate in any two languages.
std::size_t weight(std::string_view text);

/// How often in a row a group of up to 8 words is said at the most; 1 where nothing is repeated, 0
/// for an empty text.
std::size_t repetitions(std::string_view text);

}  // namespace sotto::providers::web_translators
