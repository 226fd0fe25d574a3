#include "rollout_report/report_source.hpp"

#include <algorithm>
#include <deque>

#include "feature_flag/flag_operations.hpp"
#include "feature_flag/outcome_json.hpp"
#include "rollout_controller/state_json.hpp"
#include "rollout_report/report_document.hpp"

namespace sotto::rollout_report {

using std::chrono::hours;
using std::chrono::minutes;

namespace {

constexpr std::size_t entries_at_once = 500;
constexpr hours longest{24 * 400};
constexpr int most_steps = 200;

UtcTime beginning(const std::optional<rollout_controller::Done>& judged, ReportPeriod period,
                  UtcTime now) {
  if (period == ReportPeriod::day) return now - hours{24};
  if (period == ReportPeriod::week || !judged) return now - hours{168};
  return std::max(judged->standing.state.started_at, now - longest);
}

// The shortest that gives no more points than a chart has room for.
minutes step_of(milliseconds length) {
  for (const minutes step :
       {minutes{15}, minutes{60}, minutes{180}, minutes{360}, minutes{720}, minutes{1440}})
    if (length / step < most_steps) return step;
  return hours{48};
}

// All entries of a journal, in order.
template <class Take>
Result<> each_entry(const ReportParts& parts, ports::Journal journal, Take take) {
  for (std::uint64_t after = 0;;) {
    const auto entries =
        parts.rollouts->entries(parts.parameter_name, journal, after, entries_at_once);
    if (!entries) return tl::unexpected(entries.error());
    for (const ports::JournalEntry& entry : *entries) {
      after = entry.number;
      take(entry);
    }
    if (entries->size() < entries_at_once) return {};
  }
}

Result<> read_flag(const ReportParts& parts, ReportInput& input) {
  const auto current = feature_flag::current_flag(*parts.flags, parts.parameter_name);
  if (current)
    input.flag = ReportFlag{current->revision.version, current->flag.enabled,
                            current->flag.rollout_percentage};
  else if (current.error().code != ErrorCode::not_found &&
           current.error().code != ErrorCode::invalid_argument)
    return tl::unexpected(current.error());
  return {};
}

void note_newest(const ports::JournalEntry& entry, ReportInput& input) {
  const auto hash = rollout_controller::stated_hash(entry.text);
  if (!hash) return;
  input.newest_record = entry.number;
  input.newest_hash = *hash;
}

void keep_latest(const ports::JournalEntry& entry, std::deque<ports::JournalEntry>& latest,
                 ReportInput& input) {
  latest.push_back(entry);
  if (latest.size() <= most_decisions) return;
  latest.pop_front();
  ++input.decisions_left_out;
}

void add_decisions(const std::deque<ports::JournalEntry>& entries, ReportInput& input) {
  for (const ports::JournalEntry& entry : entries) {
    auto decision = decision_of(entry);
    if (!decision) continue;
    const auto again = rollout_controller::recompute(entry.text);
    decision->same_again = again && *again == entry.text;
    input.decisions.push_back(std::move(*decision));
  }
}

Result<> read_decisions(const ReportParts& parts, ReportInput& input) {
  const UtcTime started = input.judged ? input.judged->standing.state.started_at : input.from;
  std::deque<ports::JournalEntry> latest;
  const auto read = each_entry(parts, ports::Journal::decisions, [&](const auto& entry) {
    if (entry.at > input.now) return;
    note_newest(entry, input);
    if (entry.at < std::min(started, input.from)) return;
    if (entry.at >= started)
      if (const auto decision = decision_of(entry)) input.events.push_back(decision->event);
    if (entry.at < input.from) return;
    keep_latest(entry, latest, input);
  });
  if (!read) return read;
  add_decisions(latest, input);
  return {};
}

// The decisions of a range; the events of the rollout that went on at its end; and how that stood.
Result<> read_range(const ReportParts& parts, ReportInput& input) {
  std::deque<ports::JournalEntry> latest;
  ports::JournalEntry last;
  const auto read = each_entry(parts, ports::Journal::decisions, [&](const auto& entry) {
    if (entry.at > input.now) return;
    note_newest(entry, input);
    auto decision = decision_of(entry);
    if (!decision) return;
    if (decision->event.kind == rollout::EventKind::started) input.events.clear();
    input.events.push_back(decision->event);
    input.last = std::move(*decision);
    last = entry;
    if (entry.at >= input.from) keep_latest(entry, latest, input);
  });
  if (!read) return read;
  add_decisions(latest, input);
  if (!input.last) return {};
  // A record of another version of the program may not give its decision any more.
  auto step = rollout_controller::decide_again(last.text);
  if (!step) return {};
  input.judged.emplace();
  input.judged->standing.state = std::move(step->state);
  input.judged->criteria = input.last->criteria;
  input.judged->why = input.last->event.why;
  return {};
}

Result<> read_sessions(const ReportParts& parts, ReportInput& input) {
  return each_entry(parts, ports::Journal::sessions, [&](const auto& entry) {
    if (entry.at < input.from || entry.at > input.now) return;
    if (const auto outcome = feature_flag::outcome_of(entry.text)) input.sessions.add(*outcome);
  });
}

// A step's minutes, summed up as they are read: a minute has 100 kB.
struct StepSum {
  telemetry::Snapshot arms;
  std::array<std::uint64_t, telemetry::arms.size()> dropped{};
  bool any = false;

  void add(const telemetry::Minute& minute) {
    any = true;
    for (std::size_t i = 0; i < arms.size(); ++i) {
      arms[i].merge(minute.arms[i]);
      dropped[i] =
          std::max(dropped[i], minute.arms[i][telemetry::Counter::partial_results_dropped]);
    }
  }
};

Result<> read_metrics(const ReportParts& parts, ReportInput& input) {
  input.step = step_of(input.now - input.from);
  const UtcTime first{input.from.time_since_epoch() / input.step * input.step};
  for (UtcTime start = first; start <= input.now; start += input.step) {
    auto sum = std::make_unique<StepSum>();
    const UtcTime end = start + input.step;
    for (UtcTime from = std::max(start, input.from); from < end; from += minutes{60}) {
      const auto read = parts.series->read(from, std::min(from + minutes{60}, end));
      if (!read) return tl::unexpected(read.error());
      for (const telemetry::Minute& minute : *read) sum->add(minute);
    }
    ReportStep step{start, {}};
    for (std::size_t i = 0; sum->any && i < step.arms.size(); ++i)
      step.arms[i] = arm_step(sum->arms[i], sum->dropped[i]);
    input.steps.push_back(step);
  }
  return {};
}

}  // namespace

Result<ReportInput> read_report(const ReportParts& parts, ReportPeriod period, UtcTime now) {
  ReportInput input;
  input.environment = parts.environment;
  input.parameter_name = parts.parameter_name;
  input.period = period;
  input.now = now;
  input.alarms = parts.alarms;
  auto judged = parts.controller->judge(now);
  if (!judged) return tl::unexpected(judged.error());
  input.judged = std::move(*judged);
  input.from = beginning(input.judged, period, now);
  for (const auto read : {read_flag, read_decisions, read_sessions, read_metrics})
    if (auto done = read(parts, input); !done) return tl::unexpected(done.error());
  return input;
}

Result<ReportInput> read_report(const ReportParts& parts, UtcTime from, UtcTime to, UtcTime now) {
  if (to > now - range_settled)
    return fail(ErrorCode::invalid_argument,
                "to is " + format_utc(to) + ", must be " + format_utc(now - range_settled) +
                    " or earlier: until then there may be more to come",
                "to");
  if (from > to)
    return fail(ErrorCode::invalid_argument,
                "from is " + format_utc(from) + ", must not be after to, " + format_utc(to),
                "from");
  ReportInput input;
  input.environment = parts.environment;
  input.parameter_name = parts.parameter_name;
  input.period = ReportPeriod::range;
  input.from = from;
  input.now = to;
  if (auto done = read_range(parts, input); !done) return tl::unexpected(done.error());
  return input;
}

Result<UtcTime> report_time(const std::string& text, const std::string& field) {
  const auto time = parse_utc(text.size() == 10 ? text + "T00:00:00Z" : text);
  if (time) return *time;
  return fail(ErrorCode::invalid_argument,
              field + " is \"" + text.substr(0, 40) +
                  "\", must be a time such as 2026-01-31 or 2026-01-31T12:00:00Z",
              field);
}

}  // namespace sotto::rollout_report
