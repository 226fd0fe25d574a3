#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ports/flag_store.hpp"
#include "ports/session_store.hpp"
#include "rollout/evaluation.hpp"
#include "rollout_controller/rollout_controller.hpp"

namespace sotto::rollout_controller {

/// A session as its server knows it, or the store that it is kept in.
struct SessionSeen {
  std::string state;  ///< "waiting", "live" or "ended"; by a store alone "open" or "ended"
  UtcTime created_at{};
  std::optional<UtcTime> ended_at;
  rollout::Evaluation given;    ///< at its creation; version 0: the store does not say which
  rollout::Evaluation decided;  ///< as its server has it now
};

/// What a stored session says. A session that was switched off is stored with the reason for that;
/// what it was given follows from its arm, bucket and percentage.
SessionSeen session_seen(const ports::StoredSession& stored);

/// How a session that was begun stands.
struct SessionNow {
  std::string state;
  UtcTime created_at{};
  std::optional<UtcTime> ended_at;
  rollout::Evaluation given;    ///< at its creation
  rollout::Evaluation present;  ///< in force for it now, or was when it ended
  bool acted = true;            ///< false: its server has still to switch it off
  // Of a session that was switched off; empty where the flag's history does not say:
  std::optional<UtcTime> since;  ///< when the flag was changed so
  std::string by, remark;        ///< who changed it, and the reason that was given
};

/// `history` has the flag's versions, newest first. `acknowledged`: every process that reads the
/// flag acts by the version in force.
SessionNow session_now(const SessionSeen& seen, const std::string& id,
                       const rollout::InForce& in_force,
                       const std::vector<ports::FlagRevision>& history, bool acknowledged,
                       UtcTime now);

/// The flag, the rollout and a session, as they are at this moment.
struct PresentState {
  rollout::InForce in_force;          ///< the flag as its store has it
  std::optional<Standing> standing;   ///< none: there is no rollout, or `problem`
  std::optional<RolloutNow> rollout;  ///< where there is one
  std::optional<Error> problem;       ///< the rollout's state cannot be read
  rollout::Evaluation new_session;    ///< of a session with the id that began now
  std::optional<SessionNow> session;  ///< of the one with the id that was begun
  bool store_read = true;             ///< false: `in_force` is `otherwise`
};

struct PresentParts {
  ports::FlagStore* flags = nullptr;
  const RolloutController* controller = nullptr;
  std::string parameter_name;
  /// What this process goes by where the store gives no valid flag; its `environment_off` counts
  /// always. None: then that is an error.
  std::optional<rollout::InForce> otherwise = {};
};

/// Puts together what explain, watch and the console show: the flag and the rollout as their stores
/// have them now, not as some process has last read them. `seen` is the session of that id, if it
/// is known. Waits for the stores. Errors: those of feature_flag::current_flag() without
/// `otherwise`.
Result<PresentState> present_state(const PresentParts& parts, const std::string& session_id,
                                   const std::optional<SessionSeen>& seen, UtcTime now);

}  // namespace sotto::rollout_controller
