#include "engine/segmenter.hpp"

#include <algorithm>
#include <array>

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

bool ends_with_dash(std::string_view word) {
  return word.ends_with("--") || word.ends_with("\xE2\x80\x94") || word.ends_with("\xE2\x80\x93");
}

milliseconds gap_after(std::span<const Word> words, std::size_t index) {
  if (index + 1 >= words.size()) return milliseconds{0};
  return words[index + 1].start - words[index].end;
}

// The place of the longest gap in the later half of the first `limit` words; `limit` where none
// stands out.
std::size_t longest_gap(std::span<const Word> words, std::size_t limit) {
  std::size_t best = limit;
  milliseconds longest{0};
  for (std::size_t i = limit / 2; i < limit; ++i) {
    const milliseconds gap = gap_after(words, i);
    if (gap > longest) longest = gap, best = i + 1;
  }
  return best;
}

}  // namespace

bool ends_sentence(std::string_view word) {
  word = without_closers(word);
  if (word.ends_with("?") || word.ends_with("!") || word.ends_with("\xE2\x80\xA6")) return true;
  if (!word.ends_with(".")) return false;
  word.remove_suffix(1);
  if (word.empty() || word.ends_with(".")) return true;  // an ellipsis of dots
  if (word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z' && word[0] != 'I') return false;
  const bool number = std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= '0' && c <= '9') || c == ',' || c == '.';
  });
  if (number && word.size() < 3) return false;
  return std::none_of(abbreviations.begin(), abbreviations.end(), [&](std::string_view known) {
    return std::equal(word.begin(), word.end(), known.begin(), known.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
  });
}

bool ends_clause(std::string_view word) {
  word = without_closers(word);
  return word.ends_with(",") || word.ends_with(";") || word.ends_with(":") || ends_with_dash(word);
}

Cut find_cut(std::span<const Word> words, std::size_t stable, milliseconds silence,
             const Settings& settings) {
  for (std::size_t i = 0; i < stable; ++i) {
    const std::size_t length = i + 1;
    if (ends_sentence(words[i].text)) return {length, CutReason::sentence_end};
    if (gap_after(words, i) >= settings.pause_threshold) return {length, CutReason::pause};
    if (length == words.size() && silence >= settings.pause_threshold)
      return {length, CutReason::pause};
    if (length >= settings.phrase_words) {
      if (ends_clause(words[i].text)) return {length, CutReason::clause_end};
      if (gap_after(words, i) >= settings.phrase_gap) return {length, CutReason::phrase_end};
    }
    if (length >= settings.segment_words)
      return {longest_gap(words, settings.segment_words), CutReason::word_limit};
  }
  return {};
}

}  // namespace sotto::engine
