#include <gtest/gtest.h>

#include "rollout/explanation.hpp"

namespace sotto::rollout {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TEST(ExplanationWords, SayWhatKeepsARollout) {
  using enum ObstacleKind;
  const UtcTime until = parse_utc("2026-12-27T00:00:00Z").value();
  const std::pair<Obstacle, std::string> cases[] = {
      {{}, ""},
      {{.kind = written, .text = "It rains."}, "It rains."},
      {{.kind = guardrails_fail, .measures = {Measure::latency_p95}}, "Failed: p95 latency."},
      {{.kind = criteria_fail, .measures = {Measure::latency_p95, Measure::rollbacks}},
       "Not met: p95 latency; Rollbacks."},
      {{.kind = criteria_unknown,
        .measures = {Measure::latency_p95, Measure::rollbacks, Measure::cost, Measure::dropped}},
       "Not enough data yet: p95 latency; Rollbacks and 2 more."},
      {{.kind = canary_sessions, .sessions = 3, .needed = 20},
       "Too few sessions: the canary has 3 of 20."},
      {{.kind = control_sessions, .sessions = 3, .needed = 20},
       "Too few sessions: control has 3 of 20."},
      {{.kind = freeze, .until = until, .text = "Christmas"},
       "No promotion until " + format_utc(until) + ": Christmas"},
      {{.kind = approval}, "A person has to approve it."},
      {{.kind = not_measured}, "Nothing could be measured."},
      {{.kind = figures_unreadable}, "The figures cannot be read."},
      {{.kind = silence}, "Nothing was measured for a day."}};
  for (const auto& [obstacle, words] : cases) EXPECT_EQ(describe(obstacle), words);
}

TEST(ExplanationWords, SayWhatWasBreached) {
  const std::pair<Breach, std::string> cases[] = {
      {{.measure = Measure::latency_p95, .limit = 5000, .canary = 6200},
       "p95 latency 6200 ms, limit 5000 ms"},
      {{.measure = Measure::latency_ratio, .canary = 1.6, .surely_above = 1.2345, .sessions = 40},
       std::string(info(Measure::latency_ratio).title) +
           " 1.6 ×, surely above 1.234 in 40 sessions"},
      {{.measure = Measure::sample_ratio, .canary = 12.5, .control = 10, .sessions = 40},
       "Sessions of the canary, as the percentage says 12.5 %, expected 10 % in 40 sessions"},
      {{.measure = Measure::alarms, .canary = 1, .alarms = {"one", "two"}},
       std::string(info(Measure::alarms).title) + " 1 on: one two"},
      {{.written = "p95 latency 7 s"}, "p95 latency 7 s"}};
  for (const auto& [breach, words] : cases) EXPECT_EQ(describe(breach), words);
}

TEST(ExplanationWords, SayWhatAStepHasDone) {
  const Breach breach{.written = "too slow"};
  const Obstacle approval{.kind = ObstacleKind::approval};
  const std::pair<Explanation, std::string> cases[] = {
      {{}, ""},
      {approval, "A person has to approve it."},
      {Baking{hours{148}}, "Baking: 6 d 4 h to go."},
      {Baking{hours{2} + minutes{5}}, "Baking: 2 h 5 min to go."},
      {CriteriaPass{9}, "All 9 criteria pass."},
      {FeatureOff{}, "The feature is off: every new session gets finals only."},
      {FlagPending{}, "The flag is being changed."},
      {Aborted{}, "Aborted."},
      {TakenBack{breach}, "Rolled back: too slow"},
      {RolledBack{Remedy::disable, 0, breach}, "Disabled: too slow"},
      {RolledBack{Remedy::step_back, 10, breach}, "Back to 10 %: too slow"},
      {Overruled{0, false, 0, "ada"}, "The flag is gone: paused."},
      {Overruled{3, false, 0, "ada"}, "Paused: ada has disabled the flag."},
      {Overruled{3, true, 30, ""}, "Paused: somebody has set the flag to 30 %."},
      {WentOn{Baking{minutes{1}}}, "Nothing keeps it any more. Baking: 1 min to go."},
      {WentOn{approval}, "Nothing keeps it any more. A person has to approve it."},
      {Promoted{"canary", "gradual", 50}, "Phase canary has passed: on to gradual, 50 %."},
      {Completed{}, "Rolled out: the last phase has passed."},
      {Commanded{.event = EventKind::started, .phase = "canary", .percentage = 10},
       "Started with phase canary, 10 %."},
      {Commanded{.event = EventKind::advanced, .remark = "Sure."}, "Advanced. Sure."},
      {Commanded{.event = EventKind::advanced, .by_force = true}, "Advanced by force."},
      {Commanded{.event = EventKind::approved, .phase = "canary"},
       "The end of phase canary is approved."},
      {Commanded{.event = EventKind::paused, .remark = "lunch"}, "Paused. lunch"},
      {Commanded{.event = EventKind::resumed}, "Resumed."},
      {Commanded{.event = EventKind::aborted}, "Aborted."},
      {Commanded{.event = EventKind::cleared}, "Cleared."}};
  for (const auto& [explanation, words] : cases) EXPECT_EQ(describe(explanation), words);
}

}  // namespace
}  // namespace sotto::rollout
