#pragma once

#include <string>

#include "rollout/criteria.hpp"

namespace sotto::rollout_controller {

/// What there is to say of a criterion's verdict beside its figures, as one sentence: `watch`, the
/// console and the report show it under the criterion. Empty: its figures say it all.
std::string words_of(const rollout::Criterion& criterion);

}  // namespace sotto::rollout_controller
