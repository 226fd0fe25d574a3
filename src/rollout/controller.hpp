#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "rollout/criteria.hpp"
#include "rollout/flag.hpp"
#include "rollout/plan.hpp"

namespace sotto::rollout {

enum class Status : std::uint8_t {
  running,      ///< promotes by itself
  paused,       ///< by a person; guardrails act all the same
  rolled_back,  ///< by a guardrail; stays so until a person clears it
  aborted,      ///< given up by a person
  completed     ///< all phases passed; guardrails act all the same
};
std::string_view to_string(Status status);
std::optional<Status> status_named(std::string_view name);

/// What the phases make of a flag.
struct FlagTarget {
  bool enabled = true;
  int rollout_percentage = 0;
  int control_percentage = 0;
  bool recall_live = false;
  bool a_a = false;
  friend bool operator==(const FlagTarget&, const FlagTarget&) = default;
};

/// The flag as its store has it.
struct FlagSeen {
  std::uint64_t version = 0;  ///< 0: there is none
  FlagTarget flag;
  std::string changed_by;
};
FlagSeen seen(const Flag& flag, std::uint64_t version, std::string changed_by);

/// A change of the flag that is decided and perhaps not yet made: whoever finds it makes it.
struct PendingFlag {
  FlagTarget target;
  std::uint64_t over = 0;  ///< the version that it was decided on
  std::string by, reason;  ///< for the flag's history
  friend bool operator==(const PendingFlag&, const PendingFlag&) = default;
};

/// Why a rollout was taken back.
struct Latch {
  UtcTime at{};
  Remedy remedy = Remedy::step_back;
  std::string phase, why;
  friend bool operator==(const Latch&, const Latch&) = default;
};

/// Where a rollout stands: all that has to outlive a process.
struct State {
  Plan plan;
  Status status = Status::running;
  std::size_t phase = 0;
  UtcTime started_at{}, phase_began_at{};
  UtcTime stepped_at{};     ///< when step() was last called
  UtcTime looked_at{};      ///< when M of N last counted
  milliseconds baked{0};    ///< of the phase's bake time, what has passed
  std::string approved_by;  ///< of this phase's promotion; empty: nobody yet
  std::optional<Latch> latch;
  std::vector<UtcTime> rollbacks;    ///< the latest 100
  std::vector<UtcTime> alarm_rings;  ///< when the canary's alarms went off, the latest 100
  bool alarm_on = false;             ///< one was, when last looked at
  /// Of each measure, the looks that breached: the latest is bit 0.
  std::array<std::uint32_t, measure_count> breaches{};
  std::uint64_t events = 0;                ///< that there were
  std::string holding;                     ///< what it was last said to wait for
  std::optional<Interval> latency_before;  ///< see Readings
  std::optional<PendingFlag> pending;
  friend bool operator==(const State&, const State&) = default;
};

enum class EventKind : std::uint8_t {
  started,
  promoted,
  completed,
  held,     ///< something keeps it from the next phase; said once
  went_on,  ///< what kept it is over
  stepped_back,
  disabled,
  overruled,  ///< somebody changed the flag by hand: paused
  paused,
  resumed,
  approved,
  advanced,
  aborted,
  cleared
};
std::string_view to_string(EventKind kind);
std::optional<EventKind> event_kind_named(std::string_view name);

/// Something that happened to a rollout.
struct RolloutEvent {
  std::uint64_t number = 0;  ///< from 1
  EventKind kind = EventKind::started;
  UtcTime at{};
  std::string by;     ///< "controller", or a person
  std::string why;    ///< a sentence
  std::string phase;  ///< after it
  int percentage_before = 0, percentage_after = 0;
};

/// What a step or a command makes of a state.
struct Step {
  State state;
  std::optional<RolloutEvent> event;
  std::vector<Criterion> criteria;  ///< as they count, M of N and warm-up applied
  std::string why;                  ///< one sentence: what it waits for, or has done
  Advice advice = Advice::hold;     ///< go_on: all is well, and the phase only has to bake
  bool flag_first = false;          ///< `state.pending` has to be made before anything else
};

/// What a person wants.
struct Command {
  enum class Kind : std::uint8_t { start, advance, pause, resume, abort, approve, clear } kind;
  std::string by;
  std::string reason;
  Plan plan = {};      ///< of start
  bool force = false;  ///< of advance: although a criterion fails
};
std::string_view to_string(Command::Kind kind);
std::optional<Command::Kind> command_named(std::string_view name);

/// Judges what was measured by a phase's criteria, as judge() does.
using Judge =
    std::function<std::vector<Criterion>(const Plan&, const Phase&, const Readings& readings)>;

/// What the flag is to be in a phase of a plan.
FlagTarget target_of(const Plan& plan, const Phase& phase);

/// Looks at a rollout, every minute or so, and decides. `readings` are none where nothing could be
/// measured: then nothing is decided. A clock that goes back or jumps counts as no time, or as
/// max_gap; nor does time count in which a criterion fails or nothing was measured for max_silence.
/// One event at the most. Pure. `judged_by` gives what judge() would: whoever looks a million times
/// may have it remembered.
Step step(State state, const FlagSeen& flag, const std::optional<Readings>& readings, UtcTime now,
          const Judge& judged_by = judge);

/// Does what a person wants. Errors: `conflict` where the rollout is not in a state for it (or a
/// criterion fails, for advance without force), `invalid_argument` for a reason that is missing or
/// too long or a plan that is not valid, `not_found` where there is no rollout.
Result<Step> command(const std::optional<State>& state, const Command& command,
                     const FlagSeen& flag, const std::optional<Readings>& readings, UtcTime now);

/// After the pending change was made, or (`made` false) somebody else changed the flag before.
State flag_written(State state, bool made);

/// How long a rollout still has to bake, at least.
milliseconds bake_left(const State& state);

inline constexpr std::chrono::minutes max_gap{5};
inline constexpr std::chrono::hours max_silence{25};
/// After a step back, before what is left is guarded: the last hour's figures are the phase's own.
inline constexpr std::chrono::hours guarded_after{1};
inline constexpr std::size_t max_reason = 500;

}  // namespace sotto::rollout
