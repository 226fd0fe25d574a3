#include "rollout/flag.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>

namespace sotto::rollout {

namespace {

std::string text_of(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "not a number" : "infinite";
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

template <class... Parts>
tl::unexpected<Error> wrong(std::string field, const Parts&... parts) {
  std::string message = field;
  ((message += parts), ...);
  return fail(ErrorCode::invalid_argument, std::move(message), std::move(field));
}

bool word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

bool is_word(std::string_view text, std::size_t max_size) {
  return !text.empty() && text.size() <= max_size &&
         std::all_of(text.begin(), text.end(), word_character);
}

bool same_session(const Override& a, const Override& b) { return a.session_id == b.session_id; }

// Whether it begins with a word in any case.
bool begins_with(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
}

Result<> validate_overrides(const std::vector<Override>& overrides) {
  if (overrides.size() > max_overrides)
    return wrong("overrides", " has ", std::to_string(overrides.size()), " entries, may have ",
                 std::to_string(max_overrides));
  for (auto it = overrides.begin(); it != overrides.end(); ++it) {
    if (auto id = validate_session_id(it->session_id); !id)
      return wrong("overrides", ": ", id.error().message);
    if (std::any_of(std::next(it), overrides.end(),
                    [&](const Override& other) { return same_session(*it, other); }))
      return wrong("overrides", " has ", it->session_id, " twice");
  }
  return {};
}

}  // namespace

Result<Flag> validate(Flag flag) {
  if (flag.rollout_percentage < 0 || flag.rollout_percentage > 100)
    return wrong("rollout_percentage", " is ", std::to_string(flag.rollout_percentage),
                 ", must be a whole number from 0 to 100");
  if (flag.control_percentage < 0 || flag.control_percentage > 50)
    return wrong("control_percentage", " is ", std::to_string(flag.control_percentage),
                 ", must be a whole number from 0 to 50");
  if (!(flag.min_stability_threshold >= 0.70 && flag.min_stability_threshold <= 0.95))
    return wrong("min_stability_threshold", " is ", text_of(flag.min_stability_threshold),
                 ", must be from 0.7 to 0.95");
  if (flag.max_buffer_timeout < milliseconds{2000} || flag.max_buffer_timeout > milliseconds{10000})
    return wrong("max_buffer_timeout", " is ", text_of(to_seconds(flag.max_buffer_timeout)),
                 ", must be from 2 to 10 seconds");
  if (!flag.salt.empty() && !is_word(flag.salt, 64))
    return wrong("salt", " must be at most 64 letters, digits and - _ .");
  if (auto overrides = validate_overrides(flag.overrides); !overrides)
    return tl::unexpected(overrides.error());
  return flag;
}

int canary_share(const Flag& flag) {
  return std::min(flag.rollout_percentage, 100 - flag.control_percentage);
}

const Override* find_override(const Flag& flag, std::string_view session_id, UtcTime now) {
  for (const Override& known : flag.overrides)
    if (known.session_id == session_id && now < known.expires_at) return &known;
  return nullptr;
}

Result<std::string> validate_session_id(std::string session_id) {
  if (is_word(session_id, 64)) return session_id;
  return fail(ErrorCode::invalid_argument,
              "session_id must be 1 to 64 letters, digits and - _ . such as golden-eagle-427",
              "session_id");
}

Result<std::string> validate_parameter_name(std::string name) {
  constexpr std::size_t max_levels = 15, max_size = 1011;
  const auto refuse = [](const std::string& why) {
    return wrong("parameter_name", " ", why, ", such as ", std::string(default_parameter_name));
  };
  if (name.empty() || name.size() > max_size || name.front() != '/')
    return refuse("must begin with / and have at most 1011 characters");
  if (begins_with(name.substr(1), "aws") || begins_with(name.substr(1), "ssm"))
    return refuse("must not begin with /aws or /ssm");
  std::size_t levels = 0;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find('/', at + 1), name.size());
    const std::string_view part = std::string_view(name).substr(at + 1, end - at - 1);
    // "." and ".." are no names where parameters are files
    if (!is_word(part, max_size) || part == "." || part == ".." || ++levels > max_levels)
      return refuse("must be one to fifteen parts of letters, digits and . - _ after a / each");
    at = end;
  }
  return name;
}

}  // namespace sotto::rollout
