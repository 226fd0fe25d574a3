#pragma once

#include <boost/json/array.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ports/rollout_store.hpp"
#include "rollout/plan.hpp"
#include "rollout/session_outcome.hpp"

namespace sotto::app {

struct RecordedSessions {
  std::vector<rollout::SessionOutcome> outcomes;  ///< in order of began_at
  std::size_t unreadable = 0;                     ///< lines
};

/// The outcomes in a store of the sessions of the rollout `name` that began from `from` until
/// before `to`; each is a time, a day, or empty for no limit. Errors: `invalid_argument` naming the
/// time, and the store's.
Result<RecordedSessions> read_sessions(ports::RolloutStore& store, const std::string& name,
                                       const std::string& from, const std::string& to);

boost::json::array names_of(const std::vector<rollout::Measure>& measures);

}  // namespace sotto::app
