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
