#include <algorithm>

#include "rollout/controller_parts.hpp"
#include "rollout_controller/notice.hpp"
#include "rollout_report/report_document.hpp"
#include "rollout_report/report_words.hpp"

namespace sotto::rollout_report {

using rollout::EventKind;
using rollout::RolloutEvent;

namespace {

std::string percentages(const RolloutEvent& event) {
  return std::to_string(event.percentage_before) + " % → " +
         std::to_string(event.percentage_after) + " %";
}

bool is_rollback(EventKind kind) {
  return kind == EventKind::stepped_back || kind == EventKind::disabled;
}

// Whether what held it before this is over.
bool ends_hold(EventKind kind) { return kind != EventKind::approved; }

// Whether a phase begins, or ends, with it.
bool enters(EventKind kind) {
  switch (kind) {
    case EventKind::started:
    case EventKind::promoted:
    case EventKind::advanced:
    case EventKind::stepped_back:
    case EventKind::disabled:
    case EventKind::completed:
    case EventKind::aborted:
    case EventKind::cleared: return true;
    default: return false;
  }
}

bool is_over(EventKind kind) { return kind == EventKind::completed || kind == EventKind::aborted; }

// Only the latest rows; a note says how many are not there.
void add(ReportSection& section, ReportTable table, const std::string& none) {
  if (table.rows.empty()) {
    section.notes.push_back(none);
    return;
  }
  if (table.rows.size() > most_rows) {
    const std::size_t more = table.rows.size() - most_rows;
    table.caption += ", the latest " + std::to_string(most_rows) + "; " + std::to_string(more) +
                     " older ones are left out";
    table.rows.erase(table.rows.begin(), table.rows.begin() + static_cast<std::ptrdiff_t>(more));
  }
  section.tables.push_back(std::move(table));
}

ReportTable rollbacks(const ReportInput& input) {
  ReportTable table{"Rollbacks", {"When", "Percentage", "Why", "Cleared"}, {}};
  const auto& events = input.events;
  for (auto at = events.begin(); at != events.end(); ++at) {
    if (!is_rollback(at->kind)) continue;
    const auto next = std::find_if(at + 1, events.end(), [](const RolloutEvent& event) {
      return event.kind == EventKind::cleared || event.kind == EventKind::aborted;
    });
    const std::string cleared = next == events.end()
                                    ? "not yet"
                                    : "after " + rollout::in_words(next->at - at->at) + ", by " +
                                          plain(next->by) + ": " + plain(next->why);
    table.rows.push_back(
        {{moment(at->at)}, {percentages(*at)}, {plain(at->why), Tone::fail}, {cleared}});
  }
  return table;
}

ReportTable holds(const ReportInput& input) {
  ReportTable table{"Holds", {"From", "How long", "Phase", "Why"}, {}};
  const auto& events = input.events;
  for (auto at = events.begin(); at != events.end(); ++at) {
    const bool holds = at->kind == EventKind::held || at->kind == EventKind::paused ||
                       at->kind == EventKind::overruled;
    if (!holds) continue;
    const auto next = std::find_if(at + 1, events.end(),
                                   [](const RolloutEvent& event) { return ends_hold(event.kind); });
    const bool on = next == events.end();
    const std::string lasted = rollout::in_words((on ? input.now : next->at) - at->at);
    const std::string by = at->kind == EventKind::paused ? " (" + plain(at->by) + ")" : "";
    table.rows.push_back({{moment(at->at)},
                          {on ? lasted + ", still" : lasted},
                          {plain(at->phase)},
                          {plain(at->why) + by}});
  }
  return table;
}

ReportTable stays(const ReportInput& input) {
  ReportTable table{"Time in each phase", {"Phase", "Percentage", "From", "Time", "Ended by"}, {}};
  const RolloutEvent* entered = nullptr;
  const auto leave = [&](UtcTime at, const std::string& how) {
    if (!entered || is_over(entered->kind)) return;
    const bool back = is_rollback(entered->kind);
    table.rows.push_back({{plain(entered->phase) + (back ? ", taken back" : "")},
                          {std::to_string(entered->percentage_after) + " %"},
                          {moment(entered->at)},
                          {rollout::in_words(at - entered->at)},
                          {how}});
  };
  for (const RolloutEvent& event : input.events) {
    if (!enters(event.kind)) continue;
    leave(event.at, std::string(rollout_controller::title_of(event.kind)));
    entered = &event;
  }
  leave(input.now, "goes on");
  return table;
}

}  // namespace

ReportSection lessons_section(const ReportInput& input) {
  ReportSection section;
  section.id = "lessons";
  section.title = "Lessons";
  add(section, rollbacks(input), "Nothing was rolled back.");
  add(section, holds(input), "Nothing held the rollout up.");
  add(section, stays(input), "No phase has begun.");
  return section;
}

}  // namespace sotto::rollout_report
