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
#include "rollout/explanation.hpp"
#include "rollout/flag.hpp"
#include "rollout/plan.hpp"

namespace sotto::rollout {

enum class Status : std::uint8_t {
  running,      ///< phases are promoted automatically
  paused,       ///< by a person; guardrails still act
  rolled_back,  ///< by a guardrail; stays so until a person clears it
  aborted,      ///< ended by a person
  completed     ///< all phases passed; guardrails still act
};
std::string_view to_string(Status status);
std::optional<Status> status_named(std::string_view name);

/// The values of the flag that a phase sets.
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

/// A change of the flag that was decided and perhaps not made yet. A process that finds it makes
/// it.
struct PendingFlag {
  FlagTarget target;
  std::uint64_t over = 0;  ///< the version that it was decided on
  std::string by, reason;  ///< for the flag's history
  friend bool operator==(const PendingFlag&, const PendingFlag&) = default;
};

/// Why a rollout was rolled back.
struct Latch {
  UtcTime at{};
  Remedy remedy = Remedy::step_back;
  std::string phase;
  Breach why;
  friend bool operator==(const Latch&, const Latch&) = default;
};

/// The state of a rollout: everything that must survive a restart.
struct State {
  Plan plan;
  Status status = Status::running;
  std::size_t phase = 0;
  UtcTime started_at{}, phase_began_at{};
  UtcTime stepped_at{};     ///< when step() was last called
  UtcTime looked_at{};      ///< the last evaluation that `breaches` counted
  milliseconds baked{0};    ///< the part of the phase's bake time that has passed
  UtcTime judged_from{};    ///< sessions that began before say nothing of this rollout
  std::string approved_by;  ///< who approved this phase's promotion; empty: nobody yet
  /// It was approved after the bake time, when what is not known had been said: it need not be.
  bool approved_unsettled = false;
  std::optional<Latch> latch;
  std::vector<UtcTime> rollbacks;    ///< the latest 100
  std::vector<UtcTime> alarm_rings;  ///< when the canary's alarms went off, the latest 100
  bool alarm_on = false;             ///< an acting one was on at the last evaluation
  std::uint64_t alarm_looks = 0;     ///< see Readings
  /// Per measure, the evaluations that breached; the latest is bit 0.
  std::array<std::uint32_t, measure_count> breaches{};
  std::uint64_t events = 0;                ///< number of events so far
  Obstacle holding;                        ///< what the last event said that it waits for
  std::optional<Interval> latency_before;  ///< see Readings
  std::optional<PendingFlag> pending;
  friend bool operator==(const State&, const State&) = default;
};

/// Something that happened to a rollout.
struct RolloutEvent {
  std::uint64_t number = 0;  ///< from 1
  EventKind kind = EventKind::started;
  UtcTime at{};
  std::string by;     ///< "controller", or a person
  std::string why;    ///< a sentence, as the journal keeps it: what describe() made of the step's
  std::string phase;  ///< after it
  int percentage_before = 0, percentage_after = 0;
};

/// The result of a step or a command.
struct Step {
  State state;
  std::optional<RolloutEvent> event;
  std::vector<Criterion> criteria;  ///< with `breaches` of `of` and warm-up applied
  Explanation why;                  ///< what it waits for, or has done
  Advice advice = Advice::hold;     ///< go_on: all criteria pass, only bake time is left
  bool flag_first = false;          ///< `state.pending` has to be made before anything else
};

/// A person's command.
struct Command {
  enum class Kind : std::uint8_t { start, advance, pause, resume, abort, approve, clear } kind;
  std::string by;
  std::string reason;
  Plan plan = {};      ///< of start
  bool force = false;  ///< of advance: although a criterion does not pass
};
std::string_view to_string(Command::Kind kind);
std::optional<Command::Kind> command_named(std::string_view name);

/// Evaluates a phase's criteria on the readings, as judge() does.
using Judge =
    std::function<std::vector<Criterion>(const Plan&, const Phase&, const Readings& readings)>;

/// The flag's values in a phase of a plan.
FlagTarget target_of(const Plan& plan, const Phase& phase);

/// Evaluates a rollout and decides; to be called every minute or so. Without `readings`, because
/// nothing could be measured, it decides nothing. A clock that goes back counts as no time, one
/// that jumps ahead as max_gap. Time in which a criterion fails does not count as bake time, nor
/// does time after max_silence without a measurement. At most one event. Pure. `judged_by` must
/// return what judge() would; a simulation may cache it.
Step step(State state, const FlagSeen& flag, const std::optional<Readings>& readings, UtcTime now,
          const Judge& judged_by = judge);

/// Executes a person's command. Errors: `conflict` if the state does not allow it (or if a
/// criterion does not pass, for advance without force), `invalid_argument` for a missing or too
/// long reason or an invalid plan, `not_found` if there is no rollout.
Result<Step> command(const std::optional<State>& state, const Command& command,
                     const FlagSeen& flag, const std::optional<Readings>& readings, UtcTime now);

/// To be called after the pending change was made, or (`made` false) after somebody else changed
/// the flag first.
State flag_written(State state, bool made);

/// The rest of the phase's bake time.
milliseconds bake_left(const State& state);

inline constexpr std::chrono::minutes max_gap{5};
inline constexpr std::chrono::hours max_silence{25};
/// The time after a step back from which guardrails act again: from then on the last hour's metrics
/// are all of the new phase.
inline constexpr std::chrono::hours guarded_after{1};
inline constexpr std::size_t max_reason = 500;

}  // namespace sotto::rollout
