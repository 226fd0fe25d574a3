#include "transcript/json_values.hpp"

namespace sotto::transcript {

namespace {

// "12.345" as 12345; nothing where it is written otherwise or has more than nine digits before the
// point or three behind it, which the general way then reads.
std::optional<milliseconds> plain_seconds(std::string_view token) {
  std::size_t at = 0;
  std::int64_t ms = 0;
  while (at < token.size() && at < 10 && is_digit(token[at])) ms = ms * 10 + (token[at++] - '0');
  if (at == 0 || at > 9 || (token[0] == '0' && at > 1)) return std::nullopt;
  ms *= 1000;
  if (at == token.size()) return milliseconds{ms};
  if (token[at++] != '.' || at == token.size()) return std::nullopt;
  for (std::int64_t unit = 100; at < token.size() && is_digit(token[at]); ++at, unit /= 10) {
    if (unit == 0) return std::nullopt;
    ms += unit * (token[at] - '0');
  }
  return at == token.size() ? std::optional(milliseconds{ms}) : std::nullopt;
}

// "0.9876" as it is written, "1234" too; nothing where it is written otherwise or has more than 15
// digits. Up to there digits and power of ten are doubles without error, so that the division is
// the number rounded once (W. Clinger, "How to read floating point numbers accurately", 1990).
std::optional<double> plain_number(std::string_view token) {
  constexpr std::size_t most_digits = 15;
  std::uint64_t digits = 0;
  double unit = 1;
  std::size_t at = 0;
  while (at < token.size() && at < most_digits && is_digit(token[at]))
    digits = digits * 10 + static_cast<std::uint64_t>(token[at++] - '0');
  if (at == 0 || (token[0] == '0' && at > 1)) return std::nullopt;
  if (at == token.size()) return static_cast<double>(digits);
  if (token[at++] != '.' || at == token.size()) return std::nullopt;
  for (; at < token.size() && at <= most_digits && is_digit(token[at]); ++at, unit *= 10)
    digits = digits * 10 + static_cast<std::uint64_t>(token[at] - '0');
  return at == token.size() ? std::optional(static_cast<double>(digits) / unit) : std::nullopt;
}

}  // namespace

void JsonValues::any_time(std::string_view token, const char* name, SessionTime& out) {
  if (const auto ms = plain_seconds(token); ms && *ms <= max_time) {
    out = SessionTime{*ms};
    return;
  }
  if (is_word(token, "null")) return;
  const auto seconds = parse(token);
  if (!seconds || !(*seconds >= 0 && *seconds <= to_seconds(max_time)))
    return mark(name, "seconds from 0 to 10000000");
  out = SessionTime{milliseconds{std::llround(*seconds * 1000)}};
}

void JsonValues::any_number(std::string_view token, const char* name, const char* expected,
                            double most, std::optional<double>& out) {
  if (is_word(token, "null")) return;
  auto read = plain_number(token);
  if (!read) read = parse(token);
  if (!read || !(*read >= 0 && *read <= most)) return mark(name, expected);
  out = read;
}

JsonCursor JsonValues::confidence(JsonCursor at, std::optional<float>& out) {
  constexpr const char *name = "Confidence", *expected = "a number from 0 to 1";
  std::string_view token = at.token();
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') {
    std::optional<double> read;
    any_number(token, name, expected, 1, read);
    if (read) out = static_cast<float>(*read);
    return at.next();
  }
  token = token.substr(1, token.size() - 2);
  float read = -1;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), read);
  if (error == std::errc() && end == token.data() + token.size() && read >= 0 && read <= 1) {
    out = read;
  } else {
    mark(name, expected);
  }
  return at.next();
}

// A token is a JSON text of its own, with the rest of the message for padding.
std::optional<double> JsonValues::parse(std::string_view token) {
  simdjson::ondemand::document document;
  double read = 0;
  const simdjson::padded_string_view padded(token.data(), token.size(),
                                            token.size() + simdjson::SIMDJSON_PADDING);
  if (one_value_.iterate(padded).get(document) || document.get_double().get(read))
    return std::nullopt;
  return read;
}

void JsonValues::unescape(std::string_view token, const char* name, std::string_view& out) {
  simdjson::ondemand::document document;
  std::string_view read;
  const simdjson::padded_string_view padded(token.data(), token.size(),
                                            token.size() + simdjson::SIMDJSON_PADDING);
  if (one_value_.iterate(padded).get(document) || document.get_string().get(read))
    return mark(name, "a string");
  out = unescaped_.store(read);
}

}  // namespace sotto::transcript
