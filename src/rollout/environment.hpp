#pragma once

#include <functional>
#include <optional>
#include <string>

#include "rollout/flag.hpp"

namespace sotto::rollout {

/// What the environment says of the flag; nothing where its variable is not set.
struct Environment {
  bool off = false;  ///< PARTIAL_RESULTS_ENABLED is false

  /// The flag where no store can be read: from PARTIAL_RESULTS_ENABLED, ROLLOUT_PERCENTAGE (100
  /// where only the first is set, as in the guide), MIN_STABILITY_THRESHOLD and MAX_BUFFER_TIMEOUT.
  /// Nothing when neither of the first two is set: thresholds alone switch nothing on.
  std::optional<Flag> flag;

  std::string parameter_name{default_parameter_name};  ///< FEATURE_FLAG_PARAMETER_NAME
  std::chrono::seconds cache_ttl{60};                  ///< FEATURE_FLAG_CACHE_TTL, 1–3600 s
};

/// Gives a variable's value, or null.
using Variables = std::function<const char*(const char* name)>;

/// Reads the environment; an empty variable counts as not set. Errors: `invalid_argument` naming
/// the variable, its value and its range.
Result<Environment> read_environment(const Variables& variables);

/// Reads `true` or `false` in any case, or `1` or `0`. Errors: `invalid_argument` naming `field`.
Result<bool> parse_switch(const std::string& text, const std::string& field);

/// Reads a percentage. Errors: `invalid_argument` naming `field`.
Result<int> parse_percentage(const std::string& text, const std::string& field);

/// Reads a number, finite and written out (`0.9`, `5`). Errors: `invalid_argument` naming `field`.
Result<double> parse_number(const std::string& text, const std::string& field);

}  // namespace sotto::rollout
