#include "rollout/json_document.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <sstream>
#include <vector>

namespace sotto::rollout {

namespace {

// The first name that an object of the document has twice, or nothing. A document is small, so all
// pairs are compared.
std::string twice(const dom::element& element) {
  std::string found;
  if (element.is_array()) {
    for (const dom::element child : element.get_array())
      if (found = twice(child); !found.empty()) return found;
  } else if (element.is_object()) {
    std::vector<std::string_view> names;
    for (const auto [name, child] : element.get_object()) {
      for (const std::string_view known : names)
        if (known == name) return name.empty() ? std::string("\"\"") : std::string(name);
      names.push_back(name);
      if (found = twice(child); !found.empty()) return found;
    }
  }
  return found;
}

}  // namespace

tl::unexpected<Error> wrong(const std::string& field, const std::string& message) {
  return fail(ErrorCode::invalid_argument, field + " " + message, field);
}

std::string json_of(const dom::element& element) {
  std::ostringstream text;
  text << element;
  return text.str();
}

// What a value is, short enough for a message.
std::string shown(const dom::element& element) {
  std::string text = json_of(element);
  if (text.size() > 40) text = text.substr(0, 37) + "...";
  return text;
}

std::string escaped(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr std::string_view digits = "0123456789abcdef";
      result += "\\u00";
      result += digits[static_cast<unsigned char>(c) >> 4U];
      result += digits[static_cast<unsigned char>(c) & 0xFU];
    } else {
      result += c;
    }
  }
  return result += '"';
}

Result<dom::object> parse_object(dom::parser& parser, std::string_view document,
                                 std::size_t max_bytes) {
  if (document.size() > max_bytes)
    return fail(ErrorCode::invalid_argument,
                "the document has " + std::to_string(document.size()) + " bytes, may have " +
                    std::to_string(max_bytes),
                "document");
  dom::element root;
  if (const auto error = parser.parse(document.data(), document.size()).get(root))
    return fail(ErrorCode::invalid_argument,
                std::string("the document is not valid JSON: ") + simdjson::error_message(error),
                "document");
  if (!root.is_object())
    return fail(ErrorCode::invalid_argument,
                "the document is " + shown(root) + ", must be a JSON object", "document");
  if (const std::string name = twice(root); !name.empty())
    return wrong(name, "is there twice; say it once");
  return dom::object(root.get_object());
}

Result<bool> read_bool(const std::string& name, const dom::element& value) {
  if (!value.is_bool()) return wrong(name, "is " + shown(value) + ", must be true or false");
  return bool(value);
}

Result<double> read_number(const std::string& name, const dom::element& value,
                           const std::string& range) {
  if (!value.is_number()) return wrong(name, "is " + shown(value) + ", must be " + range);
  return double(value.get_double());
}

Result<std::string> read_text(const std::string& name, const dom::element& value) {
  if (!value.is_string()) return wrong(name, "is " + shown(value) + ", must be a text");
  return std::string(std::string_view(value));
}

Result<std::int64_t> read_whole(const std::string& name, const dom::element& value,
                                std::int64_t least, std::int64_t most) {
  const std::string range =
      "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  const auto number = read_number(name, value, range);
  if (!number) return tl::unexpected(number.error());
  if (!(*number >= static_cast<double>(least) && *number <= static_cast<double>(most)) ||
      *number != std::floor(*number))
    return wrong(name, "is " + shown(value) + ", must be " + range);
  return static_cast<std::int64_t>(*number);
}

std::string number(double value) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  std::string result(text.data(), end.ptr);
  // 5.0 as the guide writes it, so that no reader takes it for a whole number's type
  return result.find_first_of(".e") == std::string::npos ? result + ".0" : result;
}

}  // namespace sotto::rollout
