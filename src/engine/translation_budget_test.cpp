#include "engine/translation_budget.hpp"

#include <map>

#include "base/utf8.hpp"
#include "engine/engine.hpp"
#include "engine/word_text.hpp"
#include "tests/support/transcribe_lines.hpp"
#include "transcript/codec.hpp"

namespace sotto::engine {
namespace {

TEST(TranslatedParts, KeepsWhatStillBeginsTheText) {
  TranslatedParts parts;
  EXPECT_EQ(parts.kept("anything"), 0u);
  parts.translated("to attain the", 0);
  parts.translated("to attain the entire loss", 13);
  EXPECT_EQ(parts.parts().size(), 2u);
  const std::string grown = "to attain the entire loss of";
  EXPECT_EQ(parts.kept(grown), grown.size() - 3);
  EXPECT_EQ(parts.kept("to attain the whole loss"), 13u) << "the second part has another word";
  EXPECT_EQ(parts.kept("to retain the entire loss"), 0u);
  EXPECT_EQ(parts.kept("to attain"), 0u) << "a part is kept whole or not at all";
}

TEST(TranslatedParts, CaseAndMarksDoNotCount) {
  TranslatedParts parts;
  parts.translated("personality,", 0);
  EXPECT_EQ(parts.kept("Personality and the"), 11u);
  parts.translated("Personality and the", 11);
  ASSERT_EQ(parts.parts().size(), 2u);
  EXPECT_EQ(parts.parts()[0].words, 1u);
  EXPECT_EQ(parts.kept("personality and the weakening"), 19u);
}

TEST(TranslatedParts, ATextTranslatedWholeIsOnePart) {
  TranslatedParts parts;
  parts.translated("one two", 0);
  parts.translated("one two three", 7);
  parts.translated("one two three four", 0);
  ASSERT_EQ(parts.parts().size(), 1u);
}

TEST(TranslatedParts, HasABound) {
  TranslatedParts parts;
  std::string text;
  for (int i = 0; i < 100; ++i) {
    const std::size_t from = text.size();
    text += (i ? " w" : "w") + std::to_string(i);
    parts.translated(text, from);
  }
  EXPECT_EQ(parts.parts().size(), TranslatedParts::most);
  EXPECT_EQ(parts.kept(text), text.size());
}

TEST(TranslationBudget, EarlyWordsComeFirstAndWholeSegmentsGetWhatIsLeft) {
  TranslationBudget budget(1.3, 1000, 1200);
  EXPECT_TRUE(budget.allows_early(20, 60));
  EXPECT_FALSE(budget.allows_whole(101));
  EXPECT_TRUE(budget.allows_whole(100));
  EXPECT_FALSE(budget.allows_whole_twice(1000));
  budget.spend(200);
  EXPECT_FALSE(budget.allows_early(21, 0)) << "it has run ahead";
  budget.ended(1000);
  EXPECT_TRUE(budget.allows_early(21, 0));
}

TEST(TranslationBudget, ACorrectionThatIsShorterTakesBackWhatWasDue) {
  TranslationBudget budget(1.3);
  budget.ended(100);
  budget.ended(-30);
  EXPECT_EQ(budget.due(), 70u);
  budget.ended(-1000);
  EXPECT_EQ(budget.due(), 0u);
}

// What a talk's captions cost, in characters, for somebody who keeps the translations that he has
// and follows what the engine says of them.
class Reader {
 public:
  void see(const ShowCaption& caption) {
    if (!caption.translate || caption.text.empty()) return;
    const std::string_view reused = caption.text.substr(0, caption.reuse_bytes);
    std::string& known = known_[caption.segment];
    if (!reused.empty() && same_beginning(known, reused) == std::string_view::npos) ++unknown_;
    known = caption.text;
    characters_ += utf8::length(caption.text.substr(caption.reuse_bytes));
  }
  std::size_t characters() const { return characters_; }
  std::size_t unknown() const { return unknown_; }

 private:
  std::map<SegmentId, std::string> known_;
  std::size_t characters_ = 0, unknown_ = 0;
};

Reader read_talk(const Settings& settings, std::uint64_t seed) {
  Engine engine = Engine::create(settings).value();
  transcript::Decoder decoder;
  transcript::Event event;
  Commands out;
  Reader reader;
  const auto step = [&](const Event& what, SessionTime at) {
    out.clear();
    engine.step(what, at, out);
    for (const Command& command : out)
      if (const auto* caption = std::get_if<ShowCaption>(&command)) reader.see(*caption);
  };
  SessionTime last{};
  for (const std::string& line : testing::transcribe_lines({"s", 600, seed})) {
    const auto envelope = decoder.decode(line, event);
    last = *envelope->arrival;
    while (engine.next_tick() && *engine.next_tick() < last) step(Tick{}, *engine.next_tick());
    step(TranscriptReceived{&event}, last);
  }
  step(EndOfAudio{}, last + std::chrono::seconds{1});
  return reader;
}

// A timer that goes off finds something to do, or waits for long: no engine asks for the next
// moment again and again.
TEST(TranslationBudget, TimersDoNotRace) {
  Engine engine = Engine::create({}).value();
  transcript::Decoder decoder;
  transcript::Event event;
  Commands out;
  std::size_t events = 0, ticks = 0;
  for (const std::string& line : testing::transcribe_lines({"s", 600, 5})) {
    const auto envelope = decoder.decode(line, event);
    while (engine.next_tick() && *engine.next_tick() < *envelope->arrival) {
      ++ticks;
      engine.step(Tick{}, *engine.next_tick(), out);
    }
    engine.step(TranscriptReceived{&event}, *envelope->arrival, out);
    out.clear();
    ++events;
  }
  EXPECT_LT(ticks, events);
}

TEST(TranslationBudget, IsKeptInEveryTalk) {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    Settings final_only;
    final_only.mode = Mode::final_only;
    const auto floor = static_cast<double>(read_talk(final_only, seed).characters());
    double before = 0;
    for (const double times : {1.1, 1.2, 1.3, 1.5}) {
      Settings settings;
      settings.translation_budget = times;
      const Reader reader = read_talk(settings, seed);
      const double ratio = static_cast<double>(reader.characters()) / floor;
      EXPECT_LE(ratio, times * 1.05) << seed;
      EXPECT_GE(ratio, before) << "more money, and less for it: " << seed;
      EXPECT_EQ(reader.unknown(), 0u) << "a part that was never translated";
      before = ratio;
    }
  }
}

}  // namespace
}  // namespace sotto::engine
