#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/engine.hpp"

namespace sotto::engine {

/// The maximum size of a snapshot. An ordinary session's has 1 to 3 kB; only several results of
/// thousands of words at once come near the maximum.
inline constexpr std::size_t max_snapshot_bytes = 300'000;

/// An engine's whole state, including its settings, as bytes. A restored engine gives the same
/// commands as the original would. The same state gives the same bytes. They begin with the letters
/// `SE` and the form's version, which is the newest. Errors: `resource_exhausted` above
/// max_snapshot_bytes.
Result<std::string> snapshot(const Engine& engine);

/// The engine of a snapshot of this form or an earlier one. Whatever the bytes are, nothing worse
/// happens than an error, and an engine that is returned can be used like any other. Errors:
/// `invalid_argument`, without a field, for bytes that are cut off, of another form or version, or
/// that no engine can have written. From forms 1 and 2 finals that come again are not known, but
/// for those of the results that are still tracked: their hashes were std::hash's, which differs
/// between libraries. A final older than these that comes again just then is said once more.
Result<Engine> restore(std::string_view bytes);

}  // namespace sotto::engine
