#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/session_time.hpp"

namespace sotto {

/// A moment of the calendar, in UTC. Whoever needs the current one is given it.
using UtcTime = std::chrono::sys_time<milliseconds>;

/// As `2026-01-31T12:00:00.000Z` (RFC 3339); for years 0 to 9999.
std::string format_utc(UtcTime time);

/// Reads RFC 3339 in UTC: `2026-01-31T12:00:00Z`, with up to nine digits of a second's fraction
/// (what is finer than a millisecond is cut). Errors: `invalid_argument`, without a field.
Result<UtcTime> parse_utc(std::string_view text);

}  // namespace sotto
