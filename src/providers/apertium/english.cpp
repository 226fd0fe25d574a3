#include "providers/apertium/english.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/utf8.hpp"

namespace sotto::providers::apertium {

namespace {

// Full-width capitals, in Unicode's order of the alphabet: unknown to dictionaries, and left alone.
constexpr char32_t first_stand_in = 0xff21, last_stand_in = 0xff3a;

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
// Part of a word; bytes of other scripts count.
bool is_of_word(char c) { return is_letter(c) || is_digit(c) || static_cast<signed char>(c) < 0; }

/// Whether what follows a lone `i` shows it to be the pronoun.
bool ends_pronoun(std::string_view rest) {
  if (rest.empty() || rest[0] == ' ' || rest[0] == '\'' || rest.starts_with("\u2019")) return true;
  if (std::string_view(",;:!?").find(rest[0]) != std::string_view::npos) return true;
  return rest[0] == '.' && (rest.size() == 1 || rest[1] == ' ');
}

/// Whether what stands before an `i` lets a word begin there.
bool begins_word(std::string_view before) {
  return before.empty() || before.back() == ' ' || before.back() == '"' ||
         before.ends_with("\u201c");
}

void capitalise_pronouns(std::string& text) {
  const std::string_view view = text;
  for (std::size_t at = text.find('i'); at != std::string::npos; at = text.find('i', at + 1)) {
    if (begins_word(view.substr(0, at)) && ends_pronoun(view.substr(at + 1))) text[at] = 'I';
  }
}

/// Whether `text` has a word at `at` that ends there as well.
bool ends_at(std::string_view text, std::size_t at) {
  return at >= text.size() || !is_of_word(text[at]);
}

void spell_out_hours(std::string& text) {
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    const char first = text[at], second = text[at + 1];
    const bool hour = first == 'a' || first == 'p' || first == 'A' || first == 'P';
    if (!hour || (second != 'm' && second != 'M') || !ends_at(text, at + 2)) continue;
    const char before = text[at - 1] == ' ' && at >= 2 ? text[at - 2] : text[at - 1];
    if (!is_digit(before)) continue;
    const bool ends = at + 2 < text.size() && text[at + 2] == '.';
    text.replace(at, ends ? 3 : 2, std::string{first, '.', second, '.'});
  }
}

void part_answers(std::string& text) {
  for (std::size_t at = 0; at + 2 < text.size(); ++at) {
    if ((text[at] != 'n' && text[at] != 'N') || text[at + 1] != 'o' || text[at + 2] != '.')
      continue;
    if (at > 0 && text[at - 1] != ' ') continue;
    const bool number = at + 4 < text.size() && is_digit(text[at + 4]);
    if (number || (at + 3 < text.size() && text[at + 3] != ' ')) continue;
    text.insert(at + 2, " ");
  }
}

/// `text` with the capital at `at` replaced by its stand-in.
void stand_in(std::string& text, std::size_t at) {
  std::string letter;
  utf8::append(letter, first_stand_in + static_cast<char32_t>(text[at] - 'A'));
  text.replace(at, 1, letter);
}

void protect_letters(std::string& text) {
  for (std::size_t at = text.find('A'); at != std::string::npos; at = text.find('A', at + 1)) {
    if (!ends_at(text, at + 1)) continue;
    const bool first = at == 0;
    // At the beginning it is an article, but for a row of letters.
    const bool in_row = at + 2 < text.size() && text[at + 1] == ' ' && is_capital(text[at + 2]) &&
                        text[at + 2] != 'I' && ends_at(text, at + 3);
    const bool inside = at >= 2 && text[at - 1] == ' ' && is_of_word(text[at - 2]);
    if ((first && in_row) || inside) stand_in(text, at);
  }
}

void protect_names(std::string& text) {
  constexpr std::array<std::string_view, 9> titles{"Mr. ", "Mrs. ", "Ms. ", "Dr. ", "Mr ",
                                                   "Mrs ", "Ms ",   "Dr ",  "Miss "};
  for (const std::string_view title : titles)
    for (std::size_t at = text.find(title); at != std::string::npos;
         at = text.find(title, at + 1)) {
      if (at > 0 && is_of_word(text[at - 1])) continue;
      std::size_t name = at + title.size();
      while (name + 1 < text.size() && is_capital(text[name]) && is_letter(text[name + 1])) {
        stand_in(text, name);
        while (name < text.size() && (is_of_word(text[name]) || text[name] == '-')) ++name;
        if (name < text.size() && text[name] == ' ') ++name;
      }
    }
}

}  // namespace

void prepare_english(std::string& text) {
  capitalise_pronouns(text);
  spell_out_hours(text);
  part_answers(text);
  if (with_letters_back(text) != text) return;  // it has such letters of its own
  protect_letters(text);
  protect_names(text);
}

std::string with_letters_back(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  while (const auto c = utf8::next(text, at))
    utf8::append(out,
                 *c >= first_stand_in && *c <= last_stand_in ? *c - first_stand_in + U'A' : *c);
  return out;
}

}  // namespace sotto::providers::apertium
