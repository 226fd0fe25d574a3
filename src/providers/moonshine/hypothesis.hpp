#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/session_time.hpp"
#include "providers/moonshine/words.hpp"

namespace sotto::providers::moonshine {

/// What of an answer is to be believed, and what spoke against the rest.
struct Checked {
  std::vector<Word> words;
  bool looped = false;  ///< it went round, or went on to its limit; the repetitions are gone
};

/// Takes out what a model says on cut sound and nobody said: a tail that repeats. What it repeats
/// is kept once; a tail that begins with the end of a word ("associated with sociated with") goes
/// whole, and so does a word that is the same letters over and over. Fewer than four words two or
/// three times stay: people do that. An answer without a letter has no words.
Checked check_answer(const Answer& answer, const Vocabulary& vocabulary);

/// The hypotheses of one open utterance: which words have stood, and for how long.
class Agreement {
 public:
  /// How far words are trusted to begin the next answer.
  struct Trust {
    std::size_t hypotheses = 3;  ///< that agreed on all words up to it
    std::size_t words_after = 2;
    float probability = 0.6f;  ///< of it and all before, in each of them
  };

  /// Takes the next hypothesis, which reaches to `heard_to` in its utterance.
  void take(std::vector<Word> words, std::span<const Token> tokens, milliseconds heard_to);

  /// The words of the newest hypothesis.
  const std::vector<Word>& words() const { return words_; }

  /// For each of them how far the first hypothesis reached that had it there.
  std::span<const milliseconds> heard_by() const { return heard_by_; }

  /// How many of the newest words at least `hypotheses` in a row agreed on.
  std::size_t agreed(std::size_t hypotheses) const;

  /// The tokens that the next answer may begin with.
  std::vector<TokenId> prefix(const Trust& trust) const;

  void clear();

 private:
  std::vector<Word> words_;
  std::vector<Token> tokens_;
  std::vector<milliseconds> heard_by_;
  std::vector<std::size_t> seen_;  // hypotheses in a row, for each word
  std::vector<float> least_;       // its least probability in them
};

/// Whether the sound speaks against the words that an answer was made to begin with: its model
/// finds one of their tokens less likely than `least`.
bool contradicts(const Answer& answer, std::size_t prefix, float least);

/// How many of `words` stand in `others`, in order (longest common subsequence of plain words).
std::size_t common_words(std::span<const Word> words, std::span<const Word> others);

}  // namespace sotto::providers::moonshine
