#include "rollout_report/report.hpp"
#include "rollout_report/report_words.hpp"

namespace sotto::rollout_report {

namespace {

// A paragraph of its own: nothing at its begin makes a list or a heading of it.
std::string paragraph(const std::string& text) {
  std::string safe =
      escape_markdown(text.substr(std::min(text.find_first_not_of(' '), text.size())));
  if (!safe.empty() && std::string_view("-+=").find(safe.front()) != std::string_view::npos)
    safe.insert(0, "\\");
  return safe + "\n\n";
}

std::string cell(const ReportCell& cell) {
  const std::string text = escape_markdown(cell.text);
  return cell.tone == Tone::fail && !text.empty() ? "**" + text + "**" : text;
}

std::string table(const ReportTable& table) {
  std::string text;
  if (!table.caption.empty()) text += "**" + escape_markdown(table.caption) + "**\n\n";
  std::string rule = "|";
  text += "|";
  for (const std::string& column : table.columns) {
    text += " " + escape_markdown(column) + " |";
    rule += " --- |";
  }
  text += "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    text += "|";
    for (const ReportCell& of : row) text += " " + cell(of) + " |";
    text += "\n";
  }
  return text + "\n";
}

std::string entry(const ReportEntry& entry) {
  std::string text = "### " + escape_markdown(entry.title) + "\n\n" + paragraph(entry.about) +
                     paragraph(entry.text) + escape_markdown(entry.evidence) + " To verify: `" +
                     entry.command + "`\n\n";
  if (!entry.table.rows.empty()) text += table(entry.table);
  return text;
}

}  // namespace

std::string report_markdown(const ReportDocument& document) {
  std::string text = "# " + escape_markdown(document.title) + "\n\n" + paragraph(document.about) +
                     "**" + escape_markdown(document.headline) + "**\n\n";
  for (const auto& fact : document.facts)
    text += "- " + escape_markdown(fact.at(0)) + ": " + escape_markdown(fact.at(1)) + "\n";
  text += "\n";
  for (const ReportSection& section : document.sections) {
    if (section.charts) continue;
    text += "## " + escape_markdown(section.title) + "\n\n";
    for (const ReportTable& of : section.tables) text += table(of);
    for (const std::string& note : section.notes) text += paragraph(note);
    for (const ReportEntry& of : section.entries) text += entry(of);
  }
  text.pop_back();
  return text;
}

}  // namespace sotto::rollout_report
