#include "support/talk_shapes.hpp"

#include <array>
#include <random>
#include <span>
#include <sstream>

namespace sotto::bench {

namespace {

using Lines = std::span<const char* const>;

constexpr std::array<const char*, 12> read_lines{
    "When the river rose in the spring of that year, the whole village moved its cattle to the "
    "hills and waited.",
    "The new library will open on Monday morning, and everybody who has ever borrowed a book there "
    "is invited.",
    "We compared the two hospitals over five years, with the same patients, the same doctors and "
    "the "
    "same rules.",
    "It was not the rain that stopped the train, but a small stone, no bigger than an egg, between "
    "the rails.",
    "Of all the cities along the coast, this is the only one that has kept its old walls.",
    "Every child in the school learns to swim before the age of ten, because the sea is so near.",
    "Although the price of bread has doubled since the war, nobody in the market speaks of "
    "anything else.",
    "The committee will publish its report in the autumn, and the government must answer within "
    "three months.",
    "She closed the window, put out the lamp, and listened for a long time to the wind in the "
    "garden.",
    "In the second part of this lecture I will explain how the machine decides which word comes "
    "next.",
    "There are three reasons for this result, and the last of them has surprised everybody in our "
    "group.",
    "The old teacher, who had never left the island, knew more about the world than all his "
    "visitors together.",
};
constexpr std::array<const char*, 12> spontaneous_lines{
    "so I I think we should um we should begin with the the numbers from last week",
    "well what I mean is that the the server no sorry the database was too slow for that",
    "and then you know we tried it again with with fewer people and it it worked",
    "okay so this this picture shows um what happens when you when you press the button",
    "I was going to say that uh my colleague found another another way to do it",
    "yeah and the the second thing is that nobody really nobody really reads these messages",
    "we had um we had about forty people in the room and half of them left before lunch",
    "it is it is not a problem of money I think it is more a problem of of time",
    "so if you look at at the left side you can see that the the line goes up and then down",
    "let me let me just go back to the question because I I did not answer it",
    "actually we wanted to to show you the new version but it is not not ready yet",
    "and that is why um why we decided to to wait until the end of the year",
};
constexpr std::array<const char*, 16> dialogue_lines{
    "Are you ready?",          "Yes, I am.",           "Where is the key?",
    "It is on the table.",     "Who told you that?",   "My brother did.",
    "Can you hear me now?",    "Not very well.",       "And now?",
    "Much better, thank you.", "When do we start?",    "In five minutes.",
    "Is everybody here?",      "No, two are missing.", "Shall we wait?",
    "I do not think so.",
};
constexpr std::array<const char*, 6> misheard{"so", "the", "where", "some", "hear", "there"};

struct Manner {
  Lines lines;
  int word_ms, spread_ms;  // a word's length
  int pause_ms, more_ms;   // between utterances
  double revised, contradicted;
};

Manner manner_of(TalkShape shape) {
  switch (shape) {
    case TalkShape::read: return {read_lines, 240, 220, 400, 900, 0.10, 0.0};
    case TalkShape::spontaneous: return {spontaneous_lines, 200, 320, 300, 1500, 0.35, 0.1};
    case TalkShape::dialogue: break;
  }
  return {dialogue_lines, 150, 150, 150, 300, 0.15, 0.02};
}

struct Spoken {
  std::string word, mark;
  int start = 0, end = 0;  // ms
};

class Maker {
 public:
  Maker(TalkShape shape, std::uint64_t seed)
      : manner_(manner_of(shape)), session_(name_of(shape)), random_(seed) {}

  std::vector<replay::RecordedEvent> make(double seconds) {
    for (int at = 300, number = 1; at < seconds * 1000; ++number) at = utterance(at, number);
    return std::move(events_);
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool happens(double share) { return below(1000) < share * 1000; }

  std::vector<Spoken> speak(int at) {
    std::istringstream line(
        manner_.lines[static_cast<std::size_t>(below(static_cast<int>(manner_.lines.size())))]);
    std::vector<Spoken> words;
    for (std::string word; line >> word;) {
      Spoken spoken{word, "", at, at + manner_.word_ms + below(manner_.spread_ms)};
      if (const char last = word.back(); last == ',' || last == '.' || last == '?') {
        spoken.mark = last;
        spoken.word.pop_back();
      }
      at = spoken.end;
      words.push_back(std::move(spoken));
    }
    return words;
  }

  int utterance(int at, int number) {
    const std::string id = "r" + std::to_string(number);
    std::vector<Spoken> words = speak(at);
    for (int tick = words.front().end + 50; tick < words.back().end + 100; tick += 200) {
      std::vector<Spoken> heard;
      for (const Spoken& word : words)
        if (word.end <= tick) heard.push_back(word);
      heard.back().mark.clear();
      if (happens(manner_.revised))
        heard.back().word = misheard[static_cast<std::size_t>(below(6))];
      const int unstable = 3 + below(3);
      add(id, tick + 280, heard, static_cast<int>(heard.size()) - unstable, true);
    }
    if (words.size() > 6 && happens(manner_.contradicted))
      words[static_cast<std::size_t>(below(3))].word = "another";
    add(id, words.back().end + 600, words, static_cast<int>(words.size()), false);
    return words.back().end + manner_.pause_ms + below(manner_.more_ms);
  }

  void add(const std::string& id, int arrival, const std::vector<Spoken>& words, int stable,
           bool is_partial) {
    replay::RecordedEvent recorded;
    recorded.session = SessionId{session_};
    recorded.arrival = at_ms(arrival);
    std::string text;
    for (const Spoken& word : words) text += (text.empty() ? "" : " ") + word.word + word.mark;
    recorded.event.begin_result(
        {id, "ch_0", text, at_ms(words.front().start), at_ms(words.back().end), is_partial});
    int index = 0;
    for (const Spoken& word : words) {
      const auto flag = !is_partial || index++ < stable ? transcript::StableFlag::stable
                                                        : transcript::StableFlag::unstable;
      transcript::Item item{word.word, at_ms(word.start), at_ms(word.end)};
      item.stable = flag;
      recorded.event.add_item(item);
      if (word.mark.empty()) continue;
      item.content = word.mark;
      item.start = item.end;
      item.kind = transcript::ItemKind::punctuation;
      recorded.event.add_item(item);
    }
    // Where two results overlap in time they still arrive in order.
    if (!events_.empty() && recorded.arrival < events_.back().arrival)
      recorded.arrival = events_.back().arrival;
    events_.push_back(std::move(recorded));
  }

  const Manner manner_;
  const std::string session_;
  std::mt19937_64 random_;  // the same numbers with every standard library
  std::vector<replay::RecordedEvent> events_;
};

}  // namespace

std::string name_of(TalkShape shape) {
  switch (shape) {
    case TalkShape::read: return "read";
    case TalkShape::spontaneous: return "spontaneous, with restarts";
    case TalkShape::dialogue: return "rapid dialogue";
  }
  return "read";
}

std::vector<replay::RecordedEvent> made_up_talk(TalkShape shape, double seconds,
                                                std::uint64_t seed) {
  return Maker(shape, seed).make(seconds);
}

}  // namespace sotto::bench
