#pragma once

#include <cstdint>
#include <string_view>

namespace sotto::rollout {

/// Why a session has partial results on or off.
enum class Reason : std::uint8_t {
  rollout,
  outside_rollout,
  disabled,
  environment_off,
  override_on,
  override_off,
  fallback
};

/// The JSON name, such as "environment_off".
std::string_view to_string(Reason reason);

/// Whether partial results are on for a session, made once at its creation.
struct Decision {
  bool enabled = false;
  Reason reason = Reason::disabled;
};

/// Decides for a new session. `environment_enabled` is PARTIAL_RESULTS_ENABLED, which always wins
/// when it is false; without a flag document the feature is on for every session. A pure function.
Decision decide(bool environment_enabled);

}  // namespace sotto::rollout
