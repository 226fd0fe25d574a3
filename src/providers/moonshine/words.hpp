#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "providers/moonshine/speech_model.hpp"

namespace sotto::providers::moonshine {

/// A word of an answer with the marks around it, as it is written.
struct Word {
  std::string text;
  /// The least probability of its tokens; those that hold nothing but marks do not count.
  float probability = 1;
  std::size_t first_token = 0;
  std::size_t last_token = 0;    ///< one behind its last
  std::size_t last_letters = 0;  ///< one behind its last that holds more than marks

  friend bool operator==(const Word&, const Word&) = default;
};

/// The words of an answer. A word begins with a space; bytes that are no UTF-8 are left out.
std::vector<Word> words_of(std::span<const Token> tokens, const Vocabulary& vocabulary);

/// Without the marks around it and in lower case (ASCII): what is compared. Empty for a word that
/// is nothing but marks.
std::string plain(std::string_view word);

/// How many bytes at the word's end are closing marks: of `now."` two. None where nothing else
/// would be left.
std::size_t closing_marks(std::string_view word);

}  // namespace sotto::providers::moonshine
