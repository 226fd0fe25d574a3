#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "rollout/session_outcome.hpp"

namespace sotto::feature_flag {

// A session's outcome as a line of a rollout's journal (ports::Journal::sessions). Members are
// added, never renamed; those that are unknown are passed over.

/// Longer lines are refused.
inline constexpr std::size_t max_outcome_text = 4096;

/// {"session_id","canary","by_bucket","percentage","flag_version","began_at","ended_at","captions",
/// "finals","errors","dropped","orphaned","fallbacks","cache_hits","cache_misses","thumbs_up",
/// "thumbs_neutral","thumbs_down","listeners","listeners_left"}, then "language",
/// "latency_p95_ms", "late", "erasure", "cost_per_listener_hour" and "paired" where they are known.
/// "late" has a count for each of late_limits_ms, {"1000":12,"2000":3,…}; "paired" is
/// {"words","early_mean_ms","early_p95_ms","final_only_mean_ms","final_only_p95_ms","taken_back"}.
/// Lines that were written before there were votes have none of "thumbs_up" to "late": they are
/// read as 0, or not known.
boost::json::object outcome_json(const rollout::SessionOutcome& outcome);

/// The same as one line of text, which outcome_of() reads back bit for bit. Errors:
/// `invalid_argument` naming the member that is out of range, such as a NaN.
Result<std::string> outcome_text(const rollout::SessionOutcome& outcome);

/// Errors: `invalid_argument` naming the member that is missing, has the wrong type or is out of
/// range (`paired.words`); without a name if the text is not an object or is too long.
Result<rollout::SessionOutcome> outcome_of(std::string_view text);

}  // namespace sotto::feature_flag
