#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/result.hpp"

namespace sotto::telemetry {

enum class Level : unsigned char { debug, info, warning, error };

/// The level named `debug`, `info`, `warning` or `error` in any case; `invalid_argument` otherwise.
Result<Level> parse_level(std::string_view name);

/// A member of a log line beside timestamp, level and message.
using Field = std::pair<std::string_view, std::variant<std::string_view, double, bool>>;

/// Writes log lines, each one JSON object: `timestamp` (ISO 8601, UTC), `level`, `message`, then
/// the fields. Text of a session may be a field of DEBUG lines only. Thread-safe.
class Log {
 public:
  /// `write` gets whole lines without their line break, from any thread, one at a time. `timestamp`
  /// gives the current one.
  Log(Level lowest, std::function<void(const std::string& line)> write,
      std::function<std::string()> timestamp);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(Level level, std::string_view message, std::initializer_list<Field> fields = {}) const;

  /// Whether lines of this level are written.
  bool writes(Level level) const;

  /// The same, with fields first that all lines of one source have.
  void write(Level level, std::string_view message, std::initializer_list<Field> first,
             std::initializer_list<Field> fields) const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

/// The current time of day as `2026-01-31T12:00:00.000Z`.
std::string utc_timestamp();

}  // namespace sotto::telemetry
