#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "telemetry/metrics.hpp"

namespace sotto::lambda {

/// A session between two invocations: what goes on from one to the next.
struct SessionState {
  engine::Engine engine;
  telemetry::Arm arm = telemetry::Arm::control;  ///< for good
  std::uint64_t flag_version = 0;                ///< of the flag it was decided by
  SessionTime reached{};                         ///< when its last record came, on its own clock
  std::uint64_t decisions = 0;                   ///< so far: the last one's number
  std::uint64_t orphans = 0;                     ///< results that were flushed without a final
  bool ended = false;
  /// The decisions of the latest checkpoint, as decision_record() gives them. They are kept with
  /// the state that they led to, so that whoever takes over can say them again.
  std::vector<std::string> outbox;
};

/// Its bytes, for a checkpoint. Errors: `resource_exhausted` where they are more than a
/// ports::CheckpointStore takes.
Result<std::string> encode(const SessionState& state);

/// Reads them. Errors: `invalid_argument` for what encode() cannot have written; nothing worse
/// happens, whatever the bytes are.
Result<SessionState> decode(std::string_view bytes);

}  // namespace sotto::lambda
