#include "providers/moonshine/word_times.hpp"

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace sotto::providers::moonshine {
namespace {

constexpr milliseconds frame{32};
constexpr FrameNote speech{0.95f, -20}, quiet{0.02f, -70};

std::vector<FrameNote> notes(std::initializer_list<std::pair<FrameNote, std::size_t>> runs) {
  std::vector<FrameNote> out;
  for (const auto& [note, count] : runs) out.insert(out.end(), count, note);
  return out;
}

std::vector<Word> words(std::initializer_list<const char*> texts) {
  std::vector<Word> out;
  for (const char* text : texts) out.push_back({.text = text});
  return out;
}

// Times rise and lie within the frames.
void expect_rising(const std::vector<WordTime>& times, std::size_t frames) {
  milliseconds place{0};
  for (const WordTime& time : times) {
    EXPECT_GE(time.start, place);
    EXPECT_GE(time.end, time.start);
    EXPECT_LE(time.end, frame * static_cast<int>(frames));
    place = time.end;
  }
}

TEST(WordTimes, LongerWordsTakeLonger) {
  const auto frames = notes({{speech, 60}});
  const auto times = estimate_times(words({"a", "considerably", "it"}), frames, {});
  expect_rising(times, frames.size());
  EXPECT_GT(times[1].end - times[1].start, 2 * (times[0].end - times[0].start));
  EXPECT_EQ(times[0].start, milliseconds{0});
}

TEST(WordTimes, APauseFallsBetweenWords) {
  const auto frames = notes({{speech, 33}, {quiet, 20}, {speech, 33}, {quiet, 11}});
  const auto times = estimate_times(words({"seven", "eight"}), frames, {});
  expect_rising(times, frames.size());
  EXPECT_GE(times[0].end, frame * 28);
  EXPECT_LE(times[0].end, frame * 33);
  EXPECT_EQ(times[1].start, frame * 53);
}

TEST(WordTimes, QuietAroundTheWordsIsNoWord) {
  const auto frames = notes({{quiet, 10}, {speech, 30}, {quiet, 11}});
  const auto times = estimate_times(words({"seven", "eight"}), frames, {});
  expect_rising(times, frames.size());
  EXPECT_GE(times[0].start, frame * 7);
  EXPECT_LE(times[1].end, frame * 44);
}

TEST(WordTimes, AWordEndsBeforeItWasHeard) {
  const auto frames = notes({{speech, 90}});
  const std::vector<milliseconds> heard_by{milliseconds{300}, milliseconds{0}, milliseconds{900}};
  const auto times = estimate_times(words({"seven", "eight", "nine", "ten"}), frames, heard_by);
  expect_rising(times, frames.size());
  EXPECT_LE(times[0].end, milliseconds{300});
  EXPECT_LE(times[1].end, milliseconds{900});
  EXPECT_LE(times[2].end, milliseconds{900});
}

TEST(WordTimes, OfNothingAreNothing) {
  EXPECT_TRUE(estimate_times({}, notes({{speech, 3}}), {}).empty());
  const auto none = estimate_times(words({"a", "b"}), {}, {});
  ASSERT_EQ(none.size(), 2u);
  EXPECT_EQ(none[1], WordTime{});
  const auto in_quiet = notes({{quiet, 30}});
  expect_rising(estimate_times(words({"a", "..."}), in_quiet, {}), in_quiet.size());
}

RC_GTEST_PROP(WordTimesProperties, RiseWithinTheFramesAndBeforeTheyWereHeard, ()) {
  const auto frames = *rc::gen::container<std::vector<FrameNote>>(rc::gen::map(
      rc::gen::pair(rc::gen::inRange(0, 101), rc::gen::inRange(-90, 0)), [](const auto& pair) {
        return FrameNote{static_cast<float>(pair.first) / 100.0f, static_cast<float>(pair.second)};
      }));
  const auto said = *rc::gen::container<std::vector<Word>>(
      rc::gen::map(rc::gen::element<std::string>("a", "well,", "understanding", "1984", "...",
                                                 "\xC3\xA9t\xC3\xA9"),
                   [](const std::string& text) { return Word{.text = text}; }));
  const auto heard_by = *rc::gen::container<std::vector<milliseconds>>(
      rc::gen::map(rc::gen::inRange(0, 3000), [](int ms) { return milliseconds{ms}; }));
  const auto times = estimate_times(said, frames, heard_by);
  RC_ASSERT(times.size() == said.size());
  milliseconds place{0};
  for (std::size_t i = 0; i < times.size(); ++i) {
    RC_ASSERT(times[i].start >= place);
    RC_ASSERT(times[i].end >= times[i].start);
    RC_ASSERT(times[i].end <= frame * static_cast<int>(frames.size()));
    if (i < heard_by.size() && heard_by[i] > milliseconds{0})
      RC_ASSERT(times[i].end <= heard_by[i]);
    place = times[i].end;
  }
}

}  // namespace
}  // namespace sotto::providers::moonshine
