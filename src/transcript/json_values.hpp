#pragma once

#include <simdjson.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "base/text_arena.hpp"
#include "transcript/json_cursor.hpp"

namespace sotto::transcript {

// As ==, but of a known length, which compiles to one comparison.
template <std::size_t N>
bool is_word(std::string_view token, const char (&word)[N]) {
  return token.size() == N - 1 && std::memcmp(token.data(), word, N - 1) == 0;
}

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number that eight digits are, the first in the lowest byte. Three steps join pairs: digits,
// twos, fours (D. Lemire, "Quickly parsing eight digits", 2018).
inline std::uint64_t eight_digits(std::uint64_t text) {
  text = (text & 0x0f0f0f0f0f0f0f0f) * (1 + (10u << 8)) >> 8;
  text = (text & 0x00ff00ff00ff00ff) * (1 + (100u << 16)) >> 16;
  return (text & 0x0000ffff0000ffff) * (1 + (std::uint64_t{10'000} << 32)) >> 32;
}

inline bool are_digits(std::uint64_t text) {
  return ((text & (text + 0x0606060606060606)) & 0xf0f0f0f0f0f0f0f0) == 0x3030303030303030;
}

// "12.345" as 12345, without a loop, where it has at most eight characters, a point, and one to
// three digits behind it. Eight bytes from its first on may be read.
inline std::optional<milliseconds> short_seconds(std::string_view token) {
  static constexpr std::array<std::uint64_t, 4> unit{0, 100, 10, 1};
  constexpr std::uint64_t low = 0x0101010101010101, zeros = 0x30 * low;
  if (token.size() < 3 || token.size() > 8) return std::nullopt;
  std::uint64_t text = 0;
  std::memcpy(&text, token.data(), sizeof text);
  const auto unused = 8 * (8 - token.size());  // bits, to be filled with zeros in front
  text = text << unused | (unused == 0 ? 0 : zeros >> (64 - unused));
  const std::uint64_t points = text ^ '.' * low;
  const std::uint64_t first_point = (points - low) & ~points & 0x80 * low;
  const auto before = static_cast<std::size_t>(std::countr_zero(first_point)) & ~std::size_t{7};
  const std::size_t decimals = 7 - before / 8;
  if (first_point == 0 || decimals - 1 > 2 || token.front() == '.') return std::nullopt;
  if (token[0] == '0' && token[1] != '.') return std::nullopt;
  const std::uint64_t seconds = text & ((std::uint64_t{1} << before) - 1);
  text = (text >> before >> 8 << before << 8) | seconds << 8 | 0x30;
  if (!are_digits(text)) return std::nullopt;
  return milliseconds{static_cast<milliseconds::rep>(eight_digits(text) * unit[decimals])};
}

/// Reads the values of members: each function takes the place of a value and gives the place behind
/// it. A null value leaves `out` alone, a wrong type is an error that names the member. Texts view
/// the JSON itself, or, where they have escapes, memory that is kept until begin(). Not
/// thread-safe.
class JsonValues {
 public:
  /// Begins with another message, all of it; eight bytes behind it may be read. Where it has no
  /// escape, no string is looked through for one.
  void begin(std::string_view json) {
    escapes_ = std::memchr(json.data(), '\\', json.size()) != nullptr;
    field_ = expected_ = nullptr;
    unescaped_.clear();
  }

  JsonCursor text(JsonCursor at, const char* name, std::string_view& out) {
    const std::string_view token = at.token();
    if (token.size() >= 2 && token.front() == '"' && token.back() == '"') {
      out = token.substr(1, token.size() - 2);
      if (escapes_ && out.find('\\') != std::string_view::npos) unescape(token, name, out);
    } else if (!is_word(token, "null")) {
      mark(name, "a string");
    }
    return at.next();
  }

  JsonCursor time(JsonCursor at, const char* name, SessionTime& out) {
    const std::string_view token = at.token();
    if (std::endian::native == std::endian::little) {
      if (const auto ms = short_seconds(token)) {
        out = SessionTime{*ms};
        return at.next();
      }
    }
    any_time(token, name, out);
    return at.next();
  }

  /// `out` and `known` say what there is; null is neither.
  JsonCursor flag(JsonCursor at, const char* name, bool& out, bool& known) {
    const std::string_view token = at.token();
    out = is_word(token, "true");
    known = out || is_word(token, "false");
    if (!known && !is_word(token, "null")) mark(name, "true or false");
    return at.next();
  }

  /// From 0 to `most`.
  JsonCursor number(JsonCursor at, const char* name, const char* expected, double most,
                    std::optional<double>& out) {
    any_number(at.token(), name, expected, most, out);
    return at.next();
  }

  /// Transcribe's streams have a number here, its files ("batch") the same as a string.
  JsonCursor confidence(JsonCursor at, std::optional<float>& out);

  /// Notes the first error; `expected` completes "must be".
  void mark(const char* field, const char* expected) {
    if (!field_) field_ = field, expected_ = expected;
  }
  bool failed() const { return field_ != nullptr; }
  const char* field() const { return field_; }
  const char* expected() const { return expected_; }

 private:
  static constexpr milliseconds max_time{10'000'000'000};

  void any_time(std::string_view token, const char* name, SessionTime& out);
  void any_number(std::string_view token, const char* name, const char* expected, double most,
                  std::optional<double>& out);
  void unescape(std::string_view token, const char* name, std::string_view& out);
  std::optional<double> parse(std::string_view token);

  bool escapes_ = true;
  const char* field_ = nullptr;
  const char* expected_ = nullptr;
  simdjson::ondemand::parser one_value_;  // for what is rare: escapes, and numbers of many digits
  TextArena unescaped_;
};

}  // namespace sotto::transcript
