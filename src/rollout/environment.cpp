#include "rollout/environment.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace sotto::rollout {

namespace {

tl::unexpected<Error> wrong(const std::string& field, const std::string& value,
                            const std::string& range) {
  return fail(ErrorCode::invalid_argument,
              field + " is \"" + value.substr(0, 40) + "\", must be " + range, field);
}

// The variable's text, or nothing.
std::optional<std::string> text_of(const Variables& variables, const char* name) {
  const char* value = variables(name);
  if (!value || *value == '\0') return std::nullopt;
  return value;
}

// Reads a variable into `target` with `parse`; true when it is set.
template <class T, class Parse>
Result<bool> read(const Variables& variables, const char* name, T& target, const Parse& parse) {
  const auto text = text_of(variables, name);
  if (!text) return false;
  auto value = parse(*text, name);
  if (!value) return tl::unexpected(value.error());
  target = std::move(*value);
  return true;
}

Result<milliseconds> parse_timeout(const std::string& text, const std::string& field) {
  const auto seconds = parse_number(text, field);
  if (!seconds || !(*seconds >= 2 && *seconds <= 10))
    return wrong(field, text, "from 2 to 10 seconds");
  return milliseconds{std::llround(*seconds * 1000)};
}

Result<double> parse_threshold(const std::string& text, const std::string& field) {
  const auto threshold = parse_number(text, field);
  if (!threshold || !(*threshold >= 0.70 && *threshold <= 0.95))
    return wrong(field, text, "from 0.7 to 0.95");
  return threshold;
}

Result<std::chrono::seconds> parse_ttl(const std::string& text, const std::string& field) {
  const auto seconds = parse_number(text, field);
  if (!seconds || !(*seconds >= 1 && *seconds <= 3600))
    return wrong(field, text, "from 1 to 3600 seconds");
  return std::chrono::seconds{std::llround(*seconds)};
}

Result<std::string> parse_name(const std::string& text, const std::string& field) {
  auto name = validate_parameter_name(text);
  if (!name) return fail(ErrorCode::invalid_argument, field + ": " + name.error().message, field);
  return name;
}

}  // namespace

Result<bool> parse_switch(const std::string& text, const std::string& field) {
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  if (lower == "true" || lower == "1") return true;
  if (lower == "false" || lower == "0") return false;
  return wrong(field, text, "true or false");
}

Result<int> parse_percentage(const std::string& text, const std::string& field) {
  int value = -1;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end || value < 0 || value > 100)
    return wrong(field, text, "a whole number from 0 to 100");
  return value;
}

Result<double> parse_number(const std::string& text, const std::string& field) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end || !std::isfinite(value))
    return wrong(field, text, "a number");
  return value;
}

Result<Environment> read_environment(const Variables& variables) {
  Environment environment;
  Flag flag;
  flag.rollout_percentage = 100;
  const auto enabled = read(variables, "PARTIAL_RESULTS_ENABLED", flag.enabled, parse_switch);
  const auto percentage =
      read(variables, "ROLLOUT_PERCENTAGE", flag.rollout_percentage, parse_percentage);
  const auto threshold =
      read(variables, "MIN_STABILITY_THRESHOLD", flag.min_stability_threshold, parse_threshold);
  const auto timeout =
      read(variables, "MAX_BUFFER_TIMEOUT", flag.max_buffer_timeout, parse_timeout);
  const auto name =
      read(variables, "FEATURE_FLAG_PARAMETER_NAME", environment.parameter_name, parse_name);
  const auto ttl = read(variables, "FEATURE_FLAG_CACHE_TTL", environment.cache_ttl, parse_ttl);
  for (const auto* variable : {&enabled, &percentage, &threshold, &timeout, &name, &ttl})
    if (!*variable) return tl::unexpected(variable->error());
  environment.off = !flag.enabled;
  if (*enabled || *percentage) environment.flag = std::move(flag);
  return environment;
}

}  // namespace sotto::rollout
