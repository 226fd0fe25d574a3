#include "providers/apertium/text.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "base/utf8.hpp"
#include "providers/apertium/english.hpp"
#include "providers/apertium/letter_case.hpp"
#include "providers/apertium/letters.hpp"

namespace sotto::providers::apertium {

namespace {

constexpr std::string_view reserved = "\\^$/[]{}<>@";
constexpr char32_t tilde_stand_in = 0x223c;
constexpr std::size_t longest_word_bytes = 512;
constexpr std::size_t longest_piece_bytes = 1000;

bool is_noncharacter(char32_t c) { return (c & 0xfffeU) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef); }

bool is_blank(char32_t c) {
  return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x2028 || c == 0x2029 || is_noncharacter(c);
}

/// Single spaces, none at the ends; no word longer than `longest_word_bytes`.
std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool space_due = false;
  std::size_t word_start = 0;
  std::size_t at = 0;
  while (const auto c = utf8::next(text, at)) {
    if (is_blank(*c)) {
      space_due = true;
      continue;
    }
    if (out.size() - word_start >= longest_word_bytes) space_due = true;
    if (space_due && !out.empty()) out.push_back(' ');
    if (space_due) word_start = out.size();
    space_due = false;
    utf8::append(out, *c == U'~' ? tilde_stand_in : *c);
  }
  return out;
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> endings,
                   std::size_t& length) {
  for (const std::string_view ending : endings) {
    if (text.ends_with(ending)) {
      length = ending.size();
      return true;
    }
  }
  return false;
}

/// Sentence punctuation at the end, closing quotes and brackets aside.
bool ends_sentence(std::string_view text) {
  std::size_t length = 0;
  while (ends_with_any(text, {"\"", "'", ")", "]", "}", "\u00bb", "\u201d", "\u2019"}, length)) {
    text.remove_suffix(length);
  }
  return ends_with_any(text, {".", "!", "?", ",", ";", ":", "\u2026", "\u3002", "\uff01", "\uff1f"},
                       length);
}

bool has_word(std::string_view text) {
  std::size_t at = 0;
  while (const auto c = utf8::next(text, at)) {
    if (is_word_character(*c)) return true;
  }
  return false;
}

/// Where the first word begins, or the end.
std::size_t first_word(std::string_view text) {
  std::size_t at = 0;
  std::size_t start = 0;
  while (const auto c = utf8::next(text, at)) {
    if (is_word_character(*c)) return start;
    start = at;
  }
  return text.size();
}

/// The word that begins at `start`.
std::string_view word_at(std::string_view text, std::size_t start) {
  std::size_t at = start;
  std::size_t end = start;
  while (const auto c = utf8::next(text, at)) {
    if (!is_word_character(*c)) break;
    end = at;
  }
  return text.substr(start, end - start);
}

bool begins_lower(std::string_view text) {
  std::size_t at = first_word(text);
  const auto c = utf8::next(text, at);
  return c && is_lower(*c);
}

bool contains_word(std::string_view text, std::string_view word) {
  for (std::size_t at = 0; at < text.size();) {
    at += first_word(text.substr(at));
    const std::string_view found = word_at(text, at);
    if (found.empty()) return false;
    if (found == word) return true;
    at += found.size();
  }
  return false;
}

void lower_first_letter(std::string& text, std::string_view source) {
  const std::size_t start = first_word(text);
  std::size_t at = start;
  const auto first = utf8::next(text, at);
  if (!first || !is_upper(*first)) return;
  std::size_t after = at;
  const auto second = utf8::next(text, after);
  if (second && is_upper(*second)) return;
  if (contains_word(source, word_at(text, start))) return;
  std::string lower;
  utf8::append(lower, to_lower(*first));
  text.replace(start, at - start, lower);
}

/// Undoes the stand-in for `~`, collapses spaces, and joins full stops and commas to their word.
std::string tidy(std::string_view text) {
  std::string out;
  bool space_due = false;
  std::size_t at = 0;
  while (const auto c = utf8::next(text, at)) {
    if (is_blank(*c)) {
      space_due = true;
      continue;
    }
    const bool joins = (*c == U'.' || *c == U',') && (at == text.size() || text[at] == ' ');
    if (space_due && !joins && !out.empty()) out.push_back(' ');
    space_due = false;
    utf8::append(out, *c == tilde_stand_in ? U'~' : *c);
  }
  return out;
}

// Some of Apertium's entries are two words with a slash between them; one is enough to read.
std::string first_alternatives(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool between = text[at] == '/' && at > 0 && text[at - 1] != ' ' && at + 1 < text.size() &&
                         text[at + 1] != ' ';
    if (between) at = std::min(text.find_first_of(" .,;:!?)\"", at), text.size());
    if (at < text.size()) out.push_back(text[at]);
  }
  return out;
}

}  // namespace

Result<PreparedText> prepare(std::string_view source, const Language& language,
                             std::size_t most_bytes) {
  if (source.size() > most_bytes) {
    return fail(ErrorCode::invalid_argument,
                "a text of " + std::to_string(source.size()) + " bytes is over the limit of " +
                    std::to_string(most_bytes) + "; send it in parts",
                "text");
  }
  if (!utf8::is_valid(source)) {
    return fail(ErrorCode::invalid_argument, "the text is not UTF-8; convert it first", "text");
  }
  if (source.find('\0') != std::string_view::npos) {
    return fail(ErrorCode::invalid_argument, "the text has a NUL character; take it out", "text");
  }
  PreparedText prepared;
  prepared.text = one_line(source);
  prepared.needs_engine = has_word(prepared.text);
  if (!prepared.needs_engine) {
    prepared.text = tidy(prepared.text);
    return prepared;
  }
  prepared.source = prepared.text;
  prepared.capitals = in_capitals(prepared.text);
  // A name or an abbreviation alone stays as it is; dictionaries have words in lower case.
  if (prepared.capitals && prepared.text.find(' ') != std::string::npos)
    prepared.text = sentence_case(prepared.text);
  prepared.english = language.str() == "en";
  if (prepared.english) prepare_english(prepared.text);
  prepared.lower_first = begins_lower(prepared.text);
  prepared.stop_added = !ends_sentence(prepared.text);
  // A word and a dot may be an abbreviation.
  if (prepared.stop_added) prepared.text += " .";
  return prepared;
}

std::vector<std::string_view> pieces(std::string_view rest) {
  std::vector<std::string_view> out;
  while (rest.size() > longest_piece_bytes) {
    std::size_t cut = 0;
    for (const std::string_view end : {". ", "! ", "? "}) {
      const std::size_t at = rest.rfind(end, longest_piece_bytes - 1);
      if (at != std::string_view::npos) cut = std::max(cut, at + 1);
    }
    // No word is longer than longest_word_bytes, so there is a space.
    if (cut == 0) cut = std::min(rest.size(), rest.rfind(' ', longest_piece_bytes));
    out.push_back(rest.substr(0, cut));
    rest.remove_prefix(std::min(rest.size(), cut + 1));
  }
  if (!rest.empty()) out.push_back(rest);
  return out;
}

std::string finish(std::string_view answer, const PreparedText& prepared) {
  std::string text = tidy(answer);
  if (prepared.stop_added && text.ends_with('.')) text.pop_back();
  if (prepared.english && with_letters_back(prepared.source) == prepared.source)
    text = with_letters_back(text);
  if (prepared.source.find('/') == std::string::npos) text = first_alternatives(text);
  if (prepared.capitals) return upper_case(text);
  text = with_case_of(prepared.source, text);
  if (prepared.lower_first) lower_first_letter(text, prepared.text);
  return text;
}

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (reserved.find(c) != std::string_view::npos) out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out.push_back(text[i]);
  }
  return out;
}

}  // namespace sotto::providers::apertium
