#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "ports/flag_store.hpp"
#include "ports/rollout_store.hpp"
#include "rollout/controller.hpp"
#include "rollout_controller/record_chain.hpp"

namespace sotto::rollout_controller {

/// A rollout's state as it is kept.
struct Standing {
  std::uint64_t version = 0;
  rollout::State state;
  std::string leader;  ///< the process that steps it
  UtcTime leads_until{};
  std::uint64_t told = 0;  ///< of the decisions' journal, the last that somebody was told of
  ChainHead newest;        ///< of the decisions' journal: what the next record names before it
};

/// An event as the journal has it.
struct KeptEvent : rollout::RolloutEvent {
  std::uint64_t record = 0;  ///< its number in the journal
  std::string hash;          ///< of its record; empty for one from before there were hashes
};

/// How a rollout stands by its state and the flag together. They are kept apart, and what somebody
/// does to the flag is noted in the state by the next step, seconds later.
struct RolloutNow {
  /// `paused` as soon as somebody has changed the flag by hand: nothing is promoted from then on.
  rollout::Status status = rollout::Status::running;
  std::string about_to;  ///< what the next step will do for that reason; empty: nothing
  bool led = false;      ///< a process steps it
};
RolloutNow rollout_now(const Standing& standing, const rollout::FlagSeen& flag, UtcTime now);

/// A rollout's state and the flag, both as they were at one moment.
struct Together {
  std::optional<Standing> standing;         ///< none: there is no rollout
  std::optional<ports::FlagRevision> flag;  ///< none: there is no flag
};
/// The flag as the controller sees it. A refused document counts as off, set by hand.
rollout::FlagSeen seen_of(const std::optional<ports::FlagRevision>& flag);

struct Inputs;

/// What a tick or a command has done.
struct Done {
  Standing standing;
  std::optional<rollout::RolloutEvent> event;
  std::vector<rollout::Criterion> criteria;
  std::string why;
  rollout::Advice advice = rollout::Advice::hold;
  bool leads = false;  ///< this process is the one that steps
  /// Why the flag could not be changed as it was decided: it is tried again by each tick.
  std::optional<Error> flag_problem;
  std::optional<RolloutNow> present;             ///< of command() and judge()
  std::optional<ports::FlagRevision> flag = {};  ///< of judge(), at the same moment
  /// The status that counts, whether or not a step has noted it.
  rollout::Status status() const { return present ? present->status : standing.state.status; }
};

/// What the phases work with. What is pointed to must outlive the controller.
struct RolloutControllerParts {
  ports::RolloutStore* rollouts = nullptr;
  ports::FlagStore* flags = nullptr;
  std::string parameter_name;
  std::string process;  ///< a name that no other process has
  /// Measures for a state, at a time. Errors mean that nothing could be measured.
  std::function<Result<rollout::Readings>(const rollout::State&, UtcTime)> read;
  /// Told by a tick of the leader of each event, whichever process it was decided in, once its
  /// change of the flag was made (or could not be); again where a process dies in the middle.
  std::function<void(const KeptEvent&, const rollout::State&)> notify;
};

/// Moves a rollout through its phases: takes the state from its store, has the pure controller
/// decide, keeps the decision with its evidence, and then makes the change of the flag. Of several
/// processes one leads, for lease at a time; whoever decides on a state that another has changed
/// meanwhile has decided nothing. A change that was decided and not made when a process died is
/// made by the next. Thread-safe.
class RolloutController {
 public:
  explicit RolloutController(RolloutControllerParts parts);

  /// The state as it is; nothing where there is no rollout. Errors: the store's, and
  /// `invalid_argument` for a state that cannot be read.
  Result<std::optional<Standing>> look() const;

  /// The state and the flag, with the same state before and after the flag was read. Errors: as
  /// look(), and the flag store's.
  Result<Together> look_together() const;

  /// Notes in the state, with a record, that somebody has changed the flag by hand, so that nobody
  /// has to wait for the leader's next step: to be called after such a change. Returns the event;
  /// nothing where the flag is as the rollout wants it, or there is no rollout. Errors: the
  /// stores'; the leader notes it then.
  Result<std::optional<rollout::RolloutEvent>> note_flag(UtcTime now);

  /// Steps the rollout, if there is one and this process leads. Errors: the stores'; then nothing
  /// was decided, or what was is made the next time.
  Result<std::optional<Done>> tick(UtcTime now);

  /// Does what a person wants, whoever leads. Errors: those of rollout::command() and the stores'.
  Result<Done> command(const rollout::Command& command, UtcTime now);

  /// What command() would do, with nothing done.
  Result<Done> preview(const rollout::Command& command, UtcTime now) const;

  /// How the rollout stands and what it waits for, with nothing done. Errors as look().
  Result<std::optional<Done>> judge(UtcTime now) const;

  static constexpr std::chrono::seconds lease{60};

 private:
  Result<rollout::FlagSeen> flag() const;
  Result<std::optional<rollout::RolloutEvent>> note_flag_alone(UtcTime now);
  Result<Inputs> inputs_of(const rollout::Command& command, const std::optional<Standing>& standing,
                           UtcTime now) const;
  std::optional<rollout::Readings> readings(const rollout::State& state, UtcTime now) const;
  Result<Standing> keep(Standing after, const Inputs& inputs, const rollout::Step& step);
  Result<Standing> make_flag(Standing standing, UtcTime now);
  Result<bool> write_flag(const rollout::PendingFlag& pending, UtcTime now);
  Result<Done> finish(Standing standing, rollout::Step step, UtcTime now);
  Result<> tell(Standing& standing, UtcTime now);

  const RolloutControllerParts parts_;
  std::mutex one_at_a_time_;  ///< of what this process decides
};

}  // namespace sotto::rollout_controller
