#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>
#include <sstream>
#include <vector>

#include "rollout/flag.hpp"

namespace sotto::rollout {

namespace {

namespace dom = simdjson::dom;

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

Result<> read_percentage(const dom::element& value, Flag& flag) {
  const std::string range = "a whole number from 0 to 100";
  const auto number = read_number("rollout_percentage", value, range);
  if (!number) return tl::unexpected(number.error());
  if (!(*number >= 0 && *number <= 100) || *number != std::floor(*number))
    return wrong("rollout_percentage", "is " + shown(value) + ", must be " + range);
  flag.rollout_percentage = static_cast<int>(*number);
  return {};
}

Result<> read_threshold(const dom::element& value, Flag& flag) {
  return read_number("min_stability_threshold", value, "from 0.7 to 0.95").map([&](double number) {
    flag.min_stability_threshold = number;
  });
}

Result<> read_timeout(const dom::element& value, Flag& flag) {
  const std::string range = "from 2 to 10 seconds";
  const auto number = read_number("max_buffer_timeout", value, range);
  if (!number) return tl::unexpected(number.error());
  if (!(*number >= 2 && *number <= 10))
    return wrong("max_buffer_timeout", "is " + shown(value) + ", must be " + range);
  flag.max_buffer_timeout = milliseconds{std::llround(*number * 1000)};
  return {};
}

Result<> read_override(std::string_view session_id, const dom::element& value, Flag& flag) {
  Override read;
  read.session_id = session_id;
  if (!value.is_object())
    return wrong("overrides", "has " + shown(value) + ", must be an object for each session");
  bool has_enabled = false, has_expiry = false;
  for (const auto [name, member] : value.get_object()) {
    if (name == "enabled") {
      const auto enabled = read_bool("overrides", member);
      if (!enabled) return tl::unexpected(enabled.error());
      read.enabled = *enabled;
      has_enabled = true;
    } else if (name == "expires_at") {
      const auto text = read_text("overrides", member);
      if (!text) return tl::unexpected(text.error());
      const auto time = parse_utc(*text);
      if (!time) return wrong("overrides", "expire at a time: " + time.error().message);
      read.expires_at = *time;
      has_expiry = true;
    } else {
      return wrong("overrides", "have enabled and expires_at, not " + std::string(name));
    }
  }
  if (!has_enabled || !has_expiry) return wrong("overrides", "need enabled and expires_at each");
  flag.overrides.push_back(std::move(read));
  return {};
}

Result<> read_overrides(const dom::element& value, Flag& flag) {
  if (!value.is_object())
    return wrong("overrides", "is " + shown(value) + ", must be an object by session id");
  for (const auto [session_id, member] : value.get_object())
    if (auto read = read_override(session_id, member, flag); !read) return read;
  return {};
}

Result<> read_member(std::string_view name, const dom::element& value, Flag& flag) {
  if (name == "enabled")
    return read_bool("enabled", value).map([&](bool enabled) { flag.enabled = enabled; });
  if (name == "rollout_percentage") return read_percentage(value, flag);
  if (name == "min_stability_threshold") return read_threshold(value, flag);
  if (name == "max_buffer_timeout") return read_timeout(value, flag);
  if (name == "salt")
    return read_text("salt", value).map([&](std::string salt) { flag.salt = std::move(salt); });
  if (name == "overrides") return read_overrides(value, flag);
  flag.extra.push_back({std::string(name), json_of(value)});
  return {};
}

std::string number(double value) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  std::string result(text.data(), end.ptr);
  // 5.0 as the guide writes it, so that no reader takes it for a whole number's type
  return result.find_first_of(".e") == std::string::npos ? result + ".0" : result;
}

}  // namespace

Result<Flag> parse_flag(std::string_view document) {
  if (document.size() > max_document_bytes)
    return fail(ErrorCode::invalid_argument,
                "the document has " + std::to_string(document.size()) + " bytes, may have " +
                    std::to_string(max_document_bytes),
                "document");
  dom::parser parser;
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
  Flag flag;
  bool has_enabled = false, has_percentage = false;
  for (const auto [name, value] : root.get_object()) {
    if (auto read = read_member(name, value, flag); !read) return tl::unexpected(read.error());
    has_enabled = has_enabled || name == "enabled";
    has_percentage = has_percentage || name == "rollout_percentage";
  }
  if (!has_enabled) return wrong("enabled", "is missing, must be true or false");
  if (flag.enabled && !has_percentage)
    return wrong("rollout_percentage", "is missing, must be a whole number from 0 to 100");
  return validate(std::move(flag));
}

std::string to_document(const Flag& flag) {
  std::string text = "{\"enabled\":";
  text += flag.enabled ? "true" : "false";
  text += ",\"rollout_percentage\":" + std::to_string(flag.rollout_percentage);
  text += ",\"min_stability_threshold\":" + number(flag.min_stability_threshold);
  text += ",\"max_buffer_timeout\":" + number(to_seconds(flag.max_buffer_timeout));
  if (!flag.salt.empty()) text += ",\"salt\":" + escaped(flag.salt);
  if (!flag.overrides.empty()) {
    text += ",\"overrides\":{";
    for (const Override& known : flag.overrides) {
      if (&known != &flag.overrides.front()) text += ',';
      text += escaped(known.session_id) + ":{\"enabled\":" + (known.enabled ? "true" : "false") +
              ",\"expires_at\":" + escaped(format_utc(known.expires_at)) + '}';
    }
    text += '}';
  }
  for (const ExtraMember& member : flag.extra)
    text += ',' + escaped(member.name) + ':' + member.json;
  return text += '}';
}

}  // namespace sotto::rollout
