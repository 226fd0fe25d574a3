// What keeps a rollout, and what took it back, in a store: members beside the sentences that were
// there before them.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "rollout/explanation.hpp"

namespace sotto::rollout_controller {

boost::json::object obstacle_json(const rollout::Obstacle& obstacle);
boost::json::object breach_json(const rollout::Breach& breach);

/// Puts what obstacle_json() or breach_json() wrote in the place of the sentence alone. The
/// sentence stays where `beside` is none, cannot be read, or says something else.
void restore(rollout::Obstacle& obstacle, const boost::json::value* beside);
void restore(rollout::Breach& breach, const boost::json::value* beside);

}  // namespace sotto::rollout_controller
