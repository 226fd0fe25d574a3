#include "providers/moonshine/utterance_cutter.hpp"

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace sotto::providers::moonshine {
namespace {

struct Heard {
  float probability = 0;
  float level_db = -20;
};

constexpr Heard speech{0.9f, -20}, quiet{0.05f, -60}, unsure{0.42f, -30}, dip{0.9f, -50};

using Sound = std::vector<Heard>;

Sound operator+(Sound a, const Sound& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Sound of(const Heard& heard, std::size_t frames) { return Sound(frames, heard); }

std::vector<Cut> cuts(const Sound& sound, const CutterSettings& settings = {}) {
  UtteranceCutter cutter(settings);
  std::vector<Cut> out;
  for (const Heard& heard : sound) {
    const Cut cut = cutter.on_frame(heard.probability, heard.level_db);
    if (cut.kind != Cut::Kind::none) out.push_back(cut);
  }
  return out;
}

constexpr Cut begin(std::uint64_t frame) { return {Cut::Kind::begin, frame}; }
constexpr Cut end(std::uint64_t frame) { return {Cut::Kind::end, frame}; }
constexpr Cut split(std::uint64_t frame) { return {Cut::Kind::split, frame}; }

// Ten frames a second of these: pre-roll 3, onset 2, pause 4, patience 60, cap 100, look back 10.
CutterSettings coarse() {
  return {.frame = milliseconds{100},
          .onset = milliseconds{200},
          .pre_roll = milliseconds{300},
          .pause = milliseconds{400},
          .patience = milliseconds{6'000},
          .cap = milliseconds{10'000},
          .look_back = milliseconds{1'000}};
}

TEST(UtteranceCutter, BeginsWithThePreRollAndEndsAtThePause) {
  struct Case {
    const char* what;
    Sound sound;
    std::vector<Cut> expected;
  };
  const std::vector<Case> cases = {
      {"nothing", {}, {}},
      {"silence", of(quiet, 500), {}},
      {"what may be speech", of(unsure, 500), {}},
      {"a click", of(quiet, 10) + of(speech, 1) + of(quiet, 10), {}},
      {"clicks", of(speech, 1) + of(quiet, 1) + of(speech, 1) + of(quiet, 1), {}},
      {"speech", of(quiet, 10) + of(speech, 5) + of(quiet, 9), {begin(7), end(19)}},
      {"speech at once", of(speech, 5) + of(quiet, 9), {begin(0), end(9)}},
      {"speech almost at once", of(quiet, 2) + of(speech, 5) + of(quiet, 9), {begin(0), end(11)}},
      {"still speech", of(quiet, 10) + of(speech, 5) + of(quiet, 3), {begin(7)}},
      {"a pause that is too short",
       of(speech, 5) + of(quiet, 3) + of(speech, 5) + of(quiet, 4),
       {begin(0), end(17)}},
      {"unsure frames leave it open",
       of(speech, 5) + of(unsure, 20) + of(speech, 1) + of(quiet, 4),
       {begin(0), end(30)}},
      {"unsure frames leave it quiet",
       of(speech, 5) + of(quiet, 1) + of(unsure, 3) + of(speech, 1),
       {begin(0), end(9)}},
      {"the pre-roll does not reach into the utterance before",
       of(speech, 5) + of(quiet, 5) + of(speech, 2),
       {begin(0), end(9), begin(9)}},
  };
  for (const Case& each : cases) EXPECT_EQ(cuts(each.sound, coarse()), each.expected) << each.what;
}

TEST(UtteranceCutter, SplitsWhatGrowsTooLongInItsPauses) {
  // Before its patience ends it waits for a pause of 400 ms.
  EXPECT_THAT(cuts(of(speech, 30) + of(quiet, 3) + of(speech, 20), coarse()),
              ::testing::ElementsAre(begin(0)));
  // At 6 s a pause of 400 ms is needed, at 8 s of 200 ms; the cut is in its middle.
  const auto middle = cuts(of(speech, 78) + of(quiet, 2) + of(speech, 15), coarse());
  ASSERT_EQ(middle.size(), 2u);
  EXPECT_EQ(middle[1], split(79));
  // A pause that was too short when it was heard is good enough later, as long as it is near.
  EXPECT_EQ(cuts(of(speech, 68) + of(quiet, 2) + of(speech, 10), coarse()).at(1), split(69));
  const auto later = cuts(of(speech, 60) + of(quiet, 2) + of(speech, 42), coarse());
  ASSERT_EQ(later.size(), 2u);
  EXPECT_EQ(later[1].kind, Cut::Kind::split);
  EXPECT_GE(later[1].frame, 90u) << "the pause lies too far back by then";
  // Without any the level decides, and at the cap the quietest frame.
  EXPECT_EQ(cuts(of(speech, 79) + of(dip, 2) + of(speech, 10), coarse()).at(1), split(80));
  Sound even = of(speech, 105);
  even[93].level_db = -21;
  EXPECT_EQ(cuts(even, coarse()).at(1), split(93));
}

TEST(UtteranceCutter, NeverCutsSpeechWhileThereIsAPauseNear) {
  for (std::size_t at = 90; at < 99; ++at) {
    Sound sound = of(speech, 130);
    sound[at] = quiet;
    sound[std::min<std::size_t>(at + 3, 98)].level_db = -32;  // not as far down as a dip
    const auto found = cuts(sound, coarse());
    ASSERT_GE(found.size(), 2u);
    EXPECT_GE(found[1].frame, at) << at;
    EXPECT_LE(found[1].frame, at + 1) << at;
  }
}

TEST(UtteranceCutter, TakesTheLongestPauseThatIsNear) {
  const auto found = cuts(of(speech, 92) + of(quiet, 1) + of(speech, 2) + of(quiet, 3) +
                              of(speech, 2) + of(quiet, 1) + of(speech, 20),
                          coarse());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_GE(found[1].frame, 95u);
  EXPECT_LE(found[1].frame, 98u);
}

// Random talk: runs of each kind of frame.
Sound random_sound() {
  Sound sound;
  for (int run = *rc::gen::inRange(1, 60); run > 0; --run) {
    const Heard kind = *rc::gen::element(speech, quiet, unsure, dip, Heard{0.5f, -25});
    const auto longest = *rc::gen::element(2, 12, 60, 400);
    for (int frames = *rc::gen::inRange(1, longest); frames > 0; --frames) {
      sound.push_back(kind);
      sound.back().level_db += static_cast<float>(*rc::gen::inRange(-6, 6));
    }
  }
  return sound;
}

RC_GTEST_PROP(UtteranceCutterProperties, UtterancesCoverSpeechAndDoNotOverlap, ()) {
  const CutterSettings settings = *rc::gen::element(CutterSettings{}, coarse());
  const auto frames = [&](milliseconds length) {
    return static_cast<std::uint64_t>(length / settings.frame);
  };
  const Sound sound = random_sound();
  UtteranceCutter cutter(settings);
  std::vector<bool> covered(sound.size(), false);
  std::optional<std::uint64_t> open;
  std::uint64_t done = 0;
  for (std::uint64_t i = 0; i < sound.size(); ++i) {
    const Cut cut = cutter.on_frame(sound[i].probability, sound[i].level_db);
    RC_ASSERT(cut.frame <= i + 1);
    switch (cut.kind) {
      case Cut::Kind::none: break;
      case Cut::Kind::begin:
        RC_ASSERT(!open);
        RC_ASSERT(cut.frame >= done);
        RC_ASSERT(i + 1 - cut.frame <= frames(settings.pre_roll) + frames(settings.onset));
        open = cut.frame;
        break;
      case Cut::Kind::end:
      case Cut::Kind::split:
        RC_ASSERT(open.has_value());
        RC_ASSERT(cut.frame > *open);
        RC_ASSERT(cut.frame - *open <= frames(settings.cap));
        RC_ASSERT(i + 1 - cut.frame <= frames(settings.look_back));
        std::fill(covered.begin() + static_cast<std::ptrdiff_t>(*open),
                  covered.begin() + static_cast<std::ptrdiff_t>(cut.frame), true);
        done = cut.frame;
        open = cut.kind == Cut::Kind::split ? std::optional(cut.frame) : std::nullopt;
        break;
    }
    RC_ASSERT(cutter.open() == open.has_value());
    if (open) RC_ASSERT(i + 1 - *open <= frames(settings.cap) + frames(settings.look_back));
  }
  if (open) std::fill(covered.begin() + static_cast<std::ptrdiff_t>(*open), covered.end(), true);
  // Every run of speech that is long enough to open an utterance is in one.
  std::uint64_t run = 0;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    run = sound[i].probability >= settings.speech ? run + 1 : 0;
    if (run < frames(settings.onset)) continue;
    for (std::size_t back = 0; back < run; ++back) RC_ASSERT(covered[i - back]);
  }
}

}  // namespace
}  // namespace sotto::providers::moonshine
