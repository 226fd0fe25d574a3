#pragma once

#include <string>
#include <vector>

#include "rollout_report/report_input.hpp"

namespace sotto::rollout_report {

// What a report says, in plain text, whatever form it is given: of bounded size, and with nothing
// in it that was said in a session. Whoever writes it in a form escapes it.

/// How a cell is to look, beside what it says.
enum class Tone : std::uint8_t { none, pass, fail, open };

struct ReportCell {
  std::string text;
  Tone tone = Tone::none;
};

struct ReportTable {
  std::string caption;
  std::vector<std::string> columns;  ///< the first names the row
  std::vector<std::vector<ReportCell>> rows;
};

/// A decision, or something else with a name, a text and evidence.
struct ReportEntry {
  std::string title, about;  ///< "Phase passed: 10 % → 50 %"; when, by whom, in which phase
  std::string text;
  std::string evidence;  ///< in a sentence
  std::string command;   ///< that shows it to be so
  ReportTable table;     ///< of what it was made; may be empty
};

struct ReportSection {
  std::string id, title;
  std::vector<std::string> notes;
  std::vector<ReportTable> tables;
  std::vector<ReportEntry> entries;
  bool charts = false;  ///< it is where the charts go, in a form that has them
};

struct ReportDocument {
  std::string title;     ///< "Weekly rollout report"
  std::string about;     ///< of what, and of which time
  std::string headline;  ///< where the rollout stands, in a sentence
  Tone tone = Tone::none;
  std::vector<std::vector<std::string>> facts;  ///< each a name and what it is
  std::vector<ReportSection> sections;
};

/// Pure.
ReportDocument report_document(const ReportInput& input);

/// Where the rollout stands, in a sentence, and how that is to look.
ReportCell report_headline(const ReportInput& input);

/// Lessons of a whole rollout: rollbacks, holds, and the time in each phase.
ReportSection lessons_section(const ReportInput& input);

inline constexpr std::size_t most_rows = 100;       ///< of a table of lessons
inline constexpr std::size_t most_decisions = 100;  ///< that a report has with their evidence

}  // namespace sotto::rollout_report
