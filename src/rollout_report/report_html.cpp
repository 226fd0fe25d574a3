#include <algorithm>
#include <array>

#include "json/text.hpp"
#include "rollout_report/report.hpp"
#include "rollout_report/report_words.hpp"

namespace sotto::rollout_report {

namespace {

std::string element(const std::string& tag, const std::string& text,
                    const std::string& attributes = "") {
  return "<" + tag + (attributes.empty() ? "" : " " + attributes) + ">" + escape_html(text) + "</" +
         tag + ">\n";
}

std::string tone_attribute(Tone tone) {
  switch (tone) {
    case Tone::none: return "";
    case Tone::pass: return "data-tone=\"pass\"";
    case Tone::fail: return "data-tone=\"fail\"";
    case Tone::open: return "data-tone=\"open\"";
  }
  return "";
}

// A cell's text: a unit stays with its figure.
std::string cell_text(const std::string& text) {
  constexpr std::array<std::string_view, 7> units = {"%", "×", "s", "ms", "d", "h", "min"};
  const std::string safe = escape_html(text);
  std::string html;
  for (std::size_t i = 0; i < safe.size(); ++i) {
    const bool after_digit = i > 0 && safe[i - 1] >= '0' && safe[i - 1] <= '9';
    const std::string_view rest = std::string_view(safe).substr(i + 1);
    const std::string_view word = rest.substr(0, rest.find_first_of(" ,.;:)"));
    const bool unit = std::find(units.begin(), units.end(), word) != units.end();
    if (safe[i] == ' ' && after_digit && unit)
      html += "&nbsp;";
    else
      html += safe[i];
  }
  return html;
}

// On a phone each row is a card, which takes a table's roles away: they are given again, and each
// cell says its column.
std::string table(const ReportTable& table) {
  std::string html = "<table role=\"table\">\n";
  if (!table.caption.empty()) html += element("caption", table.caption);
  html += "<thead role=\"rowgroup\"><tr role=\"row\">\n";
  for (const std::string& column : table.columns)
    html += element("th", column, "scope=\"col\" role=\"columnheader\"");
  html += "</tr></thead>\n<tbody role=\"rowgroup\">\n";
  for (const auto& row : table.rows) {
    html += "<tr role=\"row\">\n";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const ReportCell& cell = row[i];
      std::string attributes = tone_attribute(cell.tone);
      if (!attributes.empty()) attributes += ' ';
      attributes += i == 0 ? "scope=\"row\" role=\"rowheader\"" : "role=\"cell\"";
      if (i > 0) attributes += " data-column=\"" + escape_html(table.columns[i]) + "\"";
      html += "<" + std::string(i == 0 ? "th " : "td ") + attributes + "><span>" +
              cell_text(cell.text) + "</span></" + (i == 0 ? "th" : "td") + ">\n";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table>\n";
}

std::string entry(const ReportEntry& entry) {
  std::string html = "<article>\n" + element("h3", entry.title) +
                     element("p", entry.about, "class=\"quiet\"") + element("p", entry.text) +
                     "<p class=\"evidence\">" + escape_html(entry.evidence) + " To verify: <code>" +
                     escape_html(entry.command) + "</code></p>\n";
  if (!entry.table.rows.empty())
    html += "<details><summary>Its criteria</summary>\n" + table(entry.table) + "</details>\n";
  return html + "</article>\n";
}

std::string section(const ReportSection& section) {
  const std::string id = escape_html(section.id);
  std::string html = "<section id=\"" + id + "\" aria-labelledby=\"" + id + "-title\">\n" +
                     element("h2", section.title, "id=\"" + id + "-title\"");
  if (section.charts)
    html +=
        "<div id=\"grid\"></div>\n<noscript><p>The charts need a script; the tables do "
        "not.</p></noscript>\n";
  for (const ReportTable& of : section.tables) html += table(of);
  for (const std::string& note : section.notes) html += element("p", note, "class=\"quiet\"");
  for (const ReportEntry& of : section.entries) html += entry(of);
  return html + "</section>\n";
}

std::string body(const ReportDocument& document) {
  std::string html = "<header>\n" + element("p", document.title, "class=\"kind\"") +
                     element("h1", document.headline, tone_attribute(document.tone)) +
                     element("p", document.about, "class=\"quiet\"") + "</header>\n<dl>\n";
  for (const auto& fact : document.facts)
    html += "<div>" + element("dt", fact.at(0)) + element("dd", fact.at(1)) + "</div>\n";
  html += "</dl>\n";
  for (const ReportSection& of : document.sections) html += section(of);
  return html;
}

}  // namespace

std::string report_html(const ReportDocument& document, const boost::json::object& charts,
                        std::string_view page) {
  const std::vector<std::pair<std::string_view, std::string>> places = {
      {"@@title@@", escape_html(document.title)},
      {"@@body@@", body(document)},
      {"@@data@@", escape_json(json::to_text(charts))}};
  std::string html;
  // What is filled in is not looked at again, whatever stands in it.
  for (const auto& [place, text] : places) {
    const std::size_t at = page.find(place);
    if (at == std::string_view::npos) continue;
    html.append(page.substr(0, at)).append(text);
    page.remove_prefix(at + place.size());
  }
  return html.append(page);
}

}  // namespace sotto::rollout_report
