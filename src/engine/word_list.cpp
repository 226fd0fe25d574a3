#include "engine/word_list.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace sotto::engine {

namespace {

constexpr std::string_view white_space = " \t\r\n\v\f";

bool is_white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_white(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_white(text.back())) text.remove_suffix(1);
  return text;
}

bool has_room(const WordList& words, const ReadLimit& limit, std::size_t bytes) {
  return words.size() < limit.words && words.bytes() + bytes < limit.bytes;
}

void split_transcript(const transcript::RecognitionResult& result, const ReadLimit& limit,
                      WordList& words) {
  const std::string_view text = result.transcript;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t first = text.find_first_not_of(white_space, at);
    if (first == std::string_view::npos) break;
    at = std::min(text.find_first_of(white_space, first), text.size());
    if (!has_room(words, limit, at - first)) break;
    const std::string_view word = text.substr(first, at - first);
    if (!words.empty() && !is_spoken(word)) {
      words.extend_last(text.substr(first - 1, word.size() + 1));
    } else {
      words.append(word, {});
    }
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

CompactTime::CompactTime(SessionTime t)
    : ms_(static_cast<std::int32_t>(std::clamp<milliseconds::rep>(
          t.time_since_epoch().count(), 0, std::numeric_limits<std::int32_t>::max()))) {}

std::string_view WordList::text(std::size_t first, std::size_t count) const {
  if (count == 0) return {};
  const Word& last = words_[first + count - 1];
  return std::string_view(text_).substr(words_[first].first,
                                        last.first + last.length - words_[first].first);
}

CompactConfidence::CompactConfidence(std::optional<float> confidence) {
  if (confidence && !std::isnan(*confidence))
    bits_ =
        static_cast<std::uint16_t>(1 + std::lround(std::clamp(*confidence, 0.0f, 1.0f) * 65534));
}

std::optional<float> CompactConfidence::value() const {
  if (bits_ == 0) return std::nullopt;
  return static_cast<float>(bits_ - 1) / 65534;
}

CompactConfidence CompactConfidence::of_bits(std::uint16_t bits) {
  CompactConfidence confidence;
  confidence.bits_ = bits;
  return confidence;
}

void WordList::withhold_last_marks() {
  if (words_.empty()) return;
  std::string_view word = text(words_.size() - 1);
  std::size_t marks = marks_behind(word);
  if (marks == 0) return;
  word.remove_suffix(marks);
  if (text_[words_.back().first + word.size()] == '.' && is_dotted(word)) --marks;
  words_.back().length -= static_cast<std::uint32_t>(marks);
}

bool WordList::release_last_marks() {
  const std::string_view marks = withheld();
  if (words_.empty() || marks.empty()) return false;
  words_.back().length += static_cast<std::uint32_t>(marks.size());
  return true;
}

void WordList::append(std::string_view text, Word word) {
  drop_withheld();
  if (!words_.empty()) text_ += ' ';
  word.first = static_cast<std::uint32_t>(text_.size());
  word.length = static_cast<std::uint32_t>(text.size());
  text_ += text;
  words_.push_back(word);
}

void WordList::begin_with(std::string_view text) {
  words_.clear();
  text_.assign(text);
}

void WordList::append_part(std::size_t first, std::size_t length, Word word) {
  word.first = static_cast<std::uint32_t>(first);
  word.length = static_cast<std::uint32_t>(length);
  words_.push_back(word);
}

void WordList::append(const WordList& other, std::size_t first, std::size_t count) {
  if (count == 0) return;
  drop_withheld();
  if (!words_.empty()) text_ += ' ';
  const auto to = static_cast<std::uint32_t>(text_.size());
  const std::uint32_t from = other.words_[first].first;
  text_ += first + count == other.size() ? other.all().substr(from) : other.text(first, count);
  for (std::size_t i = first; i < first + count; ++i) {
    words_.push_back(other.words_[i]);
    words_.back().first += to - from;
  }
}

void WordList::extend_last(std::string_view punctuation) {
  drop_withheld();
  text_ += punctuation;
  words_.back().length += static_cast<std::uint32_t>(punctuation.size());
}

void WordList::clear() {
  text_.clear();
  words_.clear();
}

void WordList::reserve(std::size_t words, std::size_t bytes) {
  words_.reserve(words);
  text_.reserve(bytes);
}

void WordList::truncate(std::size_t count) {
  if (count >= words_.size()) return;
  words_.resize(count);
  text_.resize(count == 0 ? 0 : words_.back().first + words_.back().length);
}

void WordList::shrink(std::size_t words, std::size_t bytes) {
  if (words_.capacity() > std::max(words, words_.size())) words_.shrink_to_fit();
  if (text_.capacity() > std::max(bytes, text_.size())) text_.shrink_to_fit();
}

namespace {

Word word_of(const transcript::Item& item, SessionTime heard_to) {
  Word word;
  word.start = item.start;
  word.end = std::max(item.start, item.end);
  word.agreed_since = heard_to;
  word.confidence = item.confidence;
  word.flag = item.stable;
  return word;
}

// Whether `text` begins with `word` at `at`.
bool stands_at(std::string_view text, std::size_t at, std::string_view word) {
  return text.size() - at >= word.size() &&
         std::memcmp(text.data() + at, word.data(), word.size()) == 0;
}

// Recognisers write a transcript as its items with single spaces between words; then its text is
// copied as a whole. False where `text`, the end of a transcript, is not just these items.
bool read_as_transcript(std::string_view text, std::span<const transcript::Item> items,
                        SessionTime heard_to, WordList& words) {
  words.begin_with(text);
  std::size_t at = 0;
  for (const transcript::Item& item : items) {
    const std::string_view content = item.content;
    if (content.empty() || is_white(content.front()) || is_white(content.back())) return false;
    const bool joins = item.kind == transcript::ItemKind::punctuation && !words.empty();
    if (!joins && !words.empty() && (at >= text.size() || text[at++] != ' ')) return false;
    if (!stands_at(text, at, content)) return false;
    if (joins) {
      words[words.size() - 1].length += static_cast<std::uint32_t>(content.size());
    } else {
      words.append_part(at, content.size(), word_of(item, heard_to));
    }
    at += content.size();
  }
  return at == text.size();
}

bool is_within(const transcript::RecognitionResult& result, const ReadLimit& limit) {
  return result.items.size() <= limit.words && result.transcript.size() <= limit.bytes;
}

}  // namespace

bool read_words_after(const transcript::RecognitionResult& result, std::string_view known,
                      std::size_t known_words, const ReadLimit& limit, WordList& words) {
  std::string_view text = result.transcript;
  if (result.items.empty() || !is_within(result, limit) || !text.starts_with(known)) return false;
  std::span<const transcript::Item> items = result.items;
  if (known_words > 0) {
    text.remove_prefix(known.size());
    if (!text.empty() && text.front() != ' ') return false;  // the last known word goes on
    if (!text.empty()) text.remove_prefix(1);
    std::size_t next = 0, seen = 0;
    for (; next < items.size(); ++next) {
      if (items[next].kind == transcript::ItemKind::punctuation && seen > 0) continue;
      if (seen == known_words) break;
      ++seen;
    }
    if (seen < known_words) return false;
    items = items.subspan(next);
  }
  return read_as_transcript(text, items, result.end, words);
}

void read_words(const transcript::RecognitionResult& result, const ReadLimit& limit,
                WordList& words) {
  words.clear();
  if (result.items.empty()) return split_transcript(result, limit, words);
  if (is_within(result, limit) &&
      read_as_transcript(result.transcript, result.items, result.end, words))
    return;
  words.clear();
  for (const transcript::Item& item : result.items) {
    const std::string_view content = trimmed(item.content);
    if (content.empty()) continue;
    if (!has_room(words, limit, content.size())) break;
    if (item.kind == transcript::ItemKind::punctuation && !words.empty()) {
      words.extend_last(content);
    } else {
      words.append(content, word_of(item, result.end));
    }
  }
}

std::size_t carry_agreement(const WordList& older, std::size_t older_at, WordList& newer,
                            std::size_t newer_at) {
  const std::size_t most = std::min(older.size() - older_at, newer.size() - newer_at);
  for (std::size_t i = 0; i < most; ++i) {
    if (!same_word(older.text(older_at + i), newer.text(newer_at + i))) return i;
    const Word& before = older[older_at + i];
    Word& word = newer[newer_at + i];
    word.agreed_since = std::min<SessionTime>(before.agreed_since, word.agreed_since);
    if (before.flag == transcript::StableFlag::stable) word.flag = before.flag;
  }
  return most;
}

}  // namespace sotto::engine
