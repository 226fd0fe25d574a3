#include "output/phases_output.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iomanip>

#include "base/utf8.hpp"
#include "output/rollout_output.hpp"
#include "rollout/controller_parts.hpp"
#include "rollout_controller/criterion_words.hpp"
#include "rollout_controller/notice.hpp"

namespace sotto::app {

namespace {

std::string figure(const std::optional<double>& value) {
  if (!value) return "–";
  if (!std::isfinite(*value)) return "∞";
  std::array<char, 32> text{};
  const bool large = std::abs(*value) >= 1000;
  const auto size = std::snprintf(text.data(), text.size(), large ? "%.0f" : "%.3g", *value);
  return {text.data(), static_cast<std::size_t>(std::max(0, size))};
}

std::string interval(const std::optional<rollout::Interval>& of) {
  if (!of) return "–";
  return figure(std::max(0.0, of->low)) + " to " + figure(of->high);
}

// Columns of text, each as wide as its widest cell, in code points. Below a row stands its note, if
// it has one.
void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows,
                 const std::vector<std::string>& notes) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], utf8::length(row[i]));
  for (std::size_t at = 0; at < rows.size(); ++at) {
    const auto& row = rows[at];
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - utf8::length(row[i]) + 2, ' ');
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
    if (!notes[at].empty()) out << "    " << notes[at] << '\n';
  }
}

std::string words(rollout::Verdict verdict) {
  switch (verdict) {
    case rollout::Verdict::pass: return "pass";
    case rollout::Verdict::fail: return "FAIL";
    case rollout::Verdict::inconclusive: return "inconclusive";
    case rollout::Verdict::voided: return "void";
    case rollout::Verdict::not_enough_data: return "not enough data";
  }
  return "";
}

// Its limit, or where control is what it is held against, the margin.
std::string limit_of(const rollout::Rule& rule) {
  const std::string margin = figure(rule.margin);
  switch (rule.measure) {
    case rollout::Measure::error_rate:
    case rollout::Measure::listeners_left: return "+" + margin + " points";
    case rollout::Measure::session_length: return "-" + margin + " %";
    case rollout::Measure::sample_ratio: return "±" + margin + " %";
    default: {
      const std::string_view unit = rollout::info(rule.measure).unit;
      return figure(rule.limit) + (unit.empty() ? "" : " ") + std::string(unit);
    }
  }
}

// Nothing goes on by itself without a server.
void print_led(std::ostream& out, const rollout_controller::Done& done, UtcTime now) {
  const rollout_controller::Standing& standing = done.standing;
  if (!done.present || done.present->led || standing.state.status == rollout::Status::aborted)
    return;
  if (standing.leader.empty())
    out << "no server has looked at it yet; it goes on once one does\n";
  else
    out << printable(standing.leader, 100) << " looked at it last, "
        << ago(standing.leads_until - rollout_controller::RolloutController::lease, now)
        << "; it goes on once a server runs\n";
}

}  // namespace

void print_standing(std::ostream& out, const rollout_controller::Done& done, UtcTime now) {
  const rollout::State& state = done.standing.state;
  const bool noted = done.status() == state.status;
  out << "plan " << printable(state.plan.name) << ", " << (noted ? "" : "about to be ")
      << rollout::to_string(done.status()) << ", started " << ago(state.started_at, now) << '\n';
  for (std::size_t i = 0; i < state.plan.phases.size(); ++i) {
    const rollout::Phase& phase = state.plan.phases[i];
    const bool here = i == state.phase;
    out << (here ? "  > " : "    ") << std::left << std::setw(14) << printable(phase.name, 40)
        << std::right << std::setw(4) << phase.rollout_percentage << " %  ";
    if (i < state.phase || (here && state.status == rollout::Status::completed))
      out << "passed";
    else if (here)
      out << rollout::in_words(rollout::bake_left(state)) << " of " << rollout::in_words(phase.bake)
          << " to go";
    else
      out << rollout::in_words(phase.bake);
    out << '\n';
  }
  print_led(out, done, now);
  if (!state.latch) return;
  out << "rolled back " << ago(state.latch->at, now) << ": "
      << printable(describe(state.latch->why), 500)
      << "\nwhen it is fixed: sotto rollout clear --reason WHY; then resume\n";
}

void print_criteria(std::ostream& out, const std::vector<rollout::Criterion>& criteria) {
  if (criteria.empty()) return;
  std::vector<std::vector<std::string>> rows = {
      {"criterion", "now", "limit", "control", "interval", "sessions or samples", "verdict"}};
  std::vector<std::string> notes(1);
  for (const rollout::Criterion& criterion : criteria) {
    notes.push_back(printable(rollout_controller::words_of(criterion), 1000));
    const rollout::MeasureInfo& of = rollout::info(criterion.rule.measure);
    const auto with_unit = [&](const std::optional<double>& value) {
      return figure(value) + (value && !of.unit.empty() ? " " + std::string(of.unit) : "");
    };
    rows.push_back({std::string(of.title), with_unit(criterion.canary), limit_of(criterion.rule),
                    figure(criterion.control), interval(criterion.interval),
                    std::to_string(criterion.canary_samples) + " / " +
                        std::to_string(criterion.control_samples),
                    words(criterion.verdict)});
  }
  print_table(out, rows, notes);
}

void print_event(std::ostream& out, std::uint64_t record, const rollout::RolloutEvent& event) {
  out << std::setw(5) << record << "  " << format_utc(event.at) << "  "
      << rollout_controller::title_of(event.kind) << "  " << event.percentage_before << " % → "
      << event.percentage_after << " %  by " << printable(event.by, 100) << '\n'
      << "       " << printable(event.why, 1000) << '\n';
}

}  // namespace sotto::app
