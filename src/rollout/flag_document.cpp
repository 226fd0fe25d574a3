#include <cmath>
#include <vector>

#include "rollout/flag.hpp"
#include "rollout/json_document.hpp"

namespace sotto::rollout {

namespace {

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
  if (name == "rollout_percentage")
    return read_whole("rollout_percentage", value, 0, 100).map([&](auto number) {
      flag.rollout_percentage = static_cast<int>(number);
    });
  if (name == "control_percentage")
    return read_whole("control_percentage", value, 0, 50).map([&](auto number) {
      flag.control_percentage = static_cast<int>(number);
    });
  if (name == "recall_live" || name == "a_a")
    return read_bool(std::string(name), value).map([&](bool on) {
      (name == "a_a" ? flag.a_a : flag.recall_live) = on;
    });
  if (name == "min_stability_threshold") return read_threshold(value, flag);
  if (name == "max_buffer_timeout") return read_timeout(value, flag);
  if (name == "salt")
    return read_text("salt", value).map([&](std::string salt) { flag.salt = std::move(salt); });
  if (name == "overrides") return read_overrides(value, flag);
  flag.extra.push_back({std::string(name), json_of(value)});
  return {};
}

}  // namespace

Result<Flag> parse_flag(std::string_view document) {
  dom::parser parser;
  const auto root = parse_object(parser, document, max_document_bytes);
  if (!root) return tl::unexpected(root.error());
  Flag flag;
  bool has_enabled = false, has_percentage = false;
  for (const auto [name, value] : *root) {
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
  if (flag.control_percentage > 0)
    text += ",\"control_percentage\":" + std::to_string(flag.control_percentage);
  if (flag.recall_live) text += ",\"recall_live\":true";
  if (flag.a_a) text += ",\"a_a\":true";
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
