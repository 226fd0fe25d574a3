// What an engine holds, whatever arrives. The program counts its allocations.
#include <memory>
#include <random>

#include "engine/engine.hpp"
#include "tests/support/allocation_meter.hpp"
#include "tests/support/events.hpp"
#include "tests/support/transcribe_lines.hpp"
#include "transcript/codec.hpp"

namespace sotto::engine {
namespace {

// An engine and what it alone has taken from the heap.
class Measured {
 public:
  Measured() : engine_(std::make_unique<Engine>(Engine::create({}).value())) {}

  void step(const Event& event, SessionTime now) {
    const std::int64_t of_others = testing::allocations().live;
    {
      Commands commands;
      engine_->step(event, now, commands);
    }
    held_ += testing::allocations().live - of_others;
    most_ = std::max(most_, held_);
  }
  void hear(const transcript::Event& event, SessionTime now) {
    for (auto due = engine_->next_tick(); due && *due <= now; due = engine_->next_tick())
      step(Tick{}, *due);
    step(TranscriptReceived{&event}, now);
  }
  std::int64_t held() const { return held_; }
  std::int64_t most() const { return most_; }

 private:
  std::int64_t held_ = 0, most_ = 0;
  std::unique_ptr<Engine> engine_;
};

TEST(EngineMemory, AnHourOfTalkNeedsSixteenKibibytesAndTheNextHourNoMore) {
  Measured engine;
  transcript::Decoder decoder;
  transcript::Event event;
  std::int64_t after_an_hour = 0;
  for (const std::string& line : testing::transcribe_lines({"s", 2 * 3600, 5})) {
    const auto envelope = decoder.decode(line, event);
    ASSERT_TRUE(envelope);
    engine.hear(event, *envelope->arrival);
    if (after_an_hour == 0 && *envelope->arrival > at_ms(3'600'000)) after_an_hour = engine.held();
  }
  const std::int64_t own = sizeof(Engine);
  EXPECT_LE(after_an_hour + own, 16 * 1024);
  // One place more, when finals are lost close together, is all that can come.
  EXPECT_LE(engine.held(), after_an_hour + 2 * 1024);
  EXPECT_LE(engine.held() + own, 16 * 1024);
}

TEST(EngineMemory, FloodsOfResultsAndChannelsAreBounded) {
  Measured engine;
  for (int i = 0; i < 20'000; ++i) {
    const testing::ResultSpec spec{.id = "r" + std::to_string(i),
                                   .start = at_ms(i * 10),
                                   .channel = "ch_" + std::to_string(i % 1000)};
    engine.hear(testing::partial("one two three four five six", spec), at_ms(i * 10));
  }
  EXPECT_LE(engine.most(), 64 * 1024);
}

TEST(EngineMemory, EnormousResultsAreGivenBack) {
  Measured engine;
  std::string words;
  for (int i = 0; i < 60'000; ++i) words += "w" + std::to_string(i) + " ";
  for (int i = 0; i < 20; ++i) {
    const testing::ResultSpec spec{.id = "r" + std::to_string(i), .start = at_ms(i * 20'000'000)};
    const auto start = spec.start;
    engine.hear(testing::partial(words, spec), start + std::chrono::seconds{1});
    EXPECT_LE(engine.held(), 1024 * 1024) << "of a partial result only so much is kept";
    engine.hear(testing::final_result(words, spec), start + std::chrono::seconds{2});
    EXPECT_LE(engine.held(), 256 * 1024) << "and of one that is over hardly anything";
  }
}

TEST(EngineMemory, AllocatesNothingInSteadyState) {
  Engine engine = Engine::create({}).value();
  Commands commands;
  transcript::Decoder decoder;
  transcript::Event event;
  std::uint64_t steps = 0, allocated = 0;
  for (const std::string& line : testing::transcribe_lines({"s", 1800, 6})) {
    const auto envelope = decoder.decode(line, event);
    const std::uint64_t before = testing::allocations().count;
    commands.clear();
    engine.step(TranscriptReceived{&event}, *envelope->arrival, commands);
    if (*envelope->arrival < at_ms(600'000)) continue;
    ++steps;
    allocated += testing::allocations().count - before;
  }
  // What is left: one more result is open at a time than ever before (its final was lost), or a
  // sentence is longer than any before it. Each makes room once.
  EXPECT_GT(steps, 4000u);
  EXPECT_LE(allocated, 32u);
}

}  // namespace
}  // namespace sotto::engine
