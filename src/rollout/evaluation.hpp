#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/utc_time.hpp"
#include "rollout/flag.hpp"

namespace sotto::rollout {

/// Where the flag in force comes from, best first.
enum class Source : std::uint8_t {
  store,        ///< its store, as last read
  last_good,    ///< stored by an earlier process; the store could not be read since
  environment,  ///< the environment's variables, if there is nothing better
  none          ///< no flag: no session gets partial results
};

/// The JSON name, such as "last_good".
std::string_view to_string(Source source);

/// The flag in force in a process.
struct InForce {
  Flag flag;
  std::uint64_t version = 0;  ///< the store's, from 1; 0 if it is not from a store
  Source source = Source::none;
  bool environment_off = false;  ///< PARTIAL_RESULTS_ENABLED is false, which overrides everything
};

/// Why a session has partial results on or off.
enum class Reason : std::uint8_t {
  rollout,          ///< its bucket is below the percentage
  outside_rollout,  ///< its bucket is not
  disabled,         ///< the flag is off for everybody
  environment_off,  ///< PARTIAL_RESULTS_ENABLED=false
  override_on,      ///< an override for this session
  override_off,
  control_group,  ///< its bucket is kept for control, whatever the percentage
  stepped_back,   ///< the rollout stepped back while the session was live
  a_a,            ///< its bucket is the canary's, in an A/A test
  fallback        ///< no flag could be read, or the recogniser was silent
};

/// The JSON name, such as "environment_off".
std::string_view to_string(Reason reason);

/// The reason of that name; nothing for another text.
std::optional<Reason> reason_named(std::string_view name);

/// The decision for a session, made once, at its creation.
struct Evaluation {
  bool enabled = false;
  bool canary = false;  ///< its arm, which never changes; in an A/A test without the feature
  Reason reason = Reason::fallback;
  int bucket = 0;
  int rollout_percentage = 0;
  int share = 0;              ///< of the canary, as percentage: see canary_share()
  std::uint64_t version = 0;  ///< of the flag that decided
  double min_stability_threshold = 0.85;
  milliseconds max_buffer_timeout{5000};
};

/// Decides for a session. The first that applies decides: the environment's "off", the kill switch,
/// an override that has not expired, the bucket. The bucket is on when it is below the percentage,
/// so a larger percentage only adds sessions. Allocates nothing after a thread's first call.
/// Thread-safe.
Evaluation evaluate(const InForce& in_force, std::string_view session_id, UtcTime now);

/// Why a live session must continue with final results only, whatever was decided at its creation:
/// the kill switch, an override that says "off", or a step back that its bucket is beyond; nothing
/// when it may keep its partial results.
std::optional<Reason> killed(const InForce& in_force, std::string_view session_id, UtcTime now);

}  // namespace sotto::rollout
