#include "simulation/shape.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace sotto::simulation {
namespace {

using rollout::Measure;

// With the members that a shape must have.
std::string shape(const std::string& members) {
  return R"({"name":"mine","meaning":"of my own")" + (members.empty() ? "" : "," + members) + "}";
}

TEST(Shape, MembersLeftOutAreTheDefaults) {
  const auto read = parse_shape(shape(""));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, (Scenario{.name = "mine", .meaning = "of my own"}));
}

TEST(Shape, EachMemberIsRead) {
  const auto read = parse_shape(shape(R"(
    "usual":true, "sessions_a_day":800, "minutes":10, "captions_a_minute":6,
    "arrivals":{"daily_swing":0.5,"weekend":1,"burst_share":0.25,"burst_sessions":5},
    "latency":{"distribution":"bimodal","median_ms":800,"log_sd":0.2,
               "second":{"median_ms":4000,"log_sd":0.3,"share":0.1},"index":1.5,
               "daily_swing":0.1,"weekend":1.2,"drift":{"factor":2,"days":14},
               "bad_days_log_sd":0.4},
    "errors":{"chance":0.05,"bad_days_log_sd":0.6},
    "erasure":0.2, "cost":0.1, "cache_hit_rate":0.6,
    "listeners":{"mean":3,"leave_early":0.2,"vote":0.3,"thumbs_down":0.15,"thumbs_neutral":0.05},
    "dropped_a_minute":1, "orphaned":2, "fallbacks":0.5,
    "languages":[{"name":"en","share":0.75},{"name":"de","share":0.25,"latency":2,"errors":3}],
    "assignment":{"factor":1.3,"share":0.13},
    "outages":[{"from_hour":24,"hours":6,"arms":"control","latency":8,"errors":0.7,"errors_each":4,"fallbacks":1,
                "orphaned":20,"dropped_a_minute":200}],
    "script":[{"hour":1.5,"arm":"control","minutes":3,"captions":5,"latency_p95_ms":9000,
               "errors":1,"orphaned":2,"dropped":3,"fallbacks":4}],
    "canary":{"from_day":2,"until_day":9,"latency":1.5,"latency_spread":2.5,"errors":2,
              "error_chance":0.2,"length":0.3,"leave_early":0.4,"thumbs_down":0.45,
              "cache_hit_rate":0.32,"cost":3},
    "shows":["latency_ratio","alarms"], "expect":"taken_back")"));
  ASSERT_TRUE(read) << read.error().message;
  Scenario wanted{.name = "mine", .meaning = "of my own", .usual = true};
  wanted.sessions_a_day = 800;
  wanted.daily_swing = 0.5;
  wanted.weekend = 1;
  wanted.burst_share = 0.25;
  wanted.burst_sessions = 5;
  wanted.minutes_median = 10;
  wanted.captions_a_minute = 6;
  wanted.script = {{1.5, false, 3, 5, 9000, 1, 2, 3, 4}};
  wanted.latency = Distribution::bimodal;
  wanted.latency_p95_ms = 800;
  wanted.latency_log_sd = 0.2;
  wanted.second_p95_ms = 4000;
  wanted.second_log_sd = 0.3;
  wanted.second_share = 0.1;
  wanted.pareto_index = 1.5;
  wanted.latency_swing = 0.1;
  wanted.latency_weekend = 1.2;
  wanted.drift = 2;
  wanted.drift_days = 14;
  wanted.bad_days_log_sd = 0.4;
  wanted.error_chance = 0.05;
  wanted.error_days_log_sd = 0.6;
  wanted.erasure = 0.2;
  wanted.cost = 0.1;
  wanted.cache_hit_rate = 0.6;
  wanted.listeners = 3;
  wanted.leave_chance = 0.2;
  wanted.vote_chance = 0.3;
  wanted.thumbs_down = 0.15;
  wanted.thumbs_neutral = 0.05;
  wanted.dropped_a_minute = 1;
  wanted.orphaned = 2;
  wanted.fallbacks = 0.5;
  wanted.languages = {{"en", 0.75, 1, 1}, {"de", 0.25, 2, 3}};
  wanted.assigned = 1.3;
  wanted.assigned_share = 0.13;
  wanted.outages = {{24, 6, false, true, 8, 0.7, 4, 1, 20, 200}};
  wanted.effect = {.latency = 1.5, .errors = 2, .cost = 3, .spread = 2.5, .length = 0.3};
  wanted.effect.error_chance = 0.2;
  wanted.effect.leave_chance = 0.4;
  wanted.effect.thumbs_down = 0.45;
  wanted.effect.cache_hit_rate = 0.32;
  wanted.effect.from = std::chrono::days{2};
  wanted.effect.until = std::chrono::days{9};
  wanted.shows = {Measure::latency_ratio, Measure::alarms};
  wanted.expect = Expectation::taken_back;
  EXPECT_EQ(*read, wanted);
}

TEST(Shape, AnErrorNamesTheMemberItsValueAndItsRange) {
  struct Case {
    std::string document, field, message;
  };
  const std::vector<Case> cases = {
      {"[]", "document", "must be a JSON object"},
      {"{", "document", "not valid JSON"},
      {std::string(max_shape_bytes + 1, ' '), "document", "65537 bytes, may have 65536"},
      {R"({"meaning":"x"})", "name", "must be of small letters"},
      {R"({"name":"Mine","meaning":"x"})", "name", "is \"Mine\""},
      {R"({"name":"all","meaning":"x"})", "name", "all"},
      {R"({"name":"mine"})", "meaning", "is missing"},
      {shape(R"("sessions_a_day":-1)"), "sessions_a_day", "is -1, must be from 0 to 100000"},
      {shape(R"("sessions_a_day":"80")"), "sessions_a_day", "is \"80\", must be from 0"},
      {shape(R"("sessions_a_day":1,"sessions_a_day":2)"), "sessions_a_day", "there twice"},
      {shape(R"("sessions":1)"), "sessions", "is not known; known are name, meaning"},
      {shape(R"("latency":{"median":1})"), "latency.median", "is not known; known are distr"},
      {shape(R"("latency":{"median_ms":0})"), "latency.median_ms",
       "is 0, must be from 1 to 600000"},
      {shape(R"("latency":7)"), "latency", "is 7, must be an object"},
      {shape(R"("latency":{"distribution":"normal"})"), "latency.distribution",
       "is \"normal\", must be log_normal, bimodal or pareto"},
      {shape(R"("latency":{"second":{"share":2}})"), "latency.second.share",
       "is 2, must be from 0 to 1"},
      {shape(R"("errors":{"chance":1.5})"), "errors.chance", "is 1.5, must be from 0 to 1"},
      {shape(R"("canary":{"latency":1e9})"), "canary.latency", "must be from 0.01 to 100"},
      {shape(R"("canary":{"from_day":3,"until_day":3})"), "canary.until_day",
       "is 3, must be above from_day, 3"},
      {shape(R"("canary":{"from_day":1.5})"), "canary.from_day", "must be a whole number"},
      {shape(R"("outages":[{},{"arms":"all"}])"), "outages[1].arms",
       "is \"all\", must be both, canary or control"},
      {shape(R"("outages":{})"), "outages", "must be a list"},
      {shape(R"("script":[{"arm":"both"}])"), "script[0].arm", "must be canary or control"},
      {shape(R"("script":[7])"), "script[0]", "is 7, must be an object"},
      {shape(R"("languages":[{"name":"en","share":0.5}])"), "languages", "0.5 in all, must be 1"},
      {shape(R"("shows":["latency"])"), "shows", "has \"latency\", must be names of criteria"},
      {shape(R"("expect":"fine")"), "expect", "is \"fine\", must be promoted, taken_back"}};
  for (const Case& one : cases) {
    const auto read = parse_shape(one.document);
    ASSERT_FALSE(read) << one.document.substr(0, 100);
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(read.error().field, one.field) << read.error().message;
    EXPECT_NE(read.error().message.find(one.message), std::string::npos) << read.error().message;
  }
}

TEST(Shape, TheFilesOfTheFolderAreWhatTheProgramKnows) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SOTTO_SHAPES)) {
    SCOPED_TRACE(entry.path());
    std::ifstream in(entry.path());
    std::ostringstream text;
    text << in.rdbuf();
    const auto read = parse_shape(text.str());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->name + ".json", entry.path().filename());
    const auto known = scenario_named(read->name);
    ASSERT_TRUE(known);
    EXPECT_EQ(*known, *read);
    ++files;
  }
  EXPECT_EQ(files, scenarios().size());
  EXPECT_FALSE(scenario_named("unknown"));
}

}  // namespace
}  // namespace sotto::simulation
