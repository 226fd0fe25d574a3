#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "commands/rollout_common.hpp"
#include "simulation/detectable.hpp"

namespace sotto::app {

/// What harm a plan can see before it starts, for people: a table of each phase, and what it means.
std::string detectable_in_words(const rollout::Plan& plan, const simulation::DetectableHarm& harm);
boost::json::object detectable_json(const rollout::Plan& plan,
                                    const simulation::DetectableHarm& harm);

/// `sotto rollout plan check`, under the command that has the common options.
void add_plan_check(CLI::App& rollout, const std::shared_ptr<const RolloutCommon>& common,
                    Run& run);

}  // namespace sotto::app
