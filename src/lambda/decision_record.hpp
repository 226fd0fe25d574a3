#pragma once

#include <cstdint>
#include <string>

#include "base/ids.hpp"
#include "engine/command.hpp"

namespace sotto::lambda {

/// What the engine decided, as one JSON object without a line break:
///
///   all       "session_id", "number" (counts the session's decisions from 1: one that comes
///             again has the same number and the same bytes), "at_ms" (on the session's clock),
///             "kind", "result_id"
///   speak     "segment", "text", "start_ms", "end_ms", "ends" (engine::CutReason), "flushed",
///             "stability", "word_ends_ms"
///   caption   "segment", "state" (open, closed, replaced), "result", "text", "stable_bytes",
///             "start_ms", "end_ms", "translate", "reuse_bytes", "stability"
///   notice    "notice" (engine::Diagnostic::Kind), "value", "reason"
///
/// See engine/command.hpp for what they mean. `commands` is the list that `command` is in.
std::string decision_record(const SessionId& session, std::uint64_t number, SessionTime at,
                            const engine::Command& command, const engine::Commands& commands);

}  // namespace sotto::lambda
