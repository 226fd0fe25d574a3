#include "tuning/translation_policies.hpp"

#include <algorithm>

#include "tests/support/transcribe_lines.hpp"
#include "transcript/codec.hpp"
#include "tuning/chrf.hpp"

namespace sotto::tuning {
namespace {

using Kind = TranslationPolicy::Kind;

std::vector<replay::RecordedEvent> talk(std::uint64_t seed) {
  std::vector<replay::RecordedEvent> events;
  transcript::Decoder decoder;
  for (const std::string& line : testing::transcribe_lines({"s", 300, seed})) {
    replay::RecordedEvent recorded;
    const auto envelope = decoder.decode(line, recorded.event);
    recorded.session = SessionId{"s"};
    recorded.arrival = *envelope->arrival;
    events.push_back(std::move(recorded));
  }
  return events;
}

const PolicyPoint& of(const std::vector<PolicyPoint>& points, Kind kind, double value = 0) {
  return *std::find_if(points.begin(), points.end(), [&](const PolicyPoint& point) {
    return point.policy.kind == kind && (value == 0 || point.policy.value == value);
  });
}

TEST(ChrF, CountsCharactersInARow) {
  ChrF same, other, half, nothing;
  same.add("la casa es grande", "la casa es grande");
  EXPECT_DOUBLE_EQ(same.value(), 100);
  other.add("aaaa", "bbbb");
  EXPECT_DOUBLE_EQ(other.value(), 0);
  half.add("ab", "ac");  // half of the characters, no pair
  EXPECT_DOUBLE_EQ(half.value(), 25);
  EXPECT_DOUBLE_EQ(nothing.value(), 100);
  ChrF spaces;
  spaces.add("l a c a s a", "lacasa");
  EXPECT_DOUBLE_EQ(spaces.value(), 100);
}

TEST(TranslationPolicies, TheBudgetIsKeptAndCostsNoTime) {
  for (const std::uint64_t seed : {1u, 2u}) {
    const auto points = compare_policies(talk(seed), {}, named_policies({})).value();
    const PolicyPoint& free = of(points, Kind::interval);
    const PolicyPoint& kept = of(points, Kind::budget, 1.3);
    EXPECT_EQ(points.front().policy.kind, Kind::final_only);
    EXPECT_DOUBLE_EQ(points.front().times_final_only, 1);
    EXPECT_LT(points.front().erasure, 0.02) << "flushed results are corrected";
    EXPECT_LE(kept.times_final_only, 1.3 * 1.05);
    EXPECT_GT(free.times_final_only, kept.times_final_only);
    EXPECT_GT(of(points, Kind::every_change).times_final_only, free.times_final_only);
    EXPECT_GT(of(points, Kind::wait_k, 3).times_final_only, free.times_final_only);
    EXPECT_LE(kept.word_lag_p50, free.word_lag_p50 + 0.2);
    EXPECT_LT(kept.word_lag_p50, points.front().word_lag_p50);
    EXPECT_GT(kept.whole, of(points, Kind::budget, 1.0).whole) << "the rest buys whole segments";
    EXPECT_TRUE(kept.on_frontier);
    EXPECT_FALSE(kept.chrf);
  }
}

TEST(TranslationPolicies, WhatStandsIsHeldAgainstWholeSegments) {
  std::size_t calls = 0;
  std::set<std::string> texts;
  const PolicyTranslator translator{Language{"es"}, [&](const std::string& text) {
                                      ++calls;
                                      texts.insert(text);
                                      return Result<std::string>("<" + text + ">");
                                    }};
  const auto points = compare_policies(talk(3), {}, named_policies({}), translator).value();
  EXPECT_EQ(calls, texts.size()) << "each text once";
  EXPECT_DOUBLE_EQ(*points.front().chrf, 100);
  const double in_parts = *of(points, Kind::budget, 1.0).chrf;
  EXPECT_LT(in_parts, 100);
  EXPECT_GT(*of(points, Kind::budget, 2.0).chrf, in_parts);
}

TEST(TranslationPolicies, ATranslatorThatFailsIsAnError) {
  const PolicyTranslator translator{Language{"es"}, [](const std::string&) -> Result<std::string> {
                                      return fail(ErrorCode::unavailable, "down");
                                    }};
  const auto points = compare_policies(talk(1), {}, named_policies({}), translator);
  ASSERT_FALSE(points);
  EXPECT_EQ(points.error().code, ErrorCode::unavailable);
}

TEST(TranslationPolicies, SettingsOutOfRangeAreRefused) {
  engine::Settings settings;
  settings.pause_threshold = milliseconds{0};
  EXPECT_EQ(compare_policies({}, settings, {}).error().field, "pause_threshold");
}

}  // namespace
}  // namespace sotto::tuning
