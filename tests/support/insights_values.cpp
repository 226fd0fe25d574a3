#include "tests/support/insights_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace sotto::testing::insights {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class T>
int three_way(const T& left, const T& right) {
  return left < right ? -1 : right < left ? 1 : 0;
}

std::size_t digits_from(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

// Digits by their number and then their value, the rest byte by byte, which is UTF-8's order too.
int natural_order(std::string_view left, std::string_view right) {
  std::size_t l = 0, r = 0;
  while (l < left.size() && r < right.size()) {
    const std::size_t left_digits = digits_from(left, l), right_digits = digits_from(right, r);
    const bool both = left_digits > 0 && right_digits > 0;
    if (both && left_digits != right_digits) return three_way(left_digits, right_digits);
    const std::size_t length = both ? left_digits : 1;
    if (const int order = left.substr(l, length).compare(right.substr(r, length))) return order;
    l += length;
    r += length;
  }
  return three_way(left.size() - l, right.size() - r);
}

}  // namespace

const Value& value_of(const Row& row, std::string_view field) {
  static const Value null;
  const auto found = row.find(field);
  return found == row.end() ? null : found->second;
}

std::optional<double> number_of(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  const auto* text = std::get_if<std::string>(&value);
  if (!text || !std::all_of(text->begin(), text->end(),
                            [](char c) { return is_digit(c) || c == '-' || c == '.'; }))
    return std::nullopt;
  double number = 0;
  const char* const end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return number;
}

std::string text_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const auto* number = std::get_if<double>(&value);
  if (!number) return {};
  std::array<char, 1100> text{};  // the smallest double has 1,077 characters
  const auto written =
      std::to_chars(text.data(), text.data() + text.size(), *number, std::chars_format::fixed);
  return {text.data(), written.ptr};
}

int sort_order(const Value& left, const Value& right) {
  if (is_null(left) || is_null(right)) return three_way(!is_null(left), !is_null(right));
  const auto left_number = number_of(left), right_number = number_of(right);
  if (left_number && right_number) return three_way(*left_number, *right_number);
  if (left_number || right_number) return left_number ? 1 : -1;
  return natural_order(text_of(left), text_of(right));
}

bool holds(const Value& left, Comparison comparison, const Value& right) {
  if (is_null(left) || is_null(right)) return false;
  const bool texts =
      std::holds_alternative<std::string>(left) && std::holds_alternative<std::string>(right);
  const bool equality = comparison == Comparison::equal || comparison == Comparison::not_equal;
  const auto left_number = number_of(left), right_number = number_of(right);
  const bool numbers = left_number && right_number && !(texts && equality);
  // A number and a text that is none are different, and neither is the greater one.
  if (!numbers && !texts) return comparison == Comparison::not_equal;
  const int order =
      numbers ? three_way(*left_number, *right_number) : three_way(text_of(left), text_of(right));
  switch (comparison) {
    case Comparison::equal: return order == 0;
    case Comparison::not_equal: return order != 0;
    case Comparison::less: return order < 0;
    case Comparison::less_or_equal: return order <= 0;
    case Comparison::greater: return order > 0;
    case Comparison::greater_or_equal: return order >= 0;
  }
  return false;
}

}  // namespace sotto::testing::insights
