#include "feature_flag/outcome_json.hpp"

#include <boost/json.hpp>
#include <cstdint>
#include <limits>
#include <random>
#include <set>
#include <string>

#include "json/text.hpp"

namespace sotto::feature_flag {
namespace {

using rollout::PairedFigures;
using rollout::SessionOutcome;

SessionOutcome sample() {
  SessionOutcome outcome;
  outcome.session_id = "golden-eagle-427";
  outcome.canary = true;
  outcome.percentage = 25;
  outcome.flag_version = 7;
  outcome.began_at = UtcTime{milliseconds{1'764'000'000'123}};
  outcome.ended_at = UtcTime{milliseconds{1'764'003'600'000}};
  outcome.captions = 812;
  outcome.latency_p95_ms = 1450.5;
  outcome.finals = 300;
  outcome.errors = 1;
  outcome.dropped = 2;
  outcome.orphaned = 3;
  outcome.fallbacks = 4;
  outcome.erasure = 0.125;
  outcome.cost_per_listener_hour = 0.05;
  outcome.cache_hits = 10;
  outcome.cache_misses = 800;
  outcome.late = rollout::LateCaptions{30, 20, 10, 5, 4, 3, 2, 1};
  outcome.thumbs_up = 5;
  outcome.thumbs_neutral = 6;
  outcome.thumbs_down = 7;
  outcome.listeners = 40;
  outcome.listeners_left = 8;
  outcome.language = "pt-BR";
  outcome.paired = PairedFigures{4000, 640.25, 1450, 3900, 20000, 84};
  return outcome;
}

// Pinned: journals are kept for longer than programs.
TEST(OutcomeJson, IsOneLine) {
  EXPECT_EQ(
      *outcome_text(sample()),
      R"({"session_id":"golden-eagle-427","canary":true,"by_bucket":true,"percentage":25,)"
      R"("flag_version":7,"began_at":"2025-11-24T16:00:00.123Z","ended_at":"2025-11-24T17:00:00.000Z",)"
      R"("captions":812,"finals":300,"errors":1,"dropped":2,"orphaned":3,"fallbacks":4,)"
      R"("cache_hits":10,"cache_misses":800,"thumbs_up":5,"thumbs_neutral":6,"thumbs_down":7,)"
      R"("listeners":40,"listeners_left":8,"language":"pt-BR","latency_p95_ms":1450.5,)"
      R"("late":{"1000":30,"2000":20,"3000":10,"4000":5,"5000":4,"7500":3,"10000":2,"15000":1},)"
      R"("erasure":0.125,)"
      R"("cost_per_listener_hour":0.05,"paired":{"words":4000,"early_mean_ms":640.25,)"
      R"("early_p95_ms":1450,"final_only_mean_ms":3900,"final_only_p95_ms":20000,"taken_back":84}})");
}

TEST(OutcomeJson, WhatIsNotKnownIsLeftOut) {
  SessionOutcome outcome = sample();
  outcome.latency_p95_ms.reset();
  outcome.erasure.reset();
  outcome.cost_per_listener_hour.reset();
  outcome.paired.reset();
  outcome.late.reset();
  outcome.language.clear();
  const auto text = outcome_text(outcome);
  ASSERT_TRUE(text);
  for (const char* name : {"latency", "late", "language", "erasure", "cost", "paired", "null"})
    EXPECT_EQ(text->find(name), std::string::npos) << *text;
  EXPECT_EQ(*outcome_of(*text), outcome);
}

TEST(OutcomeJson, ComesBackBitForBit) {
  std::mt19937_64 random(7);
  const auto amount = [&] { return std::uniform_real_distribution<>(0, 30'000)(random); };
  for (int i = 0; i < 2000; ++i) {
    SessionOutcome outcome = sample();
    outcome.canary = i % 2 == 0;
    outcome.by_bucket = i % 3 == 0;
    outcome.flag_version = random();
    outcome.began_at = UtcTime{milliseconds{static_cast<milliseconds::rep>(random() >> 24)}};
    outcome.captions = random();
    for (std::uint64_t& late : *outcome.late) late = random();
    outcome.thumbs_down = random();
    outcome.listeners_left = random();
    outcome.latency_p95_ms = amount();
    outcome.erasure = amount() / 30'000;
    outcome.cost_per_listener_hour = amount() * 1e-9;
    outcome.paired = PairedFigures{random(), amount(), amount(), amount(), amount(), random()};
    const auto text = outcome_text(outcome);
    ASSERT_TRUE(text) << text.error().message;
    EXPECT_LT(text->size(), max_outcome_text / 3);
    const auto back = outcome_of(*text);
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(*back, outcome) << *text;
  }
}

TEST(OutcomeJson, NamesTheMemberThatIsNotAsItMustBe) {
  const auto error_with = [](std::string_view name, const boost::json::value& value) {
    auto object = outcome_json(sample());
    object[name] = value;
    const auto read = outcome_of(sotto::json::to_text(object));
    EXPECT_FALSE(read) << name;
    return read ? std::string{} : read.error().field;
  };
  for (const char* name : {"percentage",     "flag_version", "captions",
                           "finals",         "errors",       "dropped",
                           "orphaned",       "fallbacks",    "cache_hits",
                           "cache_misses",   "canary",       "by_bucket",
                           "session_id",     "began_at",     "ended_at",
                           "latency_p95_ms", "erasure",      "cost_per_listener_hour",
                           "paired",         "late",         "thumbs_up",
                           "thumbs_neutral", "thumbs_down",  "listeners",
                           "listeners_left", "language"}) {
    EXPECT_EQ(error_with(name, nullptr), name);
    EXPECT_EQ(error_with(name, -1), name);
    EXPECT_EQ(error_with(name, "no\tneither"), name);
  }
  EXPECT_EQ(error_with("percentage", 101), "percentage");
  EXPECT_EQ(error_with("finals", 1.5), "finals");
  EXPECT_EQ(error_with("paired", boost::json::object{}), "paired.words");
  EXPECT_EQ(error_with("late", boost::json::object{}), "late.1000");
  EXPECT_EQ(error_with("language", "a-code-of-more-than-thirty-five-characters"), "language");
  EXPECT_EQ(error_with("language", ""), "language");
  auto paired = outcome_json(sample()).at("paired").as_object();
  paired["early_p95_ms"] = "fast";
  EXPECT_EQ(error_with("paired", paired), "paired.early_p95_ms");
}

TEST(OutcomeJson, WhatACountNeedsIsNotLeftOut) {
  for (const auto& member : outcome_json(sample())) {
    auto without = outcome_json(sample());
    without.erase(member.key());
    static const std::set<std::string> optionals = {
        "latency_p95_ms", "erasure",     "cost_per_listener_hour",
        "paired",         "late",        "thumbs_up",
        "thumbs_neutral", "thumbs_down", "listeners",
        "listeners_left", "language"};
    const bool optional = optionals.contains(member.key());
    EXPECT_EQ(outcome_of(sotto::json::to_text(without)).has_value(), optional) << member.key();
  }
  auto more = outcome_json(sample());
  more["of a later version"] = 1;
  EXPECT_EQ(*outcome_of(sotto::json::to_text(more)), sample());
}

// As they were written until there were votes.
TEST(OutcomeJson, ReadsOldLines) {
  const auto read = outcome_of(
      R"({"session_id":"golden-eagle-427","canary":true,"by_bucket":true,"percentage":25,)"
      R"("flag_version":7,"began_at":"2025-11-24T16:00:00.123Z","ended_at":"2025-11-24T17:00:00.000Z",)"
      R"("captions":812,"finals":300,"errors":1,"dropped":2,"orphaned":3,"fallbacks":4,)"
      R"("cache_hits":10,"cache_misses":800,"latency_p95_ms":1450.5,"erasure":0.125,)"
      R"("cost_per_listener_hour":0.05,"paired":{"words":4000,"early_mean_ms":640.25,)"
      R"("early_p95_ms":1450,"final_only_mean_ms":3900,"final_only_p95_ms":20000,"taken_back":84}})");
  ASSERT_TRUE(read) << read.error().message;
  SessionOutcome expected = sample();
  expected.late.reset();
  expected.thumbs_up = expected.thumbs_neutral = expected.thumbs_down = 0;
  expected.listeners = expected.listeners_left = 0;
  expected.language.clear();
  EXPECT_EQ(*read, expected);
}

TEST(OutcomeJson, WhatCannotBeReadIsNotWritten) {
  const auto refused = [](auto change) {
    SessionOutcome outcome = sample();
    change(outcome);
    const auto text = outcome_text(outcome);
    return text ? *text : text.error().field;
  };
  const double none = std::numeric_limits<double>::quiet_NaN();
  const double endless = std::numeric_limits<double>::infinity();
  EXPECT_EQ(refused([=](auto& o) { o.latency_p95_ms = none; }), "latency_p95_ms");
  EXPECT_EQ(refused([=](auto& o) { o.erasure = endless; }), "erasure");
  EXPECT_EQ(refused([](auto& o) { o.cost_per_listener_hour = -1; }), "cost_per_listener_hour");
  EXPECT_EQ(refused([=](auto& o) { o.paired->early_mean_ms = none; }), "paired.early_mean_ms");
  EXPECT_EQ(refused([](auto& o) { o.percentage = -1; }), "percentage");
  EXPECT_EQ(refused([](auto& o) { o.session_id.clear(); }), "session_id");
  EXPECT_EQ(refused([](auto& o) { o.session_id = std::string(100'000, 'x'); }), "");
  EXPECT_EQ(refused([](auto& o) { o.language = "not one"; }), "language");
  EXPECT_EQ(refused([](auto& o) { o.began_at = UtcTime::min(); }), "began_at");
  EXPECT_EQ(refused([](auto& o) { o.ended_at = UtcTime::max(); }), "ended_at");
}

TEST(OutcomeJson, RefusesWhatIsNone) {
  for (const std::string& text : {std::string{}, std::string("{"), std::string("[]"),
                                  std::string(max_outcome_text + 1, ' ')}) {
    const auto read = outcome_of(text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace sotto::feature_flag
