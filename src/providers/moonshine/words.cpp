#include "providers/moonshine/words.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace sotto::providers::moonshine {
namespace {

bool is_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z');
}

// Three-byte marks that English text has: quotes, dashes, the ellipsis (U+2010 to U+203F).
bool is_long_mark(std::string_view three) {
  return three.size() == 3 && three[0] == '\xE2' && three[1] == '\x80';
}

bool has_letters(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_long_mark(text.substr(at, 3))) {
      at += 2;
    } else if (is_letter(text[at])) {
      return true;
    }
  }
  return false;
}

void keep_valid(std::string& text) {
  std::string valid;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const auto code = utf8::next(text, at);
    if (!code)
      ++at;
    else if (*code >= 0x20)
      valid.append(text, begin, at - begin);
  }
  text = std::move(valid);
}

}  // namespace

std::vector<Word> words_of(std::span<const Token> tokens, const Vocabulary& vocabulary) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::string_view piece = vocabulary.piece(tokens[i].id);
    if (piece.empty()) continue;
    const bool begins = piece.front() == ' ';
    if (begins) piece.remove_prefix(1);
    if (begins || words.empty()) words.push_back({{}, 1, i, i + 1, i + 1});
    Word& word = words.back();
    word.text += piece;
    word.last_token = i + 1;
    if (!has_letters(piece)) continue;
    word.probability = std::min(word.probability, tokens[i].probability);
    word.last_letters = i + 1;
  }
  for (Word& word : words) keep_valid(word.text);
  std::erase_if(words, [](const Word& word) { return word.text.empty(); });
  return words;
}

std::string plain(std::string_view word) {
  std::string out;
  for (std::size_t at = 0; at < word.size(); ++at) {
    if (is_long_mark(word.substr(at, 3))) {
      at += 2;
    } else if (is_letter(word[at])) {
      const char c = word[at];
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

std::size_t closing_marks(std::string_view word) {
  std::size_t end = word.size();
  while (end > 0) {
    if (end >= 3 && is_long_mark(word.substr(end - 3, 3))) {
      end -= 3;
    } else if (!is_letter(word[end - 1])) {
      --end;
    } else {
      break;
    }
  }
  return end == 0 ? 0 : word.size() - end;
}

}  // namespace sotto::providers::moonshine
