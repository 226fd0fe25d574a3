#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transcript/event.hpp"

namespace sotto::testing {

/// One word every 300 ms from `start` on; `gap_before` moves a word and all after it.
struct SpokenWord {
  std::string text;
  milliseconds gap_before{0};
  transcript::StableFlag flag = transcript::StableFlag::missing;
};

/// Splits at spaces.
inline std::vector<SpokenWord> spoken(std::string_view sentence) {
  std::vector<SpokenWord> words;
  for (std::size_t at = 0; at < sentence.size();) {
    const std::size_t end = std::min(sentence.find(' ', at), sentence.size());
    if (end > at) words.push_back({std::string(sentence.substr(at, end - at))});
    at = end + 1;
  }
  return words;
}

struct ResultSpec {
  std::string id = "r1";
  bool is_partial = true;
  SessionTime start{};
  milliseconds heard_after_last_word{0};  ///< how far past its last word the result reaches
  std::string channel = {};
};

/// An event with one result.
inline transcript::Event make_event(const std::vector<SpokenWord>& words, const ResultSpec& spec) {
  std::string text;
  std::vector<transcript::Item> items;
  SessionTime at = spec.start;
  for (const SpokenWord& word : words) {
    at += word.gap_before;
    transcript::Item item;
    item.content = word.text;
    item.start = at;
    item.end = at += milliseconds{300};
    item.stable = word.flag;
    items.push_back(item);
    if (!text.empty()) text += ' ';
    text += word.text;
  }
  transcript::Event event;
  event.begin_result({.id = spec.id,
                      .channel = spec.channel,
                      .transcript = text,
                      .start = spec.start,
                      .end = at + spec.heard_after_last_word,
                      .is_partial = spec.is_partial});
  for (const transcript::Item& item : items) event.add_item(item);
  return event;
}

inline transcript::Event partial(std::string_view sentence, ResultSpec spec = {}) {
  spec.is_partial = true;
  return make_event(spoken(sentence), spec);
}

/// Whose words the recogniser calls stable.
inline transcript::Event stable_partial(std::string_view sentence, ResultSpec spec = {}) {
  spec.is_partial = true;
  std::vector<SpokenWord> words = spoken(sentence);
  for (SpokenWord& word : words) word.flag = transcript::StableFlag::stable;
  return make_event(words, spec);
}

inline transcript::Event final_result(std::string_view sentence, ResultSpec spec = {}) {
  spec.is_partial = false;
  return make_event(spoken(sentence), spec);
}

}  // namespace sotto::testing
