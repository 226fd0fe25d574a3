#include "tests/support/transcribe_lines.hpp"

#include <algorithm>
#include <cstdio>

namespace sotto::testing {

namespace {

// SplitMix64 (Steele, Lea, Flood 2014): the same numbers with every standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }

 private:
  std::uint64_t state_;
};

struct Spoken {
  std::string word, punctuation;
  int start, end;  // ms
};

std::string made_up_word(Random& random) {
  static constexpr const char* syllables[] = {"ra", "ve", "to", "lin", "sa", "mer", "ko", "den"};
  std::string word;
  for (std::size_t i = 0, n = 1 + random.below(4); i < n; ++i) word += syllables[random.below(8)];
  return word;
}

std::vector<Spoken> sentence(Random& random, int start) {
  std::vector<Spoken> words(6 + random.below(15));
  for (Spoken& spoken : words) {
    const int end = start + 180 + static_cast<int>(random.below(300));
    spoken = {made_up_word(random), random.below(14) == 0 ? "," : "", start, end};
    start = end;
  }
  words.back().punctuation = ".";
  return words;
}

std::string number(int ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%d.%03d", ms / 1000, ms % 1000);
  return text;
}

std::string item(const Spoken& spoken, bool punctuation, int stable) {
  std::string out = "{\"Type\":\"";
  out += punctuation ? "punctuation" : "pronunciation";
  out += "\",\"Content\":\"" + (punctuation ? spoken.punctuation : spoken.word);
  out += "\",\"StartTime\":" + number(punctuation ? spoken.end : spoken.start);
  out += ",\"EndTime\":" + number(spoken.end) + ",\"VocabularyFilterMatch\":false";
  out += stable < 0   ? ",\"Confidence\":0.9321,\"Stable\":true}"
         : stable > 0 ? ",\"Stable\":true}"
                      : ",\"Stable\":false}";
  return out;
}

std::string message(const TranscribeTalk& talk, const std::string& id, int arrival,
                    const std::vector<Spoken>& words, std::size_t stable, bool is_partial) {
  std::string transcript, items;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const int flag = !is_partial ? -1 : i < stable ? 1 : 0;
    if (i) transcript += ' ', items += ',';
    transcript += words[i].word + words[i].punctuation;
    items += item(words[i], false, flag);
    if (!words[i].punctuation.empty()) items += ',' + item(words[i], true, flag);
  }
  return "{\"SessionId\":\"" + talk.session + "\",\"ArrivalMs\":" + std::to_string(arrival) +
         ",\"Language\":\"en\",\"Transcript\":{\"Results\":[{\"ResultId\":\"" + id +
         "\",\"IsPartial\":" + (is_partial ? "true" : "false") +
         ",\"StartTime\":" + number(words.front().start) +
         ",\"EndTime\":" + number(words.back().end) +
         ",\"ChannelId\":\"ch_0\",\"Alternatives\":[{\"Transcript\":\"" + transcript +
         "\",\"Items\":[" + items + "]}]}]}}";
}

}  // namespace

std::vector<std::string> transcribe_lines(const TranscribeTalk& talk) {
  Random random(talk.seed);
  std::vector<std::string> lines;
  int at = 300;
  for (int number_of = 1; at < talk.seconds * 1000; ++number_of) {
    char id[40];
    std::snprintf(id, sizeof id, "%08x-%04x-%04x", static_cast<unsigned>(random.next()),
                  static_cast<unsigned>(talk.seed & 0xFFFF), static_cast<unsigned>(number_of));
    const std::vector<Spoken> words = sentence(random, at);
    for (int tick = words.front().end + 50; tick < words.back().end + 100; tick += 200) {
      std::vector<Spoken> heard;
      std::copy_if(words.begin(), words.end(), std::back_inserter(heard),
                   [&](const Spoken& spoken) { return spoken.end <= tick; });
      const std::size_t unstable = 3 + random.below(3);
      heard.back().punctuation.clear();
      if (random.below(8) == 0) heard.back().word = made_up_word(random);
      lines.push_back(message(talk, id, tick + 280, heard,
                              heard.size() - std::min(unstable, heard.size()), true));
    }
    if (random.below(100) != 0)
      lines.push_back(message(talk, id, words.back().end + 600, words, 0, false));
    at = words.back().end + 650 + static_cast<int>(random.below(1200));
  }
  return lines;
}

}  // namespace sotto::testing
