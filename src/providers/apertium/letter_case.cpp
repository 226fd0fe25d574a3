#include "providers/apertium/letter_case.hpp"

#include <algorithm>
#include <vector>

#include "base/utf8.hpp"
#include "providers/apertium/letters.hpp"

namespace sotto::providers::apertium {

namespace {

struct Word {
  std::string text;
  std::size_t at = 0;           ///< in bytes
  bool begins_sentence = true;  ///< as far as marks tell
  bool capital = false;         ///< its first letter is one
  bool capitals_inside = false;
  bool all_capitals = false;  ///< of two letters or more
};

void look_at_letters(Word& word) {
  std::size_t at = 0, letters = 0, capitals = 0;
  bool first = true;
  while (const auto c = utf8::next(word.text, at)) {
    const bool upper = is_upper(*c);
    if (upper || is_lower(*c)) ++letters;
    if (upper) ++capitals;
    if (first)
      word.capital = upper;
    else
      word.capitals_inside = word.capitals_inside || upper;
    first = false;
  }
  word.all_capitals = letters >= 2 && capitals == letters;
}

// Whether a sentence begins after `before`: it ends in a mark that ends one, quotes and brackets
// aside. Three dots end none, nor does the dot of `Mr.` or of `U.S.`
bool ends_sentence(std::string_view before, const std::vector<Word>& words) {
  if (words.empty()) return true;
  for (const std::string_view aside :
       {" ", "\"", "'", "(", "[", "\u00ab", "\u201c", "\u2018", "\u00bf", "\u00a1"})
    while (before.ends_with(aside)) {
      before.remove_suffix(aside.size());
      return ends_sentence(before, words);
    }
  if (before.ends_with('!') || before.ends_with('?') || before.ends_with(':')) return true;
  if (!before.ends_with('.') || before.ends_with("..")) return false;
  return !words.back().capital || words.back().text.size() > 3;
}

// Such as `EE` of `EE.UU.`
bool is_of_abbreviation(std::string_view text, const Word& word) {
  const std::size_t end = word.at + word.text.size();
  const bool dot_inside = end + 1 < text.size() && text[end] == '.' && text[end + 1] != ' ';
  return dot_inside || (word.at >= 2 && text[word.at - 1] == '.' && text[word.at - 2] != ' ');
}

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  Word word;
  const auto finish = [&] {
    if (word.text.empty()) return;
    word.begins_sentence = ends_sentence(text.substr(0, word.at), words);
    look_at_letters(word);
    if (is_of_abbreviation(text, word)) word.all_capitals = false;
    words.push_back(std::move(word));
    word = {};
  };
  for (std::size_t at = 0, start = 0;; start = at) {
    const auto c = utf8::next(text, at);
    if (!c) break;
    if (!is_word_character(*c)) {
      finish();
      continue;
    }
    if (word.text.empty()) word.at = start;
    utf8::append(word.text, *c);
  }
  finish();
  return words;
}

template <class Change>
std::string changed(std::string_view text, Change change) {
  std::string out;
  std::size_t at = 0;
  while (const auto c = utf8::next(text, at)) utf8::append(out, change(*c));
  return out;
}

std::string lower_case(std::string_view text) { return changed(text, to_lower); }

std::string first_letter_lower(const std::string& word) {
  std::size_t at = 0;
  const auto first = utf8::next(word, at);
  std::string out;
  utf8::append(out, to_lower(first.value_or(U' ')));
  return out + word.substr(at);
}

bool contains(const std::vector<Word>& words, const Word& word) {
  return std::any_of(words.begin(), words.end(),
                     [&](const Word& known) { return known.text == word.text; });
}

// Takes capitals from the first of `words` that qualify but have no counterpart in the source.
template <class Qualifies, class Take>
void take_surplus(const std::vector<Word>& source, std::vector<Word>& words, Qualifies qualifies,
                  Take take) {
  const auto unmatched = [&](const std::vector<Word>& of, const std::vector<Word>& other) {
    return std::count_if(of.begin(), of.end(), [&](const Word& word) {
      return qualifies(word) && !contains(other, word);
    });
  };
  auto surplus = unmatched(words, source) - unmatched(source, words);
  for (Word& word : words) {
    if (surplus <= 0) return;
    if (!qualifies(word) || contains(source, word)) continue;
    take(word);
    --surplus;
  }
}

}  // namespace

bool in_capitals(std::string_view text) {
  const std::vector<Word> words = words_of(text);
  std::size_t at = 0;
  while (const auto c = utf8::next(text, at))
    if (is_lower(*c)) return false;
  return std::any_of(words.begin(), words.end(),
                     [](const Word& word) { return word.all_capitals; });
}

std::string sentence_case(std::string_view text) {
  bool first = true;
  return changed(text, [&first](char32_t c) {
    if (is_upper(c) && first) {
      first = false;
      return c;
    }
    return to_lower(c);
  });
}

std::string upper_case(std::string_view text) { return changed(text, to_upper); }

std::string with_case_of(std::string_view source, std::string_view translation) {
  const std::vector<Word> said = words_of(source);
  std::vector<Word> words = words_of(translation);
  std::vector<std::size_t> sizes;
  for (Word& word : words) {
    sizes.push_back(word.text.size());
    if (contains(said, word)) continue;
    const auto same = std::find_if(said.begin(), said.end(), [&](const Word& known) {
      return known.capitals_inside && lower_case(known.text) == lower_case(word.text);
    });
    if (same == said.end()) continue;
    word.text = same->text;
    look_at_letters(word);
  }
  // They come from a word of the source; where it has none, the dictionary has an abbreviation.
  const bool any =
      std::any_of(said.begin(), said.end(), [](const Word& word) { return word.capitals_inside; });
  take_surplus(
      said, words, [any](const Word& word) { return any && word.all_capitals; },
      [](Word& word) {
        word.text =
            word.capital && word.begins_sentence ? sentence_case(word.text) : lower_case(word.text);
        look_at_letters(word);
      });
  // The pronoun `I` is no name; it has no capital elsewhere.
  take_surplus(
      said, words,
      [](const Word& word) {
        return word.capital && !word.capitals_inside && !word.begins_sentence && word.text != "I";
      },
      [](Word& word) { word.text = first_letter_lower(word.text); });
  std::string out;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    out.append(translation.substr(copied, words[i].at - copied)).append(words[i].text);
    copied = words[i].at + sizes[i];
  }
  return out.append(translation.substr(copied));
}

}  // namespace sotto::providers::apertium
