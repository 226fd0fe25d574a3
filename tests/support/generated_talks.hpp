#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/word_text.hpp"
#include "tests/support/events.hpp"

/// Talks as rapidcheck makes them up: what a recogniser hears, and what a network does to it.
namespace sotto::testing::talks {

using Ms = milliseconds::rep;

struct Arrival {
  Ms at = 0;
  std::size_t result = 0;
  bool is_partial = true;
  Ms end = 0;
  std::string text;
  transcript::Event event;
};

struct Talk {
  std::vector<std::string> finals;  // of each result, whether it arrives or not
  std::vector<Arrival> arrivals;    // in the order of their times
};

enum : unsigned {
  honest = 0,         // only the two newest words of a hypothesis are ever wrong
  contradicting = 1,  // any word may be
  reordered = 2,      // events may be late, by up to a second
  lossy = 4,          // events may be lost, finals too
  renamed = 8,        // a final may have another id than its partial results
  two_channels = 16,
  slow_finals = 32,  // a final may come long after the next result has begun
  flickering = 64,   // every hypothesis writes its words with other case and marks
  certain = 128,     // no word of a hypothesis is ever wrong
};

inline std::size_t below(std::size_t n) { return *rc::gen::inRange<std::size_t>(0, n); }
inline bool one_in(std::size_t n) { return below(n) == n - 1; }  // shrinks to false

inline std::string word() {
  static const std::vector<std::string> words = {"sea", "the", "calm", "sail,", "we.", "on"};
  return words[below(words.size())];
}

inline std::string join(const std::vector<std::string>& words, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i ? " " : "") + words[i];
  return text;
}

// The word as another hypothesis may write it.
inline std::string in_other_letters(std::string text) {
  static const std::vector<std::string> before = {"", "", "", "“", "¿"};
  static const std::vector<std::string> behind = {"", "", ".", ",", "?", "…", ".”", " —"};
  if (one_in(2)) text.resize(text.size() - engine::marks_behind(text));
  if (one_in(3)) text[0] = static_cast<char>(text[0] - 'a' + 'A');
  if (one_in(3)) text = before[below(before.size())] + text + behind[below(behind.size() - 1)];
  return text;
}

inline std::string id_of(std::size_t result) { return "r" + std::to_string(result); }

inline Talk any_talk(unsigned kind) {
  Talk talk;
  Ms audio = 0;
  const std::size_t results = 1 + below(5);
  for (std::size_t result = 0; result < results; ++result) {
    std::vector<std::string> truth(1 + below(16));
    for (auto& w : truth) w = word();
    talk.finals.push_back(join(truth, truth.size()));
    ResultSpec spec;
    spec.id = id_of(result);
    spec.start = at_ms(audio);
    if (kind & two_channels && result % 2) spec.channel = "ch_1";
    const auto arrive = [&](const std::string& text, Ms end, Ms at) {
      if (kind & lossy && one_in(8)) return;
      if (kind & slow_finals && !spec.is_partial && one_in(2)) at += static_cast<Ms>(below(2500));
      if (kind & reordered && one_in(6)) at += static_cast<Ms>(below(1000));
      Arrival arrival{at, result, spec.is_partial, end, text, make_event(spoken(text), spec)};
      talk.arrivals.push_back(arrival);
      if (one_in(10)) arrival.at += static_cast<Ms>(below(300)), talk.arrivals.push_back(arrival);
    };
    for (std::size_t heard = 1; heard <= truth.size(); ++heard) {
      std::vector<std::string> hypothesis(truth.begin(), truth.begin() + static_cast<Ms>(heard));
      for (std::size_t i = 0; i < heard; ++i)
        if (!(kind & certain) &&
            (i + 2 >= heard ? one_in(3) : (kind & contradicting && one_in(30))))
          hypothesis[i] = word();
      if (kind & flickering)
        for (auto& w : hypothesis) w = in_other_letters(w);
      const Ms end = audio + 300 * static_cast<Ms>(heard);
      arrive(join(hypothesis, heard), end, end + static_cast<Ms>(below(150)));
    }
    audio += 300 * static_cast<Ms>(truth.size());
    spec.is_partial = false;
    if (kind & renamed && one_in(3)) spec.id += "-final";
    arrive(talk.finals.back(), audio, audio + 200);
    audio += 250 + static_cast<Ms>(below(3000));
  }
  std::stable_sort(talk.arrivals.begin(), talk.arrivals.end(),
                   [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
  return talk;
}

// What a listener who misses nothing has of a result: its final, else its newest hypothesis.
inline std::string expected(const Talk& talk, std::size_t result) {
  std::string text;
  Ms end = -1;
  for (const Arrival& arrival : talk.arrivals) {
    if (arrival.result != result) continue;
    if (!arrival.is_partial) return arrival.text;
    if (arrival.end >= end) text = arrival.text, end = arrival.end;
  }
  return text;
}

inline bool final_came(const Talk& talk, std::size_t result) {
  return std::any_of(talk.arrivals.begin(), talk.arrivals.end(), [&](const Arrival& arrival) {
    return arrival.result == result && !arrival.is_partial;
  });
}

}  // namespace sotto::testing::talks
