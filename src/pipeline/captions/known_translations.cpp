#include "pipeline/captions/known_translations.hpp"

#include <algorithm>
#include <utility>

#include "engine/word_text.hpp"

namespace sotto::pipeline {

namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// The marks behind the last word.
std::string_view tail(std::string_view text) {
  const std::size_t word = text.rfind(' ') + 1;
  return text.substr(text.size() - engine::marks_behind(text.substr(word)));
}

bool asks_or_exclaims(std::string_view text) {
  for (const std::string_view mark : {"?", "!", "\uFF1F", "\uFF01", "\u061F"})  // ？ ！ ؟
    if (tail(text).find(mark) != std::string_view::npos) return true;
  return false;
}

std::string_view without_spaces_before(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

// A part of a sentence, translated by itself: engines like to make it a sentence.
std::string as_part(std::string_view source, std::string translation, bool nouns_are_capital) {
  if (!nouns_are_capital && translation.size() > 1 && !source.empty() && is_lower(source[0]) &&
      is_upper(translation[0]) && is_lower(translation[1]))
    translation[0] = static_cast<char>(translation[0] - 'A' + 'a');
  if (tail(source).empty() && translation.ends_with(".") && !translation.ends_with(".."))
    translation.pop_back();
  return translation;
}

}  // namespace

std::string with_letters_of(std::string_view before, std::string_view now, std::string translation,
                            bool nouns_are_capital) {
  const std::string_view old_tail = tail(before), new_tail = tail(now);
  if (old_tail != new_tail && translation.ends_with(old_tail) &&
      (!old_tail.empty() || tail(translation).empty())) {
    translation.resize(translation.size() - old_tail.size());
    translation += new_tail;
  }
  if (translation.empty() || before.empty() || now.empty()) return translation;
  char& first = translation[0];
  if (is_lower(before[0]) && is_upper(now[0]) && is_lower(first))
    first = static_cast<char>(first - 'a' + 'A');
  else if (!nouns_are_capital && is_upper(before[0]) && is_lower(now[0]) && is_upper(first) &&
           translation.size() > 1 && is_lower(translation[1]))
    first = static_cast<char>(first - 'A' + 'a');
  return translation;
}

KnownTranslations::KnownTranslations(const Language& target) {
  const std::string base = target.str().substr(0, target.str().find('-'));
  spaced_ =
      base != "zh" && base != "ja" && base != "th" && base != "lo" && base != "km" && base != "my";
  nouns_are_capital_ = base == "de" || base == "lb";
}

KnownTranslations::Known KnownTranslations::find(SegmentId segment, std::string_view text,
                                                 std::size_t most) const {
  const auto entry = std::find_if(entries_.rbegin(), entries_.rend(),
                                  [&](const Entry& known) { return known.segment == segment; });
  if (entry == entries_.rend()) return {};
  for (auto known = entry->beginnings.rbegin(); known != entry->beginnings.rend(); ++known) {
    const std::size_t end = engine::same_beginning(text, known->text);
    if (end == std::string_view::npos || end == 0 || end > most) continue;
    if (end < text.size())
      return {end, as_part(known->text, known->translation, nouns_are_capital_)};
    if (asks_or_exclaims(text) != asks_or_exclaims(known->text)) continue;
    if (!spaced_) return {end, known->translation};  // these languages have marks of their own
    return {end, with_letters_of(known->text, text, known->translation, nouns_are_capital_)};
  }
  return {};
}

std::string KnownTranslations::add(SegmentId segment, std::string_view text, const Known& known,
                                   std::string rest) {
  auto entry = std::find_if(entries_.begin(), entries_.end(),
                            [&](const Entry& other) { return other.segment == segment; });
  if (entry == entries_.end()) {
    if (entries_.size() == most_segments) entries_.pop_front();
    entry = entries_.insert(entries_.end(), {segment, {}});
  }
  std::string whole = std::move(rest);
  if (known.bytes > 0) {
    const std::string_view source = without_spaces_before(text.substr(known.bytes));
    whole = as_part(source, std::move(whole), nouns_are_capital_);
    const bool parted = spaced_ && !known.translation.empty() && !whole.empty();
    whole = known.translation + (parted ? " " : "") + whole;
  }
  auto& beginnings = entry->beginnings;
  std::erase_if(beginnings, [&](const Beginning& other) {
    return known.bytes == 0 || other.text.size() >= text.size();
  });
  if (beginnings.size() >= most_parts) beginnings.clear();
  beginnings.push_back({std::string(text), whole});
  return whole;
}

}  // namespace sotto::pipeline
