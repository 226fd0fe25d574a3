#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "rollout/controller.hpp"
#include "rollout/session_outcome.hpp"

namespace sotto::simulation {

/// A session that is played, with what comes of it known from its beginning.
struct Session {
  rollout::SessionOutcome outcome;
};

/// The next session that begins at or before a time, in the arm that the flag gives it; nothing
/// when there is none until then. Those that were given do not come again.
using Traffic =
    std::function<std::optional<Session>(UtcTime until, const rollout::FlagTarget& flag)>;

/// Of a flag: the canary's share of sessions, in percent; see rollout::canary_share().
int canary_share(const rollout::FlagTarget& flag);

// The captions of one session are taken to be log-normal around what is known of them, their 0.95
// quantile, with this deviation of the logarithm.
inline constexpr double caption_log_sd = 0.4;

/// Of a session's captions, the share that is later than a limit; both in ms.
double share_later(double p95_ms, double limit_ms);

}  // namespace sotto::simulation
