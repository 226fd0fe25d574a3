#include "base/utc_time.hpp"

#include <array>
#include <cstdio>

namespace sotto {

namespace chrono = std::chrono;

namespace {

// The number in `text` at `at`, exactly `digits` long; -1 for anything else.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  if (at + digits > text.size()) return -1;
  for (const char c : text.substr(at, digits)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

// ".123456Z" → 123; "Z" → 0; -1 for anything else.
int milliseconds_of(std::string_view rest) {
  if (rest == "Z") return 0;
  if (rest.size() < 3 || rest.size() > 11 || rest.front() != '.' || rest.back() != 'Z') return -1;
  rest = rest.substr(1, rest.size() - 2);
  int value = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] < '0' || rest[i] > '9') return -1;
    if (i < 3) value = value * 10 + (rest[i] - '0');
  }
  for (std::size_t i = rest.size(); i < 3; ++i) value *= 10;
  return value;
}

}  // namespace

std::string format_utc(UtcTime time) {
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

Result<UtcTime> parse_utc(std::string_view text) {
  const auto wrong = [&] {
    return fail(ErrorCode::invalid_argument, "\"" + std::string(text.substr(0, 40)) +
                                                 "\" is not a time such as 2026-01-31T12:00:00Z");
  };
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':')
    return wrong();
  const int year = number_at(text, 0, 4), month = number_at(text, 5, 2),
            day = number_at(text, 8, 2);
  const int hour = number_at(text, 11, 2), minute = number_at(text, 14, 2),
            second = number_at(text, 17, 2), fraction = milliseconds_of(text.substr(19));
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0 || fraction < 0)
    return wrong();
  const chrono::year_month_day date{chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return wrong();
  return UtcTime{chrono::sys_days(date)} + chrono::hours(hour) + chrono::minutes(minute) +
         chrono::seconds(second) + milliseconds(fraction);
}

}  // namespace sotto
