#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::testing {

/// The words of a text in lower case, without marks; a word's own apostrophe stays.
inline std::vector<std::string> spoken_words(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    const bool capital = c >= 'A' && c <= 'Z';
    const bool letter = capital || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'';
    if (letter) words.back() += capital ? static_cast<char>(c - 'A' + 'a') : c;
    if (!letter && !words.back().empty()) words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

/// How many words must be changed, put in or taken out to make one text of the other.
inline std::size_t word_errors(std::string_view said, std::string_view heard) {
  const auto a = spoken_words(said), b = spoken_words(heard);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

/// The same over the length of what was said, which must not be empty.
inline double word_error_rate(std::string_view said, std::string_view heard) {
  return static_cast<double>(word_errors(said, heard)) /
         static_cast<double>(spoken_words(said).size());
}

}  // namespace sotto::testing
