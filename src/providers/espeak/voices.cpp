#include "providers/espeak/voices.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace sotto::providers::espeak {

namespace {

/// How well a voice fits a language: smaller is better.
using Priority = int;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::size_t end = line.find_first_of(" \t\r");
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return words;
    line.remove_prefix(end);
  }
}

std::optional<Priority> to_priority(std::string_view text) {
  Priority value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_two_letters(std::string_view code) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return code.size() == 2 && is_letter(code[0]) && is_letter(code[1]);
}

/// The languages of a line, with priorities: its own, then those of `(en 2)(zh 5)`.
std::vector<std::pair<std::string, Priority>> languages_of(
    const std::vector<std::string_view>& words, std::string_view line) {
  std::vector<std::pair<std::string, Priority>> languages;
  const auto add = [&](std::string_view code, std::optional<Priority> priority) {
    if (is_two_letters(code) && priority) languages.emplace_back(code, *priority);
  };
  add(words[1], to_priority(words[0]));
  for (std::size_t open = line.find('('); open != std::string_view::npos;
       open = line.find('(', open + 1)) {
    const std::string_view inside = line.substr(open + 1, line.find(')', open) - open - 1);
    const std::size_t space = inside.find(' ');
    if (space == std::string_view::npos) continue;  // a part of the voice's name
    add(inside.substr(0, space), to_priority(inside.substr(space + 1)));
  }
  return languages;
}

}  // namespace

Voices parse_voices(std::string_view table) {
  std::map<Language, std::pair<Priority, std::string>> best;
  while (!table.empty()) {
    const std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(table.size(), line.size() + 1));
    const auto words = words_of(line);
    if (words.size() < 5) continue;
    const std::string_view file = words[4];
    if (file.starts_with("mb/") || file.starts_with("!v/")) continue;
    for (const auto& [code, priority] : languages_of(words, line)) {
      const auto [known, is_new] = best.try_emplace(Language(code), priority, std::string(file));
      if (!is_new && priority < known->second.first) known->second = {priority, std::string(file)};
    }
  }
  Voices voices;
  for (auto& [language, voice] : best) voices.emplace(language, std::move(voice.second));
  return voices;
}

}  // namespace sotto::providers::espeak
