#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "ports/translator.hpp"

namespace sotto::providers::apertium {

/// A text made ready for Apertium, with what finish() has to undo.
struct PreparedText {
  std::string text;          ///< one line, single spaces, not yet escaped
  bool needs_engine = true;  ///< false: nothing to translate, `text` is the answer
  bool stop_added = false;   ///< a final full stop was appended
  bool lower_first = false;  ///< the source began in lower case, and not by a lone `i`
  bool capitals = false;     ///< the source is in capitals
  bool english = false;      ///< prepare_english() has been at it
  std::string source = {};   ///< in one line, as it was written
};

/// Makes `source` fit for Apertium, as tried with version 3.8:
/// - control characters, line breaks and noncharacters become spaces (U+FFFF ends Apertium's
///   reading of its input), runs of spaces become one, the ends are trimmed;
/// - `~`, which Apertium swallows, travels as U+223C;
/// - a word longer than 512 bytes is parted by a space (8,000 letters in a row hang it);
/// - a text of several words in capitals is put into lower case;
/// - English is prepared by prepare_english();
/// - a text that ends in no sentence punctuation gets a full stop, apart from its last word.
/// A text without a letter or digit needs no engine and is its own translation; blank text gives
/// an empty one. Errors: `invalid_argument` for a text over `most_bytes`, one that is not UTF-8,
/// and one with a NUL, which is the mark between requests.
Result<PreparedText> prepare(std::string_view source, const Language& language,
                             std::size_t most_bytes = ports::Translator::max_text_bytes);

/// Parts a prepared text into pieces of at most 1,000 bytes, to be translated one after the other:
/// after the last sentence that fits, else after the last word that does. Apertium's time grows
/// with the square of a sentence's length (eng-cat, one noun over and over: 0.2 s at 200 words, 7 s
/// at 1,400). Nearly every text is one piece.
std::vector<std::string_view> pieces(std::string_view prepared_text);

/// Turns Apertium's answer to `prepared` into the translation: spaces collapsed and trimmed, none
/// before a full stop or comma, `~` restored, an added stop removed, and a first letter in lower
/// case where the source had one. The first word keeps its capital when the source has the very
/// same word or when its second letter is a capital too. Of two words with a slash between them the
/// first is taken, where the source has no slash. What was in capitals is again; else the case of
/// words is put right by with_case_of().
std::string finish(std::string_view answer, const PreparedText& prepared);

/// Puts a backslash before each character that Apertium's stream format reserves: \ ^ $ / [ ] { }
/// < > @. Without it an unclosed `[` makes the engine wait for ever.
std::string escape(std::string_view text);

/// Takes escape()'s backslashes away. A lone one at the end stays.
std::string unescape(std::string_view text);

}  // namespace sotto::providers::apertium
