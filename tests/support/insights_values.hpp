#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/insights.hpp"

namespace sotto::testing::insights {

using Value = Table::Value;
using Row = std::map<std::string, Value, std::less<>>;

inline bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }

/// The row's value, null where it has none.
const Value& value_of(const Row& row, std::string_view field);

/// A number, or a text of nothing but one: digits, a sign, a point.
std::optional<double> number_of(const Value& value);

/// The value as a text that `like` looks into; empty for null.
std::string text_of(const Value& value);

/// Where `sort … asc` puts two values: below 0 for `left` first, 0 for no matter.
int sort_order(const Value& left, const Value& right);

enum class Comparison : unsigned char {
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal
};

/// Never true with a null.
bool holds(const Value& left, Comparison comparison, const Value& right);

}  // namespace sotto::testing::insights
