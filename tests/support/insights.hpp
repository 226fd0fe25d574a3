#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace sotto::testing {

/// What a query gives.
struct Table {
  /// Null is the value of a field that the line does not have.
  using Value = std::variant<std::monostate, double, std::string>;

  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;  ///< a value for each column
};

/// `limit` may be 1 to this.
inline constexpr std::size_t max_insights_limit = 10'000;
/// Rows of a query without `limit`. Both numbers are the bounds that CloudWatch had for years; its
/// pages now say 100,000 and 10,000, so what keeps within these works with either.
inline constexpr std::size_t default_insights_limit = 1'000;

/// Runs a CloudWatch Logs Insights query over log lines, each of them one event. What it relies on
/// is in https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html and the
/// pages below it, apart from what is marked [ours]: AWS does not say, and a test should not hang
/// on it.
///
/// Fields: the members of a line that is a JSON object, nested ones and array elements with dots
/// (`a.b`, `a.0`); true and false are 1 and 0 (powertools-lambda-dotnet issue 667); null is no
/// value [ours]; a member `@x` is the field `@@x`. `@message` is the line. `@timestamp` is the
/// line's `timestamp` in UTC as format_utc() writes it, where parse_utc() reads it; the service
/// takes the event's own time, and shows it as `2026-01-31 12:00:00.000`.
///
/// Commands, separated by `|`, `#` before a comment; keywords and functions in any case:
/// - `fields f [as name], …`: the columns, those of all such commands; without any `@timestamp` and
///   `@message` [ours].
/// - `filter`: `=`, `!=`, `<`, `<=`, `>`, `>=`, `like "text"`, `like /regex/` (ECMAScript, `(?i)`
///   in front) and `=~`, `in [..]`, `not`, `and`, `or`, parentheses, `ispresent(f)`. A row without
///   the field matches no comparison, not even `!=` or `not like` [ours], while `not (f = 1)` does
///   match it [ours]. A text that is a number, such as "200", is compared as one with a number
///   [ours]. What has no quotes is a field: `level = ERROR` compares two.
/// - `stats function, … [by f, …]`: `count()`, `count(*)`, `count(f)`, `sum(f)`, `avg(f)`,
///   `min(f)`, `max(f)`, `pct(f, p)`, each with `as name` or named as it is written [ours]. Rows
///   without the field do not count; all but `count` are null without any. `min` and `max` go by
///   the order of `sort` [ours]. `pct` is the nearest rank: of n numbers in ascending order the one
///   in place ⌈p·n/100⌉, at least the first (AWS does not say which definition the service takes).
///   `by` takes fields and `bin(5m)` (ms, s, m, h, d; whole periods since 1970), which become the
///   first columns. Rows without the field make a group with null [ours]. Groups come in ascending
///   order [ours]; no rows make no group [ours]. Only what `stats` names is there after it.
/// - `sort f asc|desc, …`: texts before numbers, digits within texts by length and then value. Null
///   is before them all [ours]. Without `sort` lines come newest first, equal ones as in the log.
/// - `limit n`; `dedup f, …`: the first row of each combination of values, and every row without
///   one of them. Only `limit` may follow it.
///
/// Names are of letters, digits, `_`, `@` and `.`, others in backticks; texts in double or single
/// quotes. Errors: `invalid_argument`, field "query", for what is not in this list, whether or not
/// the service has it.
Result<Table> run_insights(std::string_view query, const std::vector<std::string>& log_lines);

}  // namespace sotto::testing
