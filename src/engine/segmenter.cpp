#include "engine/segmenter.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace sotto::engine {

namespace {

// Titles, Latin and calendar short forms that are followed by more of the sentence.
constexpr std::array abbreviations = {"mr",  "mrs", "ms",   "dr",   "prof", "st",     "sr",  "jr",
                                      "vs",  "etc", "e.g",  "i.e",  "cf",   "approx", "no",  "vol",
                                      "fig", "gen", "col",  "lt",   "sgt",  "capt",   "rev", "hon",
                                      "inc", "ltd", "co",   "corp", "dept", "jan",    "feb", "mar",
                                      "apr", "aug", "sept", "oct",  "nov",  "dec"};

std::string_view without_closers(std::string_view word) {
  while (!word.empty() && std::string_view("\"')]}").find(word.back()) != std::string_view::npos)
    word.remove_suffix(1);
  return word;
}

bool ends_with_one_of(std::string_view word, std::initializer_list<std::string_view> marks) {
  return std::any_of(marks.begin(), marks.end(),
                     [&](std::string_view mark) { return word.ends_with(mark); });
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

// "U.S", "p.m": letters and points in turn.
bool is_dotted(std::string_view word) {
  for (std::size_t i = 0; i < word.size(); ++i)
    if ((word[i] == '.') != (i % 2 == 1)) return false;
  return word.size() >= 3;
}

bool is_abbreviation(std::string_view word) {
  return std::any_of(abbreviations.begin(), abbreviations.end(), [&](std::string_view known) {
    return std::equal(word.begin(), word.end(), known.begin(), known.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
  });
}

// The gap that ends a segment of `length` words: phrase_gap at phrase_words, falling evenly to
// nothing at segment_words.
milliseconds gap_wanted(std::size_t length, const Settings& settings) {
  const auto room = static_cast<milliseconds::rep>(settings.segment_words - settings.phrase_words);
  const auto left = static_cast<milliseconds::rep>(settings.segment_words - length);
  return room == 0 ? milliseconds{0} : settings.phrase_gap * left / room;
}

}  // namespace

bool ends_sentence(std::string_view word) {
  if (ends_plainly(word)) return false;
  word = without_closers(word);
  if (ends_with_one_of(word, {"?", "!", "\xE2\x80\xA6", "\xE3\x80\x82", "\xEF\xBC\x9F",
                              "\xEF\xBC\x81"}))  // … 。 ？ ！
    return true;
  if (!word.ends_with(".")) return false;
  word.remove_suffix(1);
  if (word.empty() || word.ends_with(".")) return true;  // an ellipsis of dots
  if (word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z' && word[0] != 'I') return false;
  return !is_short_number(word) && !is_dotted(word) && !is_abbreviation(word);
}

bool ends_clause(std::string_view word) {
  if (ends_plainly(word)) return false;
  word = without_closers(word);
  return ends_with_one_of(word, {",", ";", ":", "--", "\xE2\x80\x94", "\xE2\x80\x93",
                                 "\xE3\x80\x81", "\xEF\xBC\x8C"});  // — – 、 ，
}

CutReason segment_end(const WordList& words, std::size_t first, std::size_t last,
                      milliseconds silence, const Settings& settings) {
  const std::string_view word = words.text(last);
  if (ends_sentence(word)) return CutReason::sentence_end;
  const bool newest = last + 1 == words.size();
  const milliseconds gap =
      newest ? silence : SessionTime{words[last + 1].start} - SessionTime{words[last].end};
  if (gap >= settings.pause_threshold) return CutReason::pause;
  const std::size_t length = last - first + 1;
  if (length < settings.phrase_words) return CutReason::none;
  if (ends_clause(word)) return CutReason::clause_end;
  if (length >= settings.segment_words) return CutReason::word_limit;
  if (!newest && gap > milliseconds{0} && gap >= gap_wanted(length, settings))
    return CutReason::phrase_end;
  return CutReason::none;
}

}  // namespace sotto::engine
