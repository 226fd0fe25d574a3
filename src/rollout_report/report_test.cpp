#include "rollout_report/report.hpp"

#include <boost/json.hpp>

#include "json/text.hpp"
#include "rollout_controller/notice.hpp"
#include "rollout_report/report_words.hpp"
#include "tests/support/rollout_readings.hpp"

namespace sotto::rollout_report {
namespace {

using rollout::EventKind;
using rollout::Measure;
using rollout::Status;
using rollout::Verdict;
using std::chrono::hours;
using std::chrono::minutes;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr UtcTime now{hours{24 * 365 * 56}};
const std::string attack = "<script>alert(1)</script> | `tick`\n# two \xE2\x80\xA8 </p>";
const std::string page = "<title>@@title@@</title>@@body@@<script>@@data@@</script>";

std::vector<rollout::Criterion> criteria(int percentage) {
  rollout::Plan plan = rollout::guide_plan();
  plan.phases[0].rollout_percentage = percentage;
  plan.phases[0].rules = rollout::guide_rules(percentage);
  return rollout::judge(plan, plan.phases[0], testing::healthy_readings(percentage, 1000, now));
}

rollout::RolloutEvent event(EventKind kind, hours before, int from, int to, std::string phase,
                            std::string why, std::string by = "controller") {
  return {0, kind, now - before, std::move(by), std::move(why), std::move(phase), from, to};
}

// In its second phase, after a rollback that ada has cleared.
ReportInput rollout_input() {
  ReportInput input;
  input.environment = "prod";
  input.parameter_name = "/a/flag";
  input.period = ReportPeriod::all;
  input.from = now - hours{100};
  input.now = now;
  input.flag = ReportFlag{7, true, 50};
  rollout_controller::Done done;
  done.standing.state.plan = rollout::guide_plan();
  done.standing.state.phase = 1;
  done.standing.state.started_at = input.from;
  done.standing.state.phase_began_at = now - hours{20};
  done.standing.state.stepped_at = now;
  done.standing.state.baked = hours{20};
  done.why = "Baking: 6 d 4 h to go.";
  done.criteria = criteria(50);
  input.judged = done;
  input.events = {
      event(EventKind::started, hours{100}, 0, 10, "canary", "Started.", "ada"),
      event(EventKind::promoted, hours{90}, 10, 50, "gradual", "Phase canary has passed."),
      event(EventKind::stepped_back, hours{80}, 50, 10, "canary", "Back to 10 %: p95 latency 7 s."),
      event(EventKind::cleared, hours{78}, 10, 10, "canary", "Cleared. " + attack, "ada"),
      event(EventKind::resumed, hours{78}, 10, 10, "canary", "Resumed.", "ada"),
      event(EventKind::held, hours{30}, 10, 10, "canary", "Not met: Alarms."),
      event(EventKind::went_on, hours{25}, 10, 10, "canary", "Nothing keeps it any more."),
      event(EventKind::promoted, hours{20}, 10, 50, "gradual", "Phase canary has passed.")};
  for (std::size_t i = 0; i < input.events.size(); ++i) {
    ReportDecision decision;
    decision.record = 40 + i;
    decision.event = input.events[i];
    if (decision.event.by == "controller") decision.criteria = criteria(10);
    decision.same_again = true;
    input.decisions.push_back(decision);
  }
  for (int i = 0; i < 300; ++i) {
    auto outcome = testing::healthy_outcome(i % 2 == 0, 50, i);
    outcome.ended_at = now - minutes{i};
    outcome.paired->final_only_mean_ms += i % 30;
    input.sessions.add(outcome);
  }
  return input;
}

std::string markdown(const ReportInput& input) { return report_markdown(report_document(input)); }
// With the spaces that do not break as others.
std::string html(const ReportInput& input) {
  std::string text = report_html(report_document(input), chart_json(input), page);
  const std::string space = "&nbsp;";
  for (auto at = text.find(space); at != std::string::npos; at = text.find(space, at))
    text.replace(at, space.size(), " ");
  return text;
}

TEST(Report, TheHeadlineSaysWhereTheRolloutStands) {
  ReportInput input = rollout_input();
  rollout::State& state = input.judged->standing.state;
  EXPECT_EQ(report_headline(input).text,
            "Phase gradual, 50 %: safe to go on. Baking: 6 d 4 h to go.");
  input.judged->criteria[0].verdict = Verdict::fail;
  input.judged->why = "Not met: p95 latency.";
  EXPECT_EQ(report_headline(input).text, "Phase gradual, 50 %: hold. Not met: p95 latency.");
  EXPECT_EQ(report_headline(input).tone, Tone::open);
  input.judged->criteria[0].acute = true;
  EXPECT_THAT(report_headline(input).text, HasSubstr("roll back"));

  state.status = Status::rolled_back;
  state.latch =
      rollout::Latch{now, rollout::Remedy::step_back, "gradual", {.written = "p95 latency 7 s"}};
  input.flag->percentage = 10;
  EXPECT_EQ(report_headline(input).text, "Rolled back on " + moment(now) +
                                             " in phase gradual (the flag is at 10 %): p95 "
                                             "latency 7 s");
  state.latch->remedy = rollout::Remedy::disable;
  EXPECT_THAT(report_headline(input).text, HasSubstr("Disabled for everybody"));

  state.status = Status::paused;
  EXPECT_THAT(report_headline(input).text, HasSubstr("hold. Paused by ada"));
  state.status = Status::aborted;
  EXPECT_EQ(report_headline(input).text, "Given up.");
  state.status = Status::completed;
  input.judged->criteria = criteria(50);
  EXPECT_THAT(report_headline(input).text, HasSubstr("all is well"));
  input.judged.reset();
  input.flag.reset();
  EXPECT_EQ(report_headline(input).text, "No rollout has been started; there is no flag.");
}

TEST(Report, EachCriterionIsNamedWithItsLimitAndVerdict) {
  const ReportInput input = rollout_input();
  const std::string in_markdown = markdown(input), in_html = html(input);
  for (const rollout::Criterion& criterion : input.judged->criteria) {
    const std::string title(rollout::info(criterion.rule.measure).title);
    const std::string limit = limit_words(criterion.rule);
    EXPECT_THAT(in_markdown, HasSubstr("| " + title + " | "));
    EXPECT_THAT(in_markdown, HasSubstr(" | " + escape_markdown(limit) + " | "));
    EXPECT_THAT(in_html, HasSubstr("<span>" + title + "</span>"));
    EXPECT_THAT(in_html, HasSubstr("<span>" + limit + "</span>"));
  }
  for (const std::string& text : {in_markdown, in_html}) {
    EXPECT_THAT(text, HasSubstr("99.8 % confidence"));
    EXPECT_THAT(text, HasSubstr("× control")) << "the interval of a comparison";
  }
}

TEST(Report, EachDecisionIsNamedWithItsEvidenceAndHowToVerifyIt) {
  const ReportInput input = rollout_input();
  for (const std::string& text : {markdown(input), html(input)})
    for (const ReportDecision& decision : input.decisions) {
      EXPECT_THAT(text,
                  HasSubstr(std::string(rollout_controller::title_of(decision.event.kind)) + ": "));
      EXPECT_THAT(text, HasSubstr(moment(decision.event.at)));
      EXPECT_THAT(text, HasSubstr("by " + decision.event.by));
      const std::string number = std::to_string(decision.record);
      EXPECT_THAT(text, HasSubstr("sotto rollout verify " + number));
      EXPECT_THAT(text, HasSubstr("Record " + number + ": " +
                                  (decision.criteria.empty() ? "no criteria" : "10 of 11")));
    }
  EXPECT_THAT(markdown(input), HasSubstr("### Rolled back: 50 % → 10 %"));
  ReportInput changed = input;
  changed.decisions[1].same_again = false;
  EXPECT_THAT(markdown(changed), HasSubstr("NOT the same"));
}

TEST(Report, EarlyWordsAreComparedWithinEachSession) {
  const std::string text = markdown(rollout_input());
  EXPECT_THAT(text, HasSubstr("| Canary: listeners got them | 150 | 3.01 s (3.01 to 3.02 s) |"));
  EXPECT_THAT(text, HasSubstr("| Control: a forecast, only computed | 150 |"));
  EXPECT_THAT(text, HasSubstr("1,800 of 150,000 (1.2 %)"));
}

TEST(Report, TheLessonsAreRollbacksHoldsAndTimes) {
  const std::string text = markdown(rollout_input());
  EXPECT_THAT(text,
              HasSubstr("10 % | **Back to 10 %: p95 latency 7 s.** | after 2 h 0 min, by ada"));
  EXPECT_THAT(text, HasSubstr("| 5 h 0 min | canary | Not met: Alarms. |"));
  EXPECT_THAT(text, HasSubstr("| canary | 10 % | " + moment(now - hours{100}) +
                              " | 10 h 0 min | Phase passed |"));
  EXPECT_THAT(text, HasSubstr("| canary, taken back | 10 % |"));
  EXPECT_THAT(text, HasSubstr("| gradual | 50 % | " + moment(now - hours{20}) +
                              " | 20 h 0 min | goes on |"));
  ReportInput week = rollout_input();
  week.period = ReportPeriod::week;
  EXPECT_THAT(markdown(week), Not(HasSubstr("## Lessons")));
}

TEST(Report, WhatPeopleWroteIsTextInEachForm) {
  ReportInput input = rollout_input();
  for (ReportDecision& decision : input.decisions) {
    decision.event.by = decision.event.why = decision.event.phase = attack;
    decision.alarms_on = {attack};
  }
  for (rollout::RolloutEvent& event : input.events) event.by = event.why = event.phase = attack;
  rollout::State& state = input.judged->standing.state;
  input.judged->why = input.environment = input.parameter_name = attack;
  state.plan.name = state.plan.phases[1].name = state.approved_by = attack;
  state.plan.phases[1].approval = true;
  for (const Status status : {Status::running, Status::paused, Status::rolled_back}) {
    state.status = status;
    state.latch = rollout::Latch{now, rollout::Remedy::step_back, attack, {.written = attack}};
    const std::string page_text = html(input);
    EXPECT_THAT(page_text, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(page_text, Not(HasSubstr("</p> ")));
    EXPECT_THAT(page_text, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt; | `tick` # two"));
    const std::string text = markdown(input);
    EXPECT_THAT(text, Not(HasSubstr("<")));
    EXPECT_THAT(text, Not(HasSubstr("\n# two")));
    EXPECT_THAT(text, Not(HasSubstr(" `tick`")));
    EXPECT_THAT(text, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt; \\| \\`tick\\` \\# two"));
  }
  EXPECT_THAT(json::to_text(chart_json(input)), Not(HasSubstr("alert"))) << "charts say no words";
}

TEST(Report, ItsPageIsFilledInOnce) {
  ReportInput input = rollout_input();
  input.judged->why = "@@data@@ @@body@@";
  const std::string text = html(input);
  EXPECT_THAT(text, HasSubstr("<title>Rollout report so far</title>"));
  EXPECT_THAT(text, HasSubstr("@@data@@ @@body@@"));
  EXPECT_THAT(text, HasSubstr("<script>{\"from\":"));
}

TEST(Report, WithoutARolloutItSaysSo) {
  ReportInput input;
  input.environment = "dev";
  input.parameter_name = "/a/flag";
  input.now = now;
  input.from = now - hours{168};
  const std::string text = markdown(input);
  EXPECT_THAT(text, HasSubstr("# Weekly rollout report\n"));
  EXPECT_THAT(text, HasSubstr("No rollout has been started"));
  EXPECT_THAT(text, HasSubstr("Nothing was decided in this time."));
  EXPECT_THAT(text, HasSubstr("No session that ended tells of both modes."));
  EXPECT_THAT(text, HasSubstr("only a running server knows them"));
  EXPECT_THAT(html(input), HasSubstr("No rollout has been started"));
  EXPECT_TRUE(report_json(input).at("rollout").is_null());
}

TEST(Report, AlarmsAreThoseOfTheServerOrAsItSawThemLast) {
  ReportInput input = rollout_input();
  EXPECT_THAT(markdown(input), HasSubstr("when the server looked last: no alarm was on."));
  telemetry::AlarmStatus alarm;
  alarm.rule = telemetry::guide_alarms().data();
  alarm.state = telemetry::AlarmState::alarm;
  alarm.since = now - hours{1};
  input.alarms = {alarm};
  EXPECT_THAT(markdown(input), HasSubstr("| " + std::string(alarm.rule->name) + " | **On** | " +
                                         moment(now - hours{1}) + " |"));
}

TEST(Report, TenThousandSessionsAndAThousandHoldsAreBounded) {
  ReportInput input = rollout_input();
  for (int i = 0; i < 10'000; ++i) {
    auto outcome = testing::healthy_outcome(i % 2 == 0, 50, i);
    outcome.ended_at = now - minutes{i};
    input.sessions.add(outcome);
  }
  EXPECT_LE(input.sessions.dots().size(), ReportSessions::most_dots);
  EXPECT_EQ(input.sessions.each(), 8u);
  EXPECT_EQ(input.sessions.evidence().canary.sessions, 5150u);
  input.decisions.resize(most_decisions, input.decisions.back());
  for (ReportDecision& decision : input.decisions)
    decision.event.why = decision.event.by = decision.event.phase = std::string(5000, '<');
  for (int i = 0; i < 1000; ++i) {
    input.events.push_back(event(EventKind::held, hours{10}, 50, 50, "gradual", attack));
    input.events.push_back(event(EventKind::went_on, hours{10}, 50, 50, "gradual", attack));
  }
  for (int i = 0; i < 400; ++i) {
    ReportStep step{now - hours{i}, {}};
    for (ArmStep& arm : step.arms) arm = {true, 1234, 5678, 999, 2222, 1, 2, 33, 4, 0.0312, 41.5};
    input.steps.push_back(step);
  }
  const std::string text = html(input);
  EXPECT_LT(text.size(), 1'500'000u);
  EXPECT_THAT(text, HasSubstr("the latest 100; 901 older ones are left out"));
}

TEST(Report, ChartsHaveColumnsMarksAndLimits) {
  ReportInput input = rollout_input();
  input.step = minutes{60};
  ReportStep step{now - hours{1}, {}};
  step.arms[0] = {true, 1234.4, 5678.2, 998.7, 2222.2, 1, 0, 3, std::nullopt, 0.03127, 41.52};
  input.steps = {step};
  const auto charts = chart_json(input);
  EXPECT_EQ(
      json::to_text(charts.at("arms").at("canary")),
      R"({"latency_p50_ms":[1234],"latency_p95_ms":[5678],"word_lag_p50_ms":[999],)"
      R"("word_lag_p95_ms":[2222],"errors":[1],"fallbacks":[0],"dropped":[3],"orphaned_max":[null],"cost_per_listener_hour":[0.0313],)"
      R"("cache_hit_rate":[41.5]})");
  EXPECT_EQ(json::to_text(charts.at("arms").at("control").at("errors")), "[null]");
  EXPECT_EQ(json::to_text(charts.at("limits")),
            R"({"latency_p95":5000,"dropped":100,"cost":0.1,"cache_hit_rate":30})");
  EXPECT_EQ(charts.at("marks").as_array().size(), 4u) << "where the percentage changed";
  EXPECT_EQ(charts.at("marks").at(2).at("label").as_string(), "10 %");
  EXPECT_EQ(charts.at("step_seconds").as_int64(), 3600);
}

}  // namespace
}  // namespace sotto::rollout_report
