#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sotto::providers::bergamot {

/// A text made ready for the engine.
struct PreparedText {
  std::string text;          ///< one line, single spaces
  bool needs_engine = true;  ///< false: nothing to translate, `text` is the answer
};

/// Makes `source` fit for the engine: control characters, line breaks and noncharacters become
/// spaces, runs of spaces one, the ends are trimmed. A text without a letter or digit needs no
/// engine and is its own translation; blank text gives an empty one. Errors: `invalid_argument` for
/// a text over the translator port's max_text_bytes and one that is not UTF-8.
Result<PreparedText> prepare(std::string_view source);

/// The translation of `source` (a prepared text) that the engine's answer holds, with single
/// spaces. Errors: `unavailable` where it is none: nothing at all, many times longer than its
/// source, or the same words over and over where the source does not repeat itself, as models at
/// times do.
Result<std::string> translation_in(std::string_view answer, std::string_view source);

}  // namespace sotto::providers::bergamot
