#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transcript/event.hpp"

namespace sotto::engine {

/// A word of the newest hypothesis of an open result.
struct Word {
  std::string text;  ///< as shown, with the punctuation that follows it
  SessionTime start{};
  SessionTime end{};
  SessionTime agreed_since{};  ///< the audio place of the first hypothesis since which all up to
                               ///< here is unchanged
  transcript::StableFlag flag = transcript::StableFlag::missing;
};

/// Whether two words are the same spoken word: ASCII case and punctuation around them do not count.
bool same_word(std::string_view a, std::string_view b);

/// Reads a result's words into `words` (replaced): items where it has any, each punctuation mark
/// joined to the word before it, else its transcript split at spaces and spread evenly over its
/// time. `agreed_since` is the result's end.
void read_words(const transcript::RecognitionResult& result, std::vector<Word>& words);

/// Carries agreement over from the `older` hypothesis of the same result: words of the common
/// prefix keep their agreed_since.
void carry_agreement(std::span<const Word> older, std::span<Word> newer);

/// The words joined by single spaces.
std::string join(std::span<const Word> words);

}  // namespace sotto::engine
