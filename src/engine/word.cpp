#include "engine/word.hpp"

#include <algorithm>

namespace sotto::engine {

namespace {

bool is_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z');
}

// Without the ASCII punctuation around it; a word of nothing else stays as it is.
std::string_view core(std::string_view word) {
  std::size_t first = 0, last = word.size();
  while (first < last && !is_letter(word[first])) ++first;
  while (last > first && !is_letter(word[last - 1])) --last;
  return first == last ? word : word.substr(first, last - first);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void split_transcript(const transcript::RecognitionResult& result, std::vector<Word>& words) {
  const std::string_view text = result.transcript;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t first = text.find_first_not_of(' ', at);
    if (first == std::string_view::npos) break;
    at = std::min(text.find(' ', first), text.size());
    Word word;
    word.text = text.substr(first, at - first);
    words.push_back(std::move(word));
  }
  const auto count = static_cast<milliseconds::rep>(words.size());
  const milliseconds length = std::max(milliseconds{0}, result.end - result.start);
  for (milliseconds::rep i = 0; i < count; ++i) {
    Word& word = words[static_cast<std::size_t>(i)];
    word.start = result.start + length * i / count;
    word.end = result.start + length * (i + 1) / count;
    word.agreed_since = result.end;
  }
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const std::string_view x = core(a), y = core(b);
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [](char c, char d) { return lower(c) == lower(d); });
}

void read_words(const transcript::RecognitionResult& result, std::vector<Word>& words) {
  words.clear();
  if (result.items.empty()) return split_transcript(result, words);
  for (const transcript::Item& item : result.items) {
    if (item.content.empty()) continue;
    if (item.kind == transcript::ItemKind::punctuation && !words.empty()) {
      words.back().text += item.content;
      continue;
    }
    Word word;
    word.text = item.content;
    word.start = item.start;
    word.end = std::max(item.start, item.end);
    word.agreed_since = result.end;
    word.flag = item.stable;
    words.push_back(std::move(word));
  }
}

void carry_agreement(std::span<const Word> older, std::span<Word> newer) {
  for (std::size_t i = 0; i < std::min(older.size(), newer.size()); ++i) {
    if (!same_word(older[i].text, newer[i].text)) return;
    newer[i].agreed_since = std::min(older[i].agreed_since, newer[i].agreed_since);
  }
}

std::string join(std::span<const Word> words) {
  std::string text;
  for (const Word& word : words) {
    if (!text.empty()) text += ' ';
    text += word.text;
  }
  return text;
}

}  // namespace sotto::engine
