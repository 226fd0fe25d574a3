#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sotto::engine {

// What is spoken of a text, and what only a writer adds: case and marks. Texts are UTF-8; a byte
// that is none counts as a letter. Pure functions, thread-safe.
//
// Marks are the punctuation, quotes, brackets, dashes and spaces of the scripts that recognisers
// write. Three kinds within a word are spoken and so count: an apostrophe before a letter ("we'll"
// is not "well"), a mark between digits ("3.5" is not "35"), and signs that are read aloud (`$`,
// `%`, `&`, `+`, `#`, `@`, `=`). Case is folded in Latin, Greek, Cyrillic and Armenian letters.

/// Whether two words are the same spoken word: "Features." is "features", “don’t” is "don't",
/// "É" is "é", "e-mail" is "email".
bool same_word(std::string_view a, std::string_view b);

/// Whether two texts are the same spoken words, one by one; words are parted by white space, and
/// what has only marks is none.
bool same_words(std::string_view a, std::string_view b);

/// Where in `text` its first words end that are the same as those of `beginning`, as a count of
/// bytes, the marks behind the last included; npos where it does not begin with them.
std::size_t same_beginning(std::string_view text, std::string_view beginning);

/// Where in `text` the words end that it has in common with `other` from the start, as a count of
/// bytes; words are parted by single spaces.
std::size_t common_words(std::string_view text, std::string_view other);

/// Whether anything in `word` is spoken: "—" has nothing but marks.
bool is_spoken(std::string_view word);

/// How many bytes at the end of `word` are marks behind the last that is spoken; 0 where nothing
/// is.
std::size_t marks_behind(std::string_view word);

/// The text as spoken, case and marks folded, with single spaces between words: equal for texts
/// that are the same words.
std::string as_spoken(std::string_view text);

/// FNV-1a of the characters of as_spoken(text), the same on every machine; allocates nothing.
std::uint64_t spoken_hash(std::string_view text);

/// Whether `word`, which a point follows, is short for several: "p.m", "U.S", "Ph.D", "z.B": one or
/// two letters between its points.
bool is_dotted(std::string_view word);

/// Whether `text` begins with a digit, or a capital of the alphabets whose case is folded, marks
/// aside.
bool begins_with_digit(std::string_view text);
bool begins_with_capital(std::string_view text);

}  // namespace sotto::engine
