#include "providers/sherpa/clauses.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.hpp"

namespace sotto::providers::sherpa {

namespace {

struct Mark {
  std::string_view text;
  char mark;
  bool alone;  ///< ends a clause whatever follows
};

constexpr std::array<Mark, 16> marks{{{".", '.', false},
                                      {",", ',', false},
                                      {";", ';', false},
                                      {":", ':', false},
                                      {"!", '!', false},
                                      {"?", '?', false},
                                      {"\u2026", '.', false},
                                      {"\u3002", '.', true},
                                      {"\uff0c", ',', true},
                                      {"\u3001", ',', true},
                                      {"\uff1b", ';', true},
                                      {"\uff1a", ':', true},
                                      {"\uff01", '!', true},
                                      {"\uff1f", '?', true},
                                      {"\u061f", '?', false},
                                      {"\u060c", ',', false}}};

constexpr std::array<std::string_view, 3> dashes{" - ", " \u2013 ", " \u2014 "};
constexpr std::array<std::string_view, 7> closing{"\"",     "'",      ")", "\u201d",
                                                  "\u2019", "\u00bb", "]"};
constexpr std::array<std::string_view, 9> titles{"Dr", "Mr",  "Mrs", "Ms",  "St",
                                                 "Sr", "Sra", "Jr",  "Prof"};

const Mark* mark_at(std::string_view text) {
  const auto found = std::find_if(marks.begin(), marks.end(),
                                  [&](const Mark& mark) { return text.starts_with(mark.text); });
  return found == marks.end() ? nullptr : &*found;
}

// How many bytes of closing quotation marks and brackets `text` begins with.
std::size_t closing_bytes(std::string_view text) {
  std::size_t bytes = 0;
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view each : closing)
      if (text.substr(bytes).starts_with(each)) {
        bytes += each.size();
        more = true;
      }
  }
  return bytes;
}

bool is_title(std::string_view before) {
  const std::size_t space = before.rfind(' ');
  const std::string_view word = space == std::string_view::npos ? before : before.substr(space + 1);
  return std::find(titles.begin(), titles.end(), word) != titles.end();
}

// A question is a question though other marks stand beside it.
char stronger(char one, char other) {
  constexpr std::string_view order = ",:;.!?";
  return one == 0 || order.find(other) > order.find(one) ? other : one;
}

// The end of a clause at `at`: its mark and how many bytes belong to it; no bytes for none.
std::pair<char, std::size_t> end_at(std::string_view text, std::size_t at) {
  for (const std::string_view dash : dashes)
    if (text.substr(at).starts_with(dash)) return {',', dash.size()};
  std::size_t bytes = 0;
  char which = 0;
  bool alone = false;
  while (const Mark* const mark = mark_at(text.substr(at + bytes))) {
    which = stronger(which, mark->mark);
    alone = alone || mark->alone;
    bytes += mark->text.size();
  }
  if (bytes == 0) return {0, 0};
  bytes += closing_bytes(text.substr(at + bytes));
  const std::string_view rest = text.substr(at + bytes);
  if (rest.empty()) return {which, bytes};
  if (!alone && rest.front() != ' ') return {0, 0};
  if (which == '.' && is_title(text.substr(0, at))) return {0, 0};
  return {which, bytes};
}

void add_clause(std::vector<Clause>& clauses, std::string_view text, char mark) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return;
  clauses.push_back(
      {std::string(text.substr(first, text.find_last_not_of(' ') - first + 1)), mark});
}

struct Decomposed {
  char32_t letter;
  std::string_view parts;
};

// Of those that espeak-ng writes (Unicode's UnicodeData.txt, field 5).
constexpr std::array<Decomposed, 16> decompositions{{{U'\u00e3', "a\u0303"},
                                                     {U'\u00e7', "c\u0327"},
                                                     {U'\u00e4', "a\u0308"},
                                                     {U'\u00eb', "e\u0308"},
                                                     {U'\u00ef', "i\u0308"},
                                                     {U'\u00f1', "n\u0303"},
                                                     {U'\u00f5', "o\u0303"},
                                                     {U'\u00f6', "o\u0308"},
                                                     {U'\u00fc', "u\u0308"},
                                                     {U'\u00fd', "y\u0301"},
                                                     {U'\u0129', "i\u0303"},
                                                     {U'\u0169', "u\u0303"},
                                                     {U'\u1ebd', "e\u0303"},
                                                     {U'\u1ef9', "y\u0303"},
                                                     {U'\u00e1', "a\u0301"},
                                                     {U'\u00e9', "e\u0301"}}};

void append_decomposed(std::string& to, std::string_view phonemes) {
  while (!phonemes.empty()) {
    std::size_t bytes = 0;
    const auto letter = utf8::next(phonemes, bytes);
    if (!letter) break;
    const auto found = std::find_if(decompositions.begin(), decompositions.end(),
                                    [&](const Decomposed& each) { return each.letter == *letter; });
    to += found == decompositions.end() ? phonemes.substr(0, bytes) : found->parts;
    phonemes.remove_prefix(bytes);
  }
}

}  // namespace

std::vector<Clause> clauses_of(std::string_view text) {
  std::vector<Clause> clauses;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto [mark, bytes] = end_at(text, at);
    if (bytes == 0) {
      ++at;
      continue;
    }
    add_clause(clauses, text.substr(begin, at - begin), mark);
    begin = at += bytes;
  }
  add_clause(clauses, text.substr(begin), 0);
  return clauses;
}

bool ends_sentence(char mark) { return mark == '.' || mark == '!' || mark == '?'; }

void Sentences::add(std::string_view phonemes, char mark) {
  if (phonemes.empty()) return;
  append_decomposed(open_, phonemes);
  if (mark == 0) {
    open_ += ' ';
    return;
  }
  open_ += mark;
  if (ends_sentence(mark))
    done_.push_back(std::exchange(open_, {}));
  else
    open_ += ' ';
}

std::vector<std::string> Sentences::take() {
  while (!open_.empty() && open_.back() == ' ') open_.pop_back();
  if (!open_.empty()) done_.push_back(std::exchange(open_, {}));
  return std::exchange(done_, {});
}

}  // namespace sotto::providers::sherpa
