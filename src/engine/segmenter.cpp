#include "engine/segmenter.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace sotto::engine {

namespace {

// Titles, Latin and calendar short forms that are followed by more of the sentence.
constexpr auto abbreviations = std::to_array<std::string_view>(
    {"mr",     "mrs", "ms",  "messrs", "mx",  "dr",   "prof", "st",   "sr",   "jr",  "vs",   "cf",
     "approx", "ca",  "vol", "fig",    "al",  "pp",   "gen",  "col",  "lt",   "sgt", "capt", "maj",
     "adm",    "gov", "sen", "rep",    "rev", "hon",  "mt",   "ft",   "inc",  "ltd", "co",   "corp",
     "dept",   "est", "jan", "feb",    "mar", "apr",  "aug",  "sept", "oct",  "nov", "dec",  "sra",
     "srta",   "dra", "ud",  "uds",    "mme", "mlle", "bzw",  "vgl",  "evtl", "str"});

// Short forms only before a number: "No." is an answer, too.
constexpr auto before_numbers = std::to_array<std::string_view>({"no", "nos", "nr", "p", "art"});

// Those that may end a sentence as well; then a capital follows.
constexpr auto often_last = std::to_array<std::string_view>({"etc", "usw", "a.m", "p.m"});

constexpr auto closers = std::to_array<std::string_view>(
    {"\"", "'", ")", "]", "}", "\u201D", "\u2019", "\u201C", "\u00BB", "\u203A", "\u300D", "\u300F",
     "\uFF09", "\u3011", "\u300B", "\uFF02"});  // ” ’ “ » › 」 』 ） 】 》 ＂

constexpr auto sentence_marks = std::to_array<std::string_view>(
    {"?", "!", "\u2026", "\u3002", "\uFF1F", "\uFF01", "\uFF0E", "\uFF61", "\u061F", "\u06D4",
     "\u0964", "\u203C", "\u2047", "\u2048", "\u2049"});  // … 。 ？ ！ ． ｡ ؟ ۔ । ‼ ⁇ ⁈ ⁉

constexpr auto clause_marks = std::to_array<std::string_view>(
    {",", ";", ":", "--", "\u2014", "\u2013", "\u2015", "\u3001", "\uFF0C", "\uFF1B", "\uFF1A",
     "\uFF64", "\u060C", "\u061B"});  // — – ― 、 ， ； ： ､ ، ؛

// The first of the marks that `word` ends with; empty where it ends with none.
template <std::size_t N>
std::string_view mark_at_end(std::string_view word, const std::array<std::string_view, N>& marks) {
  if (word.empty()) return {};
  const auto found = std::find_if(marks.begin(), marks.end(), [&](std::string_view mark) {
    return mark.back() == word.back() && word.ends_with(mark);
  });
  return found == marks.end() ? std::string_view() : *found;
}

// Whether the word is one of the forms, in whatever case, opening quotes and brackets aside.
template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& known) {
  while (!word.empty() && (word[0] == '(' || word[0] == '[' || word[0] == '"'))
    word.remove_prefix(1);
  return std::any_of(known.begin(), known.end(), [&](std::string_view form) {
    return std::equal(word.begin(), word.end(), form.begin(), form.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
  });
}

std::string_view without_closers(std::string_view word) {
  for (std::string_view mark = mark_at_end(word, closers); !mark.empty();
       mark = mark_at_end(word, closers))
    word.remove_suffix(mark.size());
  return word;
}

// Most words end in a letter or digit, and so end nothing.
bool ends_plainly(std::string_view word) {
  if (word.empty()) return true;
  const char last = word.back();
  return (last >= 'a' && last <= 'z') || (last >= 'A' && last <= 'Z') ||
         (last >= '0' && last <= '9');
}

// "3" or "1,5": more digits may follow the point.
bool is_short_number(std::string_view word) {
  return word.size() < 3 && std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= '0' && c <= '9') || c == ',' || c == '.';
         });
}

// "J", "S": no word of its own but "I", unless more initials follow.
bool is_initial(std::string_view word, std::string_view next) {
  if (word.size() != 1 || word[0] < 'A' || word[0] > 'Z') return false;
  const bool in_series = next.size() >= 2 && next[1] == '.' && next[0] >= 'A' && next[0] <= 'Z';
  return word[0] != 'I' || in_series;
}

// Whether the point behind `word` is part of it, or of a number that goes on.
bool point_is_inside(std::string_view word, std::string_view next) {
  if (is_one_of(word, often_last)) return !begins_with_capital(next);
  if (is_initial(word, next) || is_short_number(word) || is_dotted(word) ||
      is_one_of(word, abbreviations))
    return true;
  if (!begins_with_digit(next)) return false;
  return is_one_of(word, before_numbers) || (word.back() >= '0' && word.back() <= '9');
}

// The gap that ends a segment of `length` words: phrase_gap at phrase_words, falling evenly to
// nothing at segment_words.
milliseconds gap_wanted(std::size_t length, const Settings& settings) {
  const auto room = static_cast<milliseconds::rep>(settings.segment_words - settings.phrase_words);
  const auto left = static_cast<milliseconds::rep>(settings.segment_words - length);
  return room == 0 ? milliseconds{0} : settings.phrase_gap * left / room;
}

}  // namespace

bool ends_sentence(std::string_view word, std::string_view next) {
  if (ends_plainly(word)) return false;
  word = without_closers(word);
  if (!mark_at_end(word, sentence_marks).empty()) return true;
  if (!word.ends_with(".")) return false;
  word.remove_suffix(1);
  if (word.empty() || word.ends_with(".")) return true;  // an ellipsis of dots
  return !point_is_inside(word, next);
}

bool ends_clause(std::string_view word) {
  return !ends_plainly(word) && !mark_at_end(without_closers(word), clause_marks).empty();
}

namespace {

std::string_view text_at(const WordList& words, std::size_t index) {
  return index < words.size() ? words.text(index) : std::string_view();
}

// Whether a mark ends the segment that begins at `first` behind words[last], and within its limit.
bool mark_follows(const WordList& words, std::size_t first, std::size_t last,
                  const Settings& settings) {
  const std::size_t end = std::min(words.size(), first + settings.segment_words);
  for (std::size_t i = last + 1; i < end; ++i)
    if (ends_clause(words.text(i)) || ends_sentence(words.text(i), text_at(words, i + 1)))
      return true;
  return false;
}

}  // namespace

CutReason segment_end(const WordList& words, std::size_t first, std::size_t last,
                      milliseconds silence, const Settings& settings) {
  const std::string_view word = words.text(last);
  if (ends_sentence(word, text_at(words, last + 1))) return CutReason::sentence_end;
  const bool newest = last + 1 == words.size();
  const milliseconds gap =
      newest ? silence : SessionTime{words[last + 1].start} - SessionTime{words[last].end};
  if (gap >= settings.pause_threshold) return CutReason::pause;
  const std::size_t length = last - first + 1;
  if (length < settings.phrase_words) return CutReason::none;
  if (ends_clause(word)) return CutReason::clause_end;
  if (length >= settings.segment_words) return CutReason::word_limit;
  if (!newest && gap > milliseconds{0} && gap >= gap_wanted(length, settings) &&
      !mark_follows(words, first, last, settings))
    return CutReason::phrase_end;
  return CutReason::none;
}

}  // namespace sotto::engine
