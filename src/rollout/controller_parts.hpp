// What a step and a command of the controller have in common.
#pragma once

#include <string>
#include <string_view>

#include "rollout/controller.hpp"

namespace sotto::rollout {

inline constexpr std::string_view controller_name = "controller";

/// A criterion as what took a rollout back, or would; `alarms` for the one of alarms.
Breach breach_of(const Criterion& criterion, std::vector<std::string> alarms = {});

/// Whether the flag is what the state's phase wants it to be.
bool in_force(const State& state, const FlagSeen& flag);

/// The readings with what only the state knows.
Readings complete(const State& state, Readings readings, UtcTime now);

/// Begins the state's phase anew: bake time, looks, approval.
void begin_phase(State& state, UtcTime now);

/// Puts a change of the flag into the state, to be made.
void decide(State& state, const FlagTarget& target, const FlagSeen& flag, std::string_view by,
            const std::string& reason);

/// Puts the event into the step; its sentence is what the step's explanation says.
void note(State& state, Step& step, EventKind kind, UtcTime now, std::string_view by,
          int percentage_before, int percentage_after);

/// On to the next phase, or to the end.
Step promote(State state, const FlagSeen& flag, Step step, const Readings& readings, EventKind kind,
             std::string_view by, UtcTime now);

}  // namespace sotto::rollout
