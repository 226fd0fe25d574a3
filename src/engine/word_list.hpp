#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/session_time.hpp"
#include "engine/word_text.hpp"
#include "transcript/event.hpp"

namespace sotto::engine {

/// A moment of a session in 32 bits: milliseconds since its audio began, up to 24 days; what lies
/// outside counts as the nearest end.
class CompactTime {
 public:
  CompactTime() = default;
  CompactTime(SessionTime t);
  operator SessionTime() const { return at_ms(ms_); }

  friend milliseconds operator-(CompactTime a, CompactTime b) {
    return SessionTime{a} - SessionTime{b};
  }
  friend auto operator<=>(CompactTime, CompactTime) = default;

 private:
  std::int32_t ms_ = 0;
};

/// How sure a recogniser is of a word, 0 to 1 in steps of 1/65534, or nothing where it does not
/// say; in 16 bits.
class CompactConfidence {
 public:
  CompactConfidence() = default;
  /// What lies outside counts as the nearest end.
  CompactConfidence(std::optional<float> confidence);
  std::optional<float> value() const;

  std::uint16_t bits() const { return bits_; }
  static CompactConfidence of_bits(std::uint16_t bits);

  friend bool operator==(CompactConfidence, CompactConfidence) = default;

 private:
  std::uint16_t bits_ = 0;  // 0: nothing
};

/// A word of a hypothesis: where its text is in its list, and what is known of it.
struct Word {
  std::uint32_t first = 0;  ///< in the list's text
  std::uint32_t length = 0;
  CompactTime start;
  CompactTime end;
  /// The place in the audio of the first hypothesis since which all words up to here are unchanged.
  CompactTime agreed_since;
  CompactConfidence confidence;  ///< in the newest hypothesis that was read up to here
  transcript::StableFlag flag = transcript::StableFlag::missing;
};

/// Words in order, their texts in one string with a space between two, so that the text of any
/// stretch of words is a view. Cleared and filled again it stops allocating. Not thread-safe.
///
/// The marks behind the last word can be withheld, where words to come may change them: they are
/// then in no text but all(), until they are released or words are appended or taken away.
class WordList {
 public:
  std::size_t size() const { return words_.size(); }
  bool empty() const { return words_.empty(); }
  Word& operator[](std::size_t index) { return words_[index]; }
  const Word& operator[](std::size_t index) const { return words_[index]; }
  const Word& back() const { return words_.back(); }

  /// The word's text, as shown, with the punctuation that follows it. Views live until the list
  /// changes.
  std::string_view text(std::size_t index) const {
    return std::string_view(text_).substr(words_[index].first, words_[index].length);
  }

  /// `count` words from `first` on, with single spaces between; empty for none.
  std::string_view text(std::size_t first, std::size_t count) const;

  /// The text of all words, with the marks that are withheld from the last.
  std::string_view all() const { return text_; }

  /// The marks that are withheld from the last word; empty where none are.
  std::string_view withheld() const { return std::string_view(text_).substr(end_of_words()); }

  /// Withholds the marks behind the last word, but the point of "p.m.".
  void withhold_last_marks();

  /// Gives the last word the marks that were withheld from it; says whether there were any.
  bool release_last_marks();

  /// Appends a word; `word.first` and `word.length` are set here.
  void append(std::string_view text, Word word);

  /// Begins anew with a whole text, of which append_part() then says where its words are.
  void begin_with(std::string_view text);

  /// Appends the word at text [first, first + length); parts rise, and a space is between two.
  void append_part(std::size_t first, std::size_t length, Word word);

  /// Appends `count` words of another list from `first` on; with its last, what is withheld from
  /// it.
  void append(const WordList& other, std::size_t first, std::size_t count);

  /// Joins punctuation to the last word; there must be one.
  void extend_last(std::string_view punctuation);

  void clear();

  /// Makes room for `words` words and `bytes` of text.
  void reserve(std::size_t words, std::size_t bytes);

  /// Keeps the first `count` words; all of them with what is withheld from the last.
  void truncate(std::size_t count);

  /// Gives back what memory is held beyond room for `words` words and `bytes` of text.
  void shrink(std::size_t words, std::size_t bytes);

  /// Bytes of text.
  std::size_t bytes() const { return text_.size(); }

 private:
  std::size_t end_of_words() const {
    return words_.empty() ? 0 : words_.back().first + std::size_t{words_.back().length};
  }
  void drop_withheld() {
    if (text_.size() > end_of_words()) text_.resize(end_of_words());
  }

  std::string text_;
  std::vector<Word> words_;
};

/// How much of a result is read.
struct ReadLimit {
  std::size_t words = static_cast<std::size_t>(-1);
  std::size_t bytes = static_cast<std::size_t>(-1);
};

/// Reads a result's words into `words` (replaced), as far as `limit`: items where it has any, each
/// punctuation mark joined to the word before it, else its transcript split at white space, but not
/// before marks that stand alone, and spread evenly over its time. `agreed_since` is the result's
/// end.
void read_words(const transcript::RecognitionResult& result, const ReadLimit& limit,
                WordList& words);

/// Reads the words of a result that come after `known`, the first `known_words` words of its
/// transcript as an earlier hypothesis had them, into `words` (replaced). False, and `words` is
/// unspecified, where the transcript does not begin with them or is not simply its items with
/// single spaces between words, or where it is longer than `limit`: then read_words() must be
/// asked.
bool read_words_after(const transcript::RecognitionResult& result, std::string_view known,
                      std::size_t known_words, const ReadLimit& limit, WordList& words);

/// Carries over what is known of the older hypothesis of the same result, from its word `older_at`
/// and the newer's word `newer_at` on: as long as the words are the same they keep the older
/// agreed_since, and a word once flagged stable stays so. Returns how many words are the same.
std::size_t carry_agreement(const WordList& older, std::size_t older_at, WordList& newer,
                            std::size_t newer_at);

}  // namespace sotto::engine
