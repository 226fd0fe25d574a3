// The page of the rollout's report, with its style and its script within it.
#pragma once

#include <string_view>

namespace sotto::web {

/// One HTML file that asks nobody for anything, with places for rollout_report::report_html():
/// `@@title@@`,
/// `@@body@@` and `@@data@@`. Its policy lets its own script run and no other. Thread-safe.
std::string_view report_page();

}  // namespace sotto::web
