#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sotto::providers::sherpa {

/// A part of a sentence as it is spoken in one breath.
struct Clause {
  std::string text;
  /// The punctuation that ends it, as voices know it: one of `. , ; : ! ?`, or 0 for none.
  char mark = 0;

  bool operator==(const Clause&) const = default;
};

/// Splits a prepared text (one line of UTF-8) where punctuation is followed by a space or the end,
/// and where a dash stands between spaces. "3.5" and "Dr. Smith" are not split.
std::vector<Clause> clauses_of(std::string_view text);

/// Whether a sentence ends with the mark.
bool ends_sentence(char mark);

/// Adds a clause's phonemes and its mark to the sentences: each of them is given to a voice as one
/// piece. The last of `sentences` is open until a clause ends it. Phonemes are decomposed
/// (Unicode's form NFD, for the Latin letters that espeak-ng writes), as Piper's voices were
/// trained.
class Sentences {
 public:
  void add(std::string_view phonemes, char mark);

  /// All sentences with something to pronounce.
  std::vector<std::string> take();

 private:
  std::vector<std::string> done_;
  std::string open_;
};

}  // namespace sotto::providers::sherpa
