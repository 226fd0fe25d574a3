#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sotto::providers::espeak {

/// Makes `source` fit for espeak-ng's stdin, so that it is read out and never obeyed, as tried with
/// version 1.51:
/// - control characters, line breaks and the code points that espeak-ng uses as marks of its own
///   (U+0530 and U+0557, which are no characters) become spaces, runs of spaces become one, the
///   ends are trimmed: U+0001 begins a command, a NUL ends the text;
/// - `[` and `]`, two of which enclose phoneme names (also with a soft hyphen between them), become
///   `(` and `)`, which sound the same.
/// Tags and entities need no treatment: without -m they are read out.
/// Errors: `invalid_argument` for a text over the port's max_text_bytes, one that is not UTF-8, and
/// one in which nothing is left.
Result<std::string> prepare(std::string_view source);

}  // namespace sotto::providers::espeak
