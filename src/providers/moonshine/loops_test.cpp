#include "providers/moonshine/loops.hpp"

namespace sotto::providers::moonshine {
namespace {

using Sequence = std::vector<std::int64_t>;

// A beginning that has no loop, then `times` times the piece of `period` items.
Sequence looped(std::size_t before, std::size_t period, std::size_t times) {
  Sequence out;
  for (std::size_t i = 0; i < before; ++i) out.push_back(static_cast<std::int64_t>(1000 + i));
  for (std::size_t i = 0; i < period * times; ++i)
    out.push_back(static_cast<std::int64_t>(i % period));
  return out;
}

// How many items a watch takes until it notices; nothing where it does not.
std::optional<std::size_t> noticed_after(const Sequence& sequence) {
  LoopWatch watch;
  for (std::size_t i = 0; i < sequence.size(); ++i)
    if (watch.add(sequence[i])) return i + 1;
  return std::nullopt;
}

TEST(Loops, CountsWhatStandsAgainAtTheEnd) {
  EXPECT_EQ(repeated_items(Sequence{}, 1), 0u);
  EXPECT_EQ(repeated_items(Sequence{1}, 1), 0u);
  EXPECT_EQ(repeated_items(Sequence{1, 1}, 1), 1u);
  EXPECT_EQ(repeated_items(Sequence{1, 2, 3, 2, 3, 2}, 2), 3u);
  EXPECT_EQ(repeated_items(Sequence{1, 2, 3, 2, 3, 2}, 1), 0u);
  EXPECT_EQ(repeated_items(Sequence{1, 2}, 7), 0u);
}

TEST(Loops, AreNoticedAsSoonAsTheyAreTooLong) {
  const std::vector<std::pair<std::size_t, std::size_t>> cases = {
      {1, 6}, {2, 6}, {3, 6}, {4, 4}, {8, 4}, {9, 3}, {16, 3}, {17, 2}, {30, 2}};
  for (const auto& [period, times] : cases) {
    for (const std::size_t before : {0u, 1u, 20u}) {
      EXPECT_EQ(noticed_after(looped(before, period, times)), before + period * times)
          << period << " items " << times << " times after " << before;
      EXPECT_EQ(noticed_after(looped(before, period, times - 1)), std::nullopt);
      const auto loop = endless_loop(looped(before, period, times));
      ASSERT_TRUE(loop);
      EXPECT_EQ(loop->first, before);
      EXPECT_EQ(loop->period, period);
      EXPECT_EQ(loop->times, times);
    }
  }
}

TEST(Loops, OneInAPieceDoesNotHideThePieces) {
  Sequence sequence;
  for (int i = 0; i < 4; ++i) sequence.insert(sequence.end(), {1, 2, 3, 3});
  const auto loop = endless_loop(sequence);
  ASSERT_TRUE(loop);
  EXPECT_EQ(loop->period, 4u);
  EXPECT_EQ(loop->times, 4u);
}

TEST(Loops, NothingIsNoticedInWhatDoesNotRepeat) {
  Sequence sequence;
  for (std::int64_t i = 0; i < 200; ++i) sequence.push_back(i * i % 211);
  EXPECT_EQ(noticed_after(sequence), std::nullopt);
  EXPECT_FALSE(endless_loop(Sequence{}));
}

}  // namespace
}  // namespace sotto::providers::moonshine
