#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "base/utc_time.hpp"

namespace sotto::rollout {

/// A person's decision for one session, until a time.
struct Override {
  std::string session_id;
  bool enabled = false;
  UtcTime expires_at{};  ///< not applied from this time on
  friend bool operator==(const Override&, const Override&) = default;
};

/// A member of the document that Sotto does not know: kept as it came.
struct ExtraMember {
  std::string name;
  std::string json;  ///< its value, as JSON text
  friend bool operator==(const ExtraMember&, const ExtraMember&) = default;
};

/// The feature flag: who gets partial results, and with which thresholds. The names, ranges and
/// defaults are those of the deployment guide's parameter.
struct Flag {
  bool enabled = true;                    ///< false: off for all sessions at once, live ones too
  int rollout_percentage = 0;             ///< of new sessions, 0–100
  double min_stability_threshold = 0.85;  ///< 0.70–0.95
  milliseconds max_buffer_timeout{5000};  ///< 2–10 s
  std::string salt;                       ///< hashed before a session's id; empty: the id alone
  std::vector<Override> overrides;        ///< of different sessions
  int control_percentage = 0;             ///< of new sessions, 0–50: control at any percentage
  bool recall_live = false;  ///< live sessions beyond the percentage lose it too, newest first
  bool a_a = false;          ///< an A/A test: the canary does not get the feature either
  std::vector<ExtraMember> extra;

  friend bool operator==(const Flag&, const Flag&) = default;
};

/// Buckets below this number get the feature: the percentage, less what is kept for control.
int canary_share(const Flag& flag);

/// A flag document has at most so many bytes: what a standard parameter of AWS Systems Manager
/// holds
/// (https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html).
inline constexpr std::size_t max_document_bytes = 4096;

/// The maximum number of overrides of a flag, including expired ones.
inline constexpr std::size_t max_overrides = 32;

/// The flag as it is, or `invalid_argument` naming the field, its value and its range.
Result<Flag> validate(Flag flag);

/// Reads a document: one JSON object (RFC 8259) of at most max_document_bytes. `enabled` must be
/// there, and `rollout_percentage` where it is true; without the thresholds their defaults hold.
/// Errors: `invalid_argument` naming the member at fault; a name that is there twice is one, on any
/// level, since readers differ on which of the two counts.
Result<Flag> parse_flag(std::string_view document);

/// The document of a valid flag: the guide's four members, then what is not at its default, then
/// the extra ones. parse_flag() reads it back to the same flag.
std::string to_document(const Flag& flag);

/// The override that counts for a session at `now`, or null.
const Override* find_override(const Flag& flag, std::string_view session_id, UtcTime now);

/// Whether it has the form of a session's id: 1 to 64 letters, digits and `-`, `_`, `.`. Returned
/// as it is, else `invalid_argument` naming `session_id`.
Result<std::string> validate_session_id(std::string session_id);

/// Whether it has the form of a parameter's name in AWS Systems Manager: `/` and a part of letters,
/// digits and `.-_`, one to fifteen times, at most 1,011 characters, the first part not beginning
/// with `aws` or `ssm`. Returned as it is, else `invalid_argument` naming `parameter_name`. Source:
/// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
Result<std::string> validate_parameter_name(std::string name);

/// The production flag's name.
inline constexpr std::string_view default_parameter_name =
    "/audio-transcription/partial-results/config";

}  // namespace sotto::rollout
