#pragma once

#include <string>
#include <string_view>

namespace sotto::providers::apertium {

/// Whether a text is written in capitals: none of its letters is lower case, and a word has two.
bool in_capitals(std::string_view text);

/// The text in lower case but for its first letter.
std::string sentence_case(std::string_view text);
std::string upper_case(std::string_view text);

/// Undoes what Apertium does to the case of words, as tried with version 3.8. Its rules pass the
/// case of a word on to the next where they drop or do not know one:
/// - a word with capitals inside (`iPhone`, `SDK`) is written as in the source;
/// - words in capitals that the source has none for are not, where it has any (`EL habla SDK`);
/// - nor do words in mid-sentence begin with a capital where the source has none for them (`Elinor
///   Y Marianne`, `um Sabes`). Who is named in the source, in whatever translation, keeps it.
std::string with_case_of(std::string_view source, std::string_view translation);

}  // namespace sotto::providers::apertium
