#include "json/text.hpp"

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

namespace sotto::json {

namespace {

void append_number(double number, std::string& out) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), end);
}

void append(const boost::json::value& value, std::string& out) {
  if (const auto* object = value.if_object()) {
    char separator = '{';
    for (const auto& member : *object) {
      out += separator;
      out += boost::json::serialize(member.key());
      out += ':';
      append(member.value(), out);
      separator = ',';
    }
    out += separator == '{' ? "{}" : "}";
  } else if (const auto* array = value.if_array()) {
    char separator = '[';
    for (const auto& element : *array) {
      out += separator;
      append(element, out);
      separator = ',';
    }
    out += separator == '[' ? "[]" : "]";
  } else if (const auto* number = value.if_double()) {
    append_number(*number, out);
  } else {
    out += boost::json::serialize(value);
  }
}

}  // namespace

std::string to_text(const boost::json::value& value) {
  std::string out;
  append(value, out);
  return out;
}

}  // namespace sotto::json
