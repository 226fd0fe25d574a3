#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rollout/flag.hpp"

namespace sotto::rollout {

/// Removes a session's override.
struct ClearOverride {
  std::string session_id;
};

/// An operator's change; members without a value stay as they are.
struct FlagEdit {
  std::optional<bool> enabled;
  std::optional<int> rollout_percentage;
  std::optional<double> min_stability_threshold;
  std::optional<milliseconds> max_buffer_timeout;
  std::optional<std::string> salt;
  std::optional<int> control_percentage;                         ///< with a percentage alone: none
  std::optional<bool> recall_live, a_a;                          ///< with a percentage alone: no
  std::optional<std::variant<Override, ClearOverride>> session;  ///< one session's override
};

/// Whether the edit says nothing at all.
bool empty(const FlagEdit& edit);

/// The flag with the edit; overrides that have expired at `now` go. Errors: those of validate(),
/// and `not_found` for clearing an override that is not there.
Result<Flag> apply(const FlagEdit& edit, Flag flag, UtcTime now);

/// One member that differs, as JSON texts; an empty text: it is not there.
struct Difference {
  std::string field;
  std::string before;
  std::string after;
  friend bool operator==(const Difference&, const Difference&) = default;
};

/// What differs between two flags, in the order of the document; an override as
/// `overrides.SESSION`.
std::vector<Difference> differences(const Flag& before, const Flag& after);

/// The differences in a line, `rollout_percentage 10 → 50, enabled true → false`; "no change" for
/// none.
std::string to_line(const std::vector<Difference>& differences);

/// Whom a change gives partial results who do not get them before it, as the end of a sentence with
/// the change as its subject: "switches partial results ON again, for 30 % of new sessions",
/// "raises partial results from 10 % to 50 % of new sessions". Empty where it gives them to nobody,
/// such as a switch off, a smaller percentage or other thresholds.
std::string switches_on(const Flag& before, const Flag& after);

}  // namespace sotto::rollout
