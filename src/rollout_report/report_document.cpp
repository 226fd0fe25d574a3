#include "rollout_report/report_document.hpp"

#include <algorithm>
#include <cmath>

#include "rollout/controller_parts.hpp"
#include "rollout_controller/criterion_words.hpp"
#include "rollout_controller/notice.hpp"
#include "rollout_report/report_words.hpp"

namespace sotto::rollout_report {

using rollout::Criterion;
using rollout::Verdict;

namespace {

using rollout_controller::title_of;

std::string percent(int percentage) { return std::to_string(percentage) + " %"; }

std::string or_dash(const std::optional<double>& value, std::string_view unit) {
  return value ? quantity(*value, unit) : "–";
}

// Of a range: as its last decision left it. What has passed since is not known from the records.
std::vector<std::vector<std::string>> range_facts(const ReportInput& input) {
  if (!input.last) return {};
  const rollout::RolloutEvent& event = input.last->event;
  std::vector<std::vector<std::string>> facts = {{"Phase", plain(event.phase)}};
  if (input.judged) {
    const rollout::State& state = input.judged->standing.state;
    facts.push_back({"Plan", plain(state.plan.name) + ", started on " + moment(state.started_at)});
    facts.push_back({"Status", plain(rollout::to_string(state.status))});
  }
  facts.push_back({"Percentage", percent(event.percentage_after)});
  facts.push_back(
      {"Last decision", moment(event.at) + ", record " + std::to_string(input.last->record)});
  return facts;
}

std::vector<std::vector<std::string>> facts(const ReportInput& input) {
  if (input.period == ReportPeriod::range) return range_facts(input);
  std::vector<std::vector<std::string>> facts;
  const auto add = [&](std::string name, std::string what) {
    facts.push_back({std::move(name), std::move(what)});
  };
  if (input.judged) {
    const rollout::State& state = input.judged->standing.state;
    const rollout::Phase& phase = state.plan.phases[state.phase];
    const milliseconds left = rollout::bake_left(state);
    add("Phase", plain(phase.name) + ", " + std::to_string(state.phase + 1) + " of " +
                     std::to_string(state.plan.phases.size()) + " of plan " +
                     plain(state.plan.name) + ", since " + moment(state.phase_began_at));
    if (state.status == rollout::Status::running || state.status == rollout::Status::paused)
      add("Bake time left", left <= milliseconds{0}
                                ? "none"
                                : rollout::in_words(left) + " of " + rollout::in_words(phase.bake) +
                                      ", so until " + moment(input.now + left) + " at least");
    if (phase.approval)
      add("Approval", state.approved_by.empty() ? "needed from a person"
                                                : "given by " + plain(state.approved_by, 100));
  }
  if (input.flag)
    add("Percentage", (input.flag->enabled ? percent(input.flag->percentage) : "off") +
                          " (version " + std::to_string(input.flag->version) + " of the flag)");
  const rollout::Evidence& evidence = input.sessions.evidence();
  add("Sessions ended", figure(static_cast<double>(evidence.canary.sessions), 0) + " in canary, " +
                            figure(static_cast<double>(evidence.control.sessions), 0) +
                            " in control");
  return facts;
}

ReportCell verdict_cell(const Criterion& criterion) {
  switch (criterion.verdict) {
    case Verdict::pass: return {"Pass", Tone::pass};
    case Verdict::fail: return {"Fail", Tone::fail};
    case Verdict::inconclusive: return {"Inconclusive", Tone::open};
    case Verdict::voided: return {"Void", Tone::open};
    case Verdict::not_enough_data: break;
  }
  return {"Not enough data", Tone::open};
}

std::string samples(const Criterion& criterion) {
  if (criterion.canary_samples + criterion.control_samples == 0) return "–";
  return figure(static_cast<double>(criterion.canary_samples), 0) + " / " +
         figure(static_cast<double>(criterion.control_samples), 0);
}

ReportTable criteria_table(const std::vector<Criterion>& criteria, const std::string& then) {
  ReportTable table;
  table.columns = {"Criterion", then, "Limit", "Control", "Interval", "Samples", "Verdict"};
  for (const Criterion& criterion : criteria) {
    const rollout::MeasureInfo& of = rollout::info(criterion.rule.measure);
    const std::string interval = interval_words(criterion);
    table.rows.push_back({{std::string(of.title)},
                          {or_dash(criterion.canary, of.unit)},
                          {limit_words(criterion.rule)},
                          {or_dash(criterion.control, of.unit)},
                          {interval.empty() ? "–" : interval},
                          {samples(criterion)},
                          verdict_cell(criterion)});
  }
  return table;
}

// 0.998 as "99.8 %".
std::string confidence(double alpha) { return figure(100 * (1 - 2 * alpha), 3) + " %"; }

double alpha_of(const ReportInput& input) {
  return input.judged ? input.judged->standing.state.plan.alpha : rollout::Plan{}.alpha;
}

ReportSection criteria_section(const ReportInput& input) {
  ReportSection section;
  section.id = "criteria";
  section.title = "Success criteria of the phase";
  if (!input.judged || input.judged->criteria.empty()) {
    section.notes.push_back(input.judged ? "Nothing could be measured."
                                         : "There is no rollout, so there are none.");
    return section;
  }
  section.tables.push_back(criteria_table(input.judged->criteria, "Now"));
  section.notes.push_back(
      "Samples are those of the canary / of control. Intervals against control hold with " +
      confidence(input.judged->standing.state.plan.promotion_alpha) + " confidence, others with " +
      confidence(alpha_of(input)) + ", however often they are looked at.");
  for (const Criterion& criterion : input.judged->criteria)
    if (const std::string words = rollout_controller::words_of(criterion); !words.empty())
      section.notes.push_back(std::string(rollout::info(criterion.rule.measure).title) + ": " +
                              words);
  return section;
}

std::string won(const rollout::Moments& moments, double alpha) {
  if (moments.count == 0) return "–";
  return quantity(moments.mean, "ms") + " (" + range(mean_interval(moments, alpha), "ms") + ")";
}

std::string of_words(const rollout::PairedEvidence& paired) {
  if (paired.words == 0) return "–";
  const double share =
      100 * static_cast<double>(paired.taken_back) / static_cast<double>(paired.words);
  return figure(static_cast<double>(paired.taken_back), 0) + " of " +
         figure(static_cast<double>(paired.words), 0) + " (" + figure(share) + " %)";
}

ReportSection paired_section(const ReportInput& input) {
  ReportSection section;
  section.id = "paired";
  section.title = "What early words win";
  const rollout::Evidence& evidence = input.sessions.evidence();
  const double alpha = alpha_of(input);
  ReportTable table;
  table.columns = {"Arm", "Sessions", "Words ready earlier, mean", "Slowest 5 % earlier",
                   "Words taken back"};
  const auto add = [&](const std::string& name, const rollout::PairedEvidence& paired) {
    table.rows.push_back({{name},
                          {figure(static_cast<double>(paired.won_ms.count), 0)},
                          {won(paired.won_ms, alpha)},
                          {won(paired.won_p95_ms, alpha)},
                          {of_words(paired)}});
  };
  if (evidence.delivered.words + evidence.forecast.words == 0) {
    section.notes.push_back("No session that ended tells of both modes.");
    return section;
  }
  add("Canary: listeners got them", evidence.delivered);
  add("Control: a forecast, only computed", evidence.forecast);
  section.tables.push_back(std::move(table));
  section.notes.push_back(
      "Each session is compared with itself: when its words were ready, and when they would have "
      "been in the other mode. In brackets: the mean of all sessions with " +
      confidence(alpha) + " confidence.");
  return section;
}

ReportSection sessions_section(const ReportInput& input) {
  ReportSection section;
  section.id = "sessions";
  section.title = "Sessions by arm";
  ReportTable table;
  table.columns = {"Arm",
                   "Ended",
                   "With an error",
                   "Usual p95 latency",
                   "Cost per listener-hour",
                   "Also, not by bucket"};
  const auto add = [&](const std::string& name, const rollout::ArmEvidence& arm, bool canary) {
    const auto all = static_cast<double>(arm.sessions),
               failed = static_cast<double>(arm.count(rollout::Trouble::failed));
    table.rows.push_back(
        {{name},
         {figure(all, 0)},
         {arm.sessions == 0 ? "–" : figure(failed, 0) + " (" + figure(100 * failed / all) + " %)"},
         {arm.log_latency.count == 0 ? "–" : quantity(std::exp(arm.log_latency.mean), "ms")},
         {arm.cost.count == 0 ? "–" : quantity(arm.cost.mean, "USD")},
         {figure(static_cast<double>(input.sessions.not_by_bucket(canary)), 0)}});
  };
  const rollout::Evidence& evidence = input.sessions.evidence();
  add("Canary", evidence.canary, true);
  add("Control", evidence.control, false);
  section.tables.push_back(std::move(table));
  section.notes.push_back(
      "Sessions that ended in this time, whatever the percentage was. The arms are compared in the "
      "criteria, of one phase at a time. Not by bucket: an override or a fallback chose the arm.");
  return section;
}

ReportSection alarms_section(const ReportInput& input) {
  ReportSection section;
  section.id = "alarms";
  section.title = "Alarms";
  if (input.alarms) {
    ReportTable table;
    table.columns = {"Alarm", "State", "Since", "Meaning"};
    for (const telemetry::AlarmStatus& alarm : *input.alarms) {
      const bool on = alarm.state == telemetry::AlarmState::alarm;
      const bool known = alarm.state != telemetry::AlarmState::insufficient_data;
      table.rows.push_back({{plain(alarm.rule->name)},
                            {on      ? "On"
                             : known ? "Off"
                                     : "Not enough data",
                             on      ? Tone::fail
                             : known ? Tone::pass
                                     : Tone::open},
                            {alarm.since == UtcTime{} ? "–" : moment(alarm.since)},
                            {plain(alarm.rule->meaning)}});
    }
    section.tables.push_back(std::move(table));
  } else if (input.judged) {
    const rollout::State& state = input.judged->standing.state;
    section.notes.push_back("As of " + moment(state.stepped_at) +
                            ", when the server looked last: " +
                            (state.alarm_on ? "an alarm was on." : "no alarm was on."));
  } else {
    section.notes.push_back("Not known here: only a running server knows them.");
  }
  const auto with_alarms = std::find_if(input.decisions.rbegin(), input.decisions.rend(),
                                        [](const auto& d) { return !d.alarms_on.empty(); });
  if (with_alarms != input.decisions.rend()) {
    std::string names;
    for (const std::string& name : with_alarms->alarms_on)
      names += (names.empty() ? "" : ", ") + plain(name, 100);
    section.notes.push_back("On at a decision last: " + plain(names) + ", " +
                            moment(with_alarms->event.at) + ".");
  }
  return section;
}

std::string evidence_words(const ReportDecision& decision) {
  const auto count = [&](Verdict verdict) {
    return std::count_if(decision.criteria.begin(), decision.criteria.end(),
                         [&](const Criterion& one) { return one.verdict == verdict; });
  };
  std::string words = "Record " + std::to_string(decision.record) + ": ";
  if (decision.criteria.empty())
    words += "no criteria were needed";
  else
    words += std::to_string(count(Verdict::pass)) + " of " +
             std::to_string(decision.criteria.size()) + " criteria passed";
  if (const auto failed = count(Verdict::fail)) words += ", " + std::to_string(failed) + " failed";
  if (const auto open = count(Verdict::not_enough_data))
    words += ", " + std::to_string(open) + " lacked data";
  if (const auto open = count(Verdict::inconclusive))
    words += ", " + std::to_string(open) + (open == 1 ? " was" : " were") + " inconclusive";
  if (const auto voided = count(Verdict::voided))
    words += ", " + std::to_string(voided) + (voided == 1 ? " was" : " were") + " void";
  if (decision.same_again)
    words += *decision.same_again ? ". Decided again from its record: the same"
                                  : ". Decided again from its record: NOT the same";
  return words + ".";
}

ReportEntry entry_of(const ReportDecision& decision) {
  const rollout::RolloutEvent& event = decision.event;
  ReportEntry entry;
  entry.title = std::string(title_of(event.kind)) + ": " +
                (event.percentage_before == event.percentage_after
                     ? percent(event.percentage_after)
                     : percent(event.percentage_before) + " → " + percent(event.percentage_after));
  entry.about =
      moment(event.at) + " · by " + plain(event.by, 100) + " · phase " + plain(event.phase, 100);
  entry.text = plain(event.why);
  entry.evidence = evidence_words(decision);
  entry.command = "sotto rollout verify " + std::to_string(decision.record);
  if (!decision.criteria.empty()) entry.table = criteria_table(decision.criteria, "Then");
  return entry;
}

// The hash that stands outside the store where the report is.
ReportSection records_section(const ReportInput& input) {
  ReportSection section;
  section.id = "records";
  section.title = "Records";
  if (input.newest_hash.empty())
    section.notes.push_back("No record of this time has a hash.");
  else
    section.notes.push_back("The newest record is " + std::to_string(input.newest_record) +
                            ", with hash " + input.newest_hash +
                            ". Whether all up to it are as they were then: sotto rollout verify "
                            "--hash with this hash.");
  if (input.period == ReportPeriod::range)
    section.notes.push_back(
        "This report is made from the records of the decisions alone, so that the same time gives "
        "the same report. Metrics, sessions and alarms are in the report of a period.");
  return section;
}

ReportSection range_criteria_section(const ReportInput& input) {
  ReportSection section;
  section.id = "criteria";
  section.title = "Success criteria at the last decision";
  if (input.last && !input.last->criteria.empty())
    section.tables.push_back(criteria_table(input.last->criteria, "Then"));
  else
    section.notes.push_back(input.last ? "It needed none." : "Nothing had been decided yet.");
  return section;
}

ReportSection decisions_section(const ReportInput& input) {
  ReportSection section;
  section.id = "decisions";
  section.title = "Decisions";
  if (input.decisions.empty()) section.notes.push_back("Nothing was decided in this time.");
  if (input.decisions_left_out > 0)
    section.notes.push_back("The latest " + std::to_string(input.decisions.size()) + "; " +
                            std::to_string(input.decisions_left_out) + " older ones are left out.");
  for (auto at = input.decisions.rbegin(); at != input.decisions.rend(); ++at)
    section.entries.push_back(entry_of(*at));
  return section;
}

// What a period has and a range has not.
void add_measured(const ReportInput& input, std::vector<ReportSection>& sections) {
  sections.push_back(criteria_section(input));
  ReportSection charts;
  charts.id = "charts";
  charts.title = "Over this time";
  charts.charts = true;
  sections.push_back(std::move(charts));
  sections.push_back(paired_section(input));
  sections.push_back(sessions_section(input));
  sections.push_back(alarms_section(input));
}

std::string title_of(ReportPeriod period) {
  switch (period) {
    case ReportPeriod::day: return "Daily rollout report";
    case ReportPeriod::week: return "Weekly rollout report";
    case ReportPeriod::all: return "Final rollout report";
    case ReportPeriod::range: return "Rollout report of a time range";
  }
  return "Rollout report";
}

}  // namespace

ReportDocument report_document(const ReportInput& input) {
  ReportDocument document;
  const bool range = input.period == ReportPeriod::range;
  const bool over =
      input.judged && (input.judged->standing.state.status == rollout::Status::completed ||
                       input.judged->standing.state.status == rollout::Status::aborted);
  document.title =
      input.period == ReportPeriod::all && !over ? "Rollout report so far" : title_of(input.period);
  document.about = plain(input.environment, 40) + " · " + plain(input.parameter_name) + " · " +
                   (range ? format_utc(input.from) + " to " + format_utc(input.now)
                          : moment(input.from) + " to " + moment(input.now));
  const ReportCell headline = report_headline(input);
  document.headline = headline.text;
  document.tone = headline.tone;
  document.facts = facts(input);
  if (range)
    document.sections.push_back(range_criteria_section(input));
  else
    add_measured(input, document.sections);
  if (range || input.period == ReportPeriod::all)
    document.sections.push_back(lessons_section(input));
  document.sections.push_back(decisions_section(input));
  document.sections.push_back(records_section(input));
  return document;
}

}  // namespace sotto::rollout_report
