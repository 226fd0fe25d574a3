#include "audio/endpointer.hpp"

#include <algorithm>
#include <sstream>

namespace sotto::audio {
namespace {

// A talk as text: '#' a frame of speech, '-' of speech 30 dB below the rest, '.' a quiet one; a
// number repeats the character after it.
std::string frames_of(const std::string& pattern) {
  std::string frames;
  std::size_t count = 0;
  for (const char c : pattern) {
    if (c == ' ') continue;
    if (c >= '0' && c <= '9') {
      count = count * 10 + static_cast<std::size_t>(c - '0');
    } else {
      frames.append(std::max<std::size_t>(1, count), c);
      count = 0;
    }
  }
  return frames;
}

// What the endpointer says: "start@FRAME" and "end@FRAME", one after the other.
std::string decisions(const EndpointerSettings& settings, const std::string& pattern) {
  Endpointer endpointer(settings);
  std::ostringstream said;
  for (const char c : frames_of(pattern)) {
    const Endpoint endpoint =
        endpointer.on_frame(c != '.', c == '#' ? -20.0f : (c == '-' ? -50.0f : -70.0f));
    if (endpoint.kind == Endpoint::Kind::none) continue;
    said << (said.str().empty() ? "" : " ")
         << (endpoint.kind == Endpoint::Kind::start ? "start@" : "end@") << endpoint.frame;
  }
  return said.str();
}

struct Case {
  const char* name;
  const char* pattern;
  const char* expected;
};

// 20 ms frames: onset 3, pre-roll 15, hangover 20, cap 250 with a window of 50.
const EndpointerSettings defaults{.cap = milliseconds{5000}, .cap_window = milliseconds{1000}};

class EndpointerTable : public ::testing::TestWithParam<Case> {};

TEST_P(EndpointerTable, Decides) {
  EXPECT_EQ(decisions(defaults, GetParam().pattern), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Talks, EndpointerTable,
    ::testing::Values(
        Case{"Silence", "1000.", ""},  //
        Case{"ClicksAreTooShort", "50. 2# 50. # 50.", ""},
        Case{"PreRollReachesBack", "50. 3#", "start@35"},
        Case{"PreRollStopsAtTheBeginning", "5. 3#", "start@0"},
        Case{"HangoverEnds", "50. 50# 20.", "start@35 end@120"},
        Case{"APauseBelowTheHangoverDoesNot", "50. 50# 19. 10# 19.", "start@35"},
        Case{"PreRollStopsAtTheLastEnd", "50. 50# 20. 5. 3#", "start@35 end@120 start@120"},
        Case{"CapCutsUnbrokenTalk", "600#", "start@0 end@250 start@250 end@500 start@500"},
        Case{"PreRollCountsTowardsTheCap", "50. 400#", "start@35 end@285 start@285"},
        Case{"NearTheCapAShorterPauseEnds", "225# 10. 50#", "start@0 end@232 start@232"},
        Case{"OneQuietFrameIsEnoughAtTheCap", "247# 1. 50#", "start@0 end@248 start@248"},
        Case{"OutsideTheWindowItIsNot", "190# 10. 49#", "start@0"},
        Case{"ADipInLoudnessServesAtTheCap", "245# 2- 50#", "start@0 end@246 start@246"},
        Case{"AndNowhereElse", "50# 30- 50#", "start@0"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Endpointer, ContinuousTalkIsCutWithoutAGap) {
  Endpointer endpointer;
  std::uint64_t last_end = 0;
  std::uint64_t last_start = 0;
  for (int i = 0; i < 50 * 60 * 5; ++i) {
    const Endpoint endpoint = endpointer.on_frame(true, -20);
    if (endpoint.kind == Endpoint::Kind::start) {
      EXPECT_EQ(endpoint.frame, last_end);
      last_start = endpoint.frame;
    } else if (endpoint.kind == Endpoint::Kind::end) {
      EXPECT_EQ(endpoint.frame - last_start, 600u);
      last_end = endpoint.frame;
    }
  }
  EXPECT_GT(last_end, 14'000u);
}

TEST(Endpointer, AnyMixtureKeepsTheContract) {
  const EndpointerSettings settings{.cap = milliseconds{5000}};
  Endpointer endpointer(settings);
  std::uint32_t random = 1;
  std::uint64_t start = 0;
  std::uint64_t last_end = 0;
  bool open = false;
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    random = random * 1664525 + 1013904223;
    const bool is_speech = (random >> 16) % 100 < (i / 700) % 100;
    const Endpoint endpoint =
        endpointer.on_frame(is_speech, -static_cast<float>((random >> 8) % 80));
    EXPECT_EQ(endpointer.open(), endpoint.kind == Endpoint::Kind::start ||
                                     (open && endpoint.kind == Endpoint::Kind::none));
    if (endpoint.kind == Endpoint::Kind::start) {
      ASSERT_FALSE(open);
      ASSERT_GE(endpoint.frame, last_end);
      ASSERT_LE(endpoint.frame, i);
      start = endpoint.frame;
    } else if (endpoint.kind == Endpoint::Kind::end) {
      ASSERT_TRUE(open);
      ASSERT_EQ(endpoint.frame, i + 1);
      ASSERT_LE(endpoint.frame - start, 250u);
      last_end = endpoint.frame;
    }
    open = endpointer.open();
  }
}

}  // namespace
}  // namespace sotto::audio
