#include "rollout_report/report_source.hpp"

#include "feature_flag/flag_operations.hpp"
#include "feature_flag/outcome_json.hpp"
#include "json/text.hpp"
#include "rollout_report/report.hpp"
#include "tests/support/flag_change.hpp"
#include "tests/support/memory_flag_store.hpp"
#include "tests/support/memory_rollout_store.hpp"
#include "tests/support/rollout_readings.hpp"

namespace sotto::rollout_report {
namespace {

using rollout::Command;
using std::chrono::hours;
using std::chrono::minutes;

const std::string flag_name(rollout::default_parameter_name);
constexpr UtcTime beginning{hours{24 * 365 * 56}};

class ReadingAReport : public ::testing::Test {
 protected:
  ReadingAReport() {
    rollout::FlagEdit zero;
    zero.rollout_percentage = 0;
    EXPECT_TRUE(feature_flag::change_flag(flags, flag_name, zero, {"ada", "", beginning}));
  }

  void say(Command::Kind kind, UtcTime at, std::string reason = "because") {
    const auto plan = kind == Command::Kind::start ? rollout::guide_plan() : rollout::Plan{};
    EXPECT_TRUE(controller.command({kind, "ada", std::move(reason), plan, true}, at));
  }
  ReportInput read(ReportPeriod period, UtcTime now) {
    auto input = read_report(
        {"prod", flag_name, &flags, &rollouts, &series, &controller, std::nullopt}, period, now);
    EXPECT_TRUE(input) << input.error().message;
    return std::move(*input);
  }

  testing::MemoryFlagStore flags;
  testing::MemoryRolloutStore rollouts;
  telemetry::MemorySeries series;
  rollout_controller::RolloutController controller{
      {&rollouts,
       &flags,
       flag_name,
       "a",
       [](const rollout::State&, UtcTime at) -> Result<rollout::Readings> {
         return testing::healthy_readings(10, 1000, at);
       },
       {}}};
};

TEST_F(ReadingAReport, NothingIsAReportToo) {
  const ReportInput input = read(ReportPeriod::week, beginning);
  EXPECT_FALSE(input.judged);
  EXPECT_EQ(input.flag->percentage, 0);
  EXPECT_EQ(input.from, beginning - hours{168});
  EXPECT_EQ(input.step, hours{1});
  EXPECT_FALSE(report_document(input).sections.empty());
}

TEST_F(ReadingAReport, DecisionsAreThoseOfThePeriodAndEventsOfTheRollout) {
  say(Command::Kind::start, beginning);
  say(Command::Kind::abort, beginning + hours{1});
  say(Command::Kind::start, beginning + hours{2});
  say(Command::Kind::pause, beginning + hours{40});
  say(Command::Kind::resume, beginning + hours{41});
  const UtcTime now = beginning + hours{48};
  const ReportInput day = read(ReportPeriod::day, now);
  EXPECT_EQ(day.decisions.size(), 2u);
  EXPECT_EQ(day.events.size(), 3u);
  EXPECT_EQ(day.step, minutes{15});
  EXPECT_TRUE(day.judged);
  const ReportInput all = read(ReportPeriod::all, now);
  EXPECT_EQ(all.from, beginning + hours{2});
  EXPECT_EQ(all.decisions.size(), 3u);
  EXPECT_EQ(read(ReportPeriod::week, now).decisions.size(), 5u) << "the rollout before too";
  for (const ReportDecision& decision : all.decisions) EXPECT_TRUE(*decision.same_again);
  EXPECT_EQ(all.decisions[0].event.kind, rollout::EventKind::started);
  EXPECT_EQ(all.decisions[0].event.by, "ada");
}

TEST_F(ReadingAReport, ADecisionKeepsItsCriteriaAndARecordThatWasChangedIsNoticed) {
  say(Command::Kind::start, beginning);
  say(Command::Kind::advance, beginning + hours{1});
  const auto entries = rollouts.entries(flag_name, ports::Journal::decisions, 0, 10);
  ports::JournalEntry record = entries->at(1);
  const auto decision = decision_of(record);
  ASSERT_TRUE(decision);
  const auto expected = rollout::judge(rollout::guide_plan(), rollout::guide_plan().phases[0],
                                       testing::healthy_readings(10, 1000, beginning));
  ASSERT_EQ(decision->criteria.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(decision->criteria[i].rule.measure, expected[i].rule.measure);
    EXPECT_EQ(decision->criteria[i].verdict, expected[i].verdict);
    EXPECT_EQ(decision->criteria[i].canary, expected[i].canary);
    EXPECT_EQ(decision->criteria[i].interval.has_value(), expected[i].interval.has_value());
  }
  const std::string by = R"("by":"ada")";
  record.text.replace(record.text.find(by), by.size(), R"("by":"eve")");
  EXPECT_TRUE(rollouts.write(flag_name, 4, rollouts.read(flag_name)->value().text, {record.text},
                             beginning + hours{2}));
  const ReportInput input = read(ReportPeriod::week, beginning + hours{3});
  ASSERT_EQ(input.decisions.size(), 3u);
  EXPECT_TRUE(*input.decisions[1].same_again);
  EXPECT_FALSE(*input.decisions[2].same_again);
  EXPECT_FALSE(decision_of({1, beginning, "{}"}));
  EXPECT_FALSE(decision_of({1, beginning, "no JSON"}));
  EXPECT_FALSE(decision_of({1, beginning, R"({"event":{},"criteria":[{}],"inputs":{}})"}));
}

TEST_F(ReadingAReport, OnlyTheLatestDecisionsComeWithTheirEvidence) {
  say(Command::Kind::start, beginning);
  for (int i = 0; i < 60; ++i) {
    say(Command::Kind::pause, beginning + minutes{2 * i + 1});
    say(Command::Kind::resume, beginning + minutes{2 * i + 2});
  }
  const ReportInput input = read(ReportPeriod::week, beginning + hours{10});
  EXPECT_EQ(input.decisions.size(), most_decisions);
  EXPECT_EQ(input.decisions_left_out, 21u);
  EXPECT_EQ(input.events.size(), 121u);
}

// What the forms of a report are, for its bytes to be compared.
std::string forms(const ReportInput& input) {
  const ReportDocument document = report_document(input);
  return report_markdown(document) + json::to_text(report_json(input)) +
         report_html(document, chart_json(input), "@@title@@@@body@@@@data@@");
}

TEST_F(ReadingAReport, OfARangeItIsTheSameWheneverAndWhereverItIsMade) {
  say(Command::Kind::start, beginning);
  say(Command::Kind::abort, beginning + hours{1});
  say(Command::Kind::start, beginning + hours{2}, "again");
  say(Command::Kind::pause, beginning + hours{40});
  const UtcTime from = beginning + minutes{30}, to = beginning + hours{41};
  const ReportParts parts{"prod", flag_name, &flags, &rollouts, &series, &controller, std::nullopt};
  const auto first = read_report(parts, from, to, to + range_settled);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->period, ReportPeriod::range);
  EXPECT_EQ(first->decisions.size(), 3u);
  EXPECT_EQ(first->events.size(), 2u) << "of the rollout that goes on at its end";
  EXPECT_EQ(first->judged->standing.state.status, rollout::Status::paused);
  const auto last = rollouts.entries(flag_name, ports::Journal::decisions, 0, 10)->back();
  EXPECT_EQ(first->newest_record, last.number);
  EXPECT_EQ(first->newest_hash, rollout_controller::right_hash(last.text));
  const std::string text = forms(*first);
  EXPECT_NE(text.find("Rollout paused by ada"), std::string::npos);
  EXPECT_NE(text.find(first->newest_hash), std::string::npos);

  // More happens: to the rollout, its flag, the metrics and the sessions.
  say(Command::Kind::resume, beginning + hours{42});
  say(Command::Kind::advance, beginning + hours{43});
  rollout::FlagEdit edit;
  edit.rollout_percentage = 3;
  EXPECT_TRUE(feature_flag::change_flag(flags, flag_name, edit, {"eve", "", to + hours{2}}));
  telemetry::Minute minute;
  minute.start = from + minutes{1};
  minute.arms[0][telemetry::Counter::session_errors] = 1;
  EXPECT_TRUE(series.append(minute));
  auto outcome = testing::healthy_outcome(true, 10, 1);
  outcome.ended_at = from + minutes{1};
  EXPECT_TRUE(rollouts.add_sessions(flag_name,
                                    {{0, outcome.ended_at, *feature_flag::outcome_text(outcome)}}));
  const auto later = read_report(parts, from, to, to + hours{24 * 100});
  ASSERT_TRUE(later);
  EXPECT_EQ(forms(*later), text);
  const auto elsewhere = read_report({"prod", flag_name, nullptr, &rollouts, nullptr, nullptr, {}},
                                     from, to, to + hours{24 * 100});
  ASSERT_TRUE(elsewhere);
  EXPECT_EQ(forms(*elsewhere), text);
  EXPECT_NE(forms(*read_report(parts, from, to + hours{1}, to + hours{24})), text);
}

TEST_F(ReadingAReport, ARangeBeforeEverythingIsAReportToo) {
  say(Command::Kind::start, beginning);
  const ReportParts parts{"prod", flag_name, &flags, &rollouts, &series, &controller, std::nullopt};
  const auto input = read_report(parts, beginning - hours{2}, beginning - hours{1}, beginning);
  ASSERT_TRUE(input);
  EXPECT_FALSE(input->judged);
  EXPECT_TRUE(input->newest_hash.empty());
  EXPECT_NE(forms(*input).find("No rollout had been started"), std::string::npos);
}

TEST_F(ReadingAReport, ARangeEndsBeforeNowAndAfterItsBeginning) {
  const ReportParts parts{"prod", flag_name, &flags, &rollouts, &series, &controller, std::nullopt};
  EXPECT_EQ(read_report(parts, beginning, beginning + hours{1}, beginning + hours{1}).error().field,
            "to");
  EXPECT_EQ(read_report(parts, beginning + hours{1}, beginning, beginning + hours{2}).error().field,
            "from");
  EXPECT_EQ(report_time("2026-01-31", "to").value(), *report_time("2026-01-31T00:00:00Z", "to"));
  for (const char* none : {"", "now", "2026-13-01", "2026-01-31T12:00:00"})
    EXPECT_EQ(report_time(none, "to").error().field, "to") << none;
}

TEST_F(ReadingAReport, MinutesAreSummedToStepsAndSessionsAreOfThePeriod) {
  for (int i = 0; i < 120; ++i) {
    telemetry::Minute minute;
    minute.start = beginning + minutes{i};
    minute.arms[0][telemetry::Counter::session_errors] = 1;
    minute.arms[0][telemetry::Counter::partial_results_dropped] = static_cast<unsigned>(i);
    minute.arms[0][telemetry::Histogram::processing_latency].record(1000, 5);
    EXPECT_TRUE(series.append(minute));
  }
  for (const hours ended : {hours{-200}, hours{1}}) {
    auto outcome = testing::healthy_outcome(true, 10, 1);
    outcome.ended_at = beginning + ended;
    EXPECT_TRUE(rollouts.add_sessions(
        flag_name, {{0, outcome.ended_at, *feature_flag::outcome_text(outcome)}}));
  }
  EXPECT_TRUE(rollouts.add_sessions(flag_name, {{0, beginning, "broken"}}));
  const ReportInput input = read(ReportPeriod::week, beginning + hours{2} + minutes{30});
  EXPECT_EQ(input.sessions.evidence().canary.sessions, 1u);
  const auto step = std::find_if(input.steps.begin(), input.steps.end(),
                                 [](const auto& one) { return one.start == beginning; });
  ASSERT_NE(step, input.steps.end());
  EXPECT_EQ(step->arms[0].errors, 60u);
  EXPECT_EQ(step->arms[0].dropped, 59u) << "in its worst minute";
  EXPECT_NEAR(*step->arms[0].latency_p95_ms, 1000, 5);
  EXPECT_FALSE(step->arms[1].heard);
  EXPECT_LE(input.steps.size(), 400u);
}

}  // namespace
}  // namespace sotto::rollout_report
