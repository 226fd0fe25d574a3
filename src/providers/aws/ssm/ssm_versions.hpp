#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/utc_time.hpp"
#include "ports/flag_store.hpp"

namespace sotto::providers::aws {

/// A version of a parameter as Parameter Store keeps it.
struct SsmVersion {
  std::uint64_t version = 0;
  std::string value = {};
  std::string description = {};
  std::string modified_by = {};  ///< an ARN
  UtcTime modified_at{};
};

/// What Sotto writes into a version's description: who changed the flag and why, which a parameter
/// has no other place for, and the version that the writer had seen. A sum of the value is with it:
/// whoever writes without a description (`aws ssm put-parameter`) keeps that of the version before.
struct ChangeNote {
  std::string by = {};
  std::string reason = {};
  UtcTime at{};
  std::uint64_t over = 0;
};

/// The largest description that Parameter Store takes, characters (PutParameter's reference).
inline constexpr std::size_t longest_description = 1024;

/// The description of a value with that note, of longest_description bytes at the most: a longer
/// reason loses its end.
std::string to_description(const ChangeNote& note, std::string_view value);

/// The note of a version; nothing where another program wrote it.
std::optional<ChangeNote> note_of(const SsmVersion& version);

/// The version as a revision: by whom and why as its note says, else the ARN and no reason.
ports::FlagRevision revision_of(const SsmVersion& version);

/// The version that counts, of all from the oldest to the newest; null where there is none.
///
/// PutParameter has no condition, so of two writers who have seen version 4 one makes version 5 and
/// the other, who must not, version 6. Its note says so (`over` is 4, not 5): it counts for
/// nothing. Versions of writers without a note always count, and so does one that is the very same
/// as a version before it that counts: a call that was made twice.
const SsmVersion* counting_version(std::span<const SsmVersion> oldest_first);

}  // namespace sotto::providers::aws
