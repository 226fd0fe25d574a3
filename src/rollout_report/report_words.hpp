#pragma once

#include <string>
#include <string_view>

#include "rollout/criteria.hpp"

namespace sotto::rollout_report {

// How the rollout's report says figures, times and what people wrote.

/// Two decimals at the most, thousands apart: `1,234.5`; infinite ends of an interval as `∞`.
std::string figure(double value, int digits = 2);

/// With its unit; milliseconds from a thousand on are seconds: `1.53 s`, `$0.031`, `30 %`.
std::string quantity(double value, std::string_view unit);

/// `1.4 to 1.6 s`; `not known yet` where both ends are infinite.
std::string range(const rollout::Interval& interval, std::string_view unit);

/// `3 Nov 2026, 14:02 UTC`.
std::string moment(UtcTime time);

/// What a criterion asks for: `below 5 s`, `none`, `not surely above control`.
std::string limit_words(const rollout::Rule& rule);

/// The interval of a criterion: `0.38 to 0.45 × control`; empty where there is none.
std::string interval_words(const rollout::Criterion& criterion);

/// What somebody wrote as one line of text: valid UTF-8 without control characters and without
/// those that turn the direction of writing, of `max_size` bytes at the most.
std::string plain(std::string_view text, std::size_t max_size = 600);

/// A plain text for HTML, between tags or in a quoted attribute.
std::string escape_html(std::string_view text);

/// A plain text for Markdown (CommonMark with GitHub's tables), within a line or a table's cell.
std::string escape_markdown(std::string_view text);

/// JSON for a script element: nothing in it ends the element or a line.
std::string escape_json(std::string_view json);

}  // namespace sotto::rollout_report
