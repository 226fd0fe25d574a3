#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "ports/recogniser.hpp"
#include "replay/event_file.hpp"

namespace sotto::composition {

/// What the recogniser says of a talk of 16 kHz samples, as fast as the machine can: fed in pieces
/// of 100 ms, each event stamped with how much of the audio the recogniser had when it said it.
/// Blocks until the last event. Errors: the recogniser's; `deadline_exceeded` when for `patience`
/// it neither gets on nor ends; `unavailable` when it ends before the talk does.
Result<std::vector<replay::RecordedEvent>> record_events(
    ports::Recogniser& recogniser, const Language& language, const SessionId& session,
    std::span<const std::int16_t> samples, milliseconds patience = std::chrono::minutes{2});

}  // namespace sotto::composition
