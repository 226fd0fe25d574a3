#include "providers/web_translators/plain_text.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace sotto::providers::web_translators {

namespace {

bool is_space(char32_t c) {
  return c <= U' ' || (c >= 0x7F && c <= 0xA0) || c == 0x2028 || c == 0x2029 || c == 0x3000;
}

bool is_wide(char32_t c) {
  return (c >= 0x1100 && c < 0x1200) || (c >= 0x3040 && c < 0xA000) ||
         (c >= 0xAC00 && c < 0xD800) || (c >= 0xF900 && c < 0xFB00) ||
         (c >= 0x20000 && c < 0x32000);
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  std::size_t at = 0;
  for (std::size_t from = 0; const auto c = utf8::next(text, at); from = at) {
    if (!is_space(*c))
      line += text.substr(from, at - from);
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

bool needs_engine(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') ||
           (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  });
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::size_t weight(std::string_view text) {
  std::size_t weight = 0;
  for (std::size_t at = 0; const auto c = utf8::next(text, at);) weight += is_wide(*c) ? 3U : 1U;
  return weight;
}

std::size_t repetitions(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  if (words.empty()) return 0;
  std::size_t most = 1;
  for (std::size_t group = 1; group <= 8; ++group) {
    // Words in a row that are the same as those `group` before them.
    std::size_t same = 0;
    for (std::size_t i = group; i < words.size(); ++i) {
      same = words[i] == words[i - group] ? same + 1 : 0;
      most = std::max(most, same / group + 1);
    }
  }
  return most;
}

}  // namespace sotto::providers::web_translators
