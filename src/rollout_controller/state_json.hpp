#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rollout_controller/rollout_controller.hpp"

namespace sotto::rollout_controller {

/// A standing without its version as a rollout store keeps it; a double reads back bit for bit.
std::string standing_text(const Standing& standing);
/// Errors: `invalid_argument` for a text that is none.
Result<Standing> standing_of(std::string_view text);

/// What a decision is made of: rollout::step() or, with a command, rollout::command() of it.
struct Inputs {
  std::optional<rollout::State> state;  ///< before; none: there was no rollout
  rollout::FlagSeen flag;
  std::optional<rollout::Readings> readings;
  UtcTime now{};
  std::optional<rollout::Command> command;
};

/// A decision with all that it was made of, as a line of the decisions' journal:
/// {"event","criteria","inputs"}.
std::string record_text(const Inputs& inputs, const rollout::Step& step);

/// What happened, by a record. Errors: `invalid_argument`.
Result<rollout::RolloutEvent> event_of(std::string_view record);

/// The same with what the journal says of it. Errors: `invalid_argument`.
Result<KeptEvent> kept_event(const ports::JournalEntry& entry);

/// Makes a record's decision again. The text that it gives (with the record's place in the chain,
/// if it has one), which is the record's bit for bit, or something is not as it was. Errors:
/// `invalid_argument` for a text that is no record.
Result<std::string> recompute(std::string_view record);

/// What a record's decision is, made again from its inputs. Errors: as recompute()'s.
Result<rollout::Step> decide_again(std::string_view record);

/// {"name","title","unit","limit","canary","control","interval":{"low","high"},"samples","verdict",
/// "acute","on_failure"}, null for what is not known.
boost::json::object criterion_json(const rollout::Criterion& criterion);

/// {"number","kind","at","by","why","phase","percentage_before","percentage_after"}.
boost::json::object event_json(const rollout::RolloutEvent& event);

/// The same with "record" and "hash", null for a record from before there were hashes.
boost::json::object kept_event_json(const KeptEvent& event);

/// What people and pages see of a standing: {"status","plan","phase","phases":[…],"started_at",
/// "phase_began_at","baked_hours","bake_hours","approved_by","latch","holding","leader"}.
boost::json::object standing_json(const Standing& standing);

}  // namespace sotto::rollout_controller
