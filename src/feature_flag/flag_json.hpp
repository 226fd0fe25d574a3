#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "feature_flag/acknowledgement.hpp"
#include "feature_flag/flag_operations.hpp"
#include "rollout/evaluation.hpp"

namespace sotto::feature_flag {

// The JSON that scripts rely on, the same from `sotto rollout --json` and from /v1/rollout. Members
// are added, never renamed.

/// {"parameter_name","version","enabled","rollout_percentage","min_stability_threshold",
/// "max_buffer_timeout","source","changed_by","changed_at","reason"}, then "salt" and "overrides"
/// where there are any.
boost::json::object status_json(const std::string& parameter_name, const FlagVersion& version,
                                rollout::Source source);

/// {"session_id","bucket","rollout_percentage","enabled","reason","version"}.
boost::json::object explain_json(const std::string& session_id,
                                 const rollout::Evaluation& decision);

/// [{"field","before","after"}], null for what is not there.
boost::json::array differences_json(const std::vector<rollout::Difference>& differences);

/// [{"version","changed_by","changed_at","reason","changes","document"}]; of a refused one "error"
/// in the place of "changes".
boost::json::array history_json(const std::vector<HistoryEntry>& entries);

/// The status, with "changes", "switches_on" (whom it gives partial results, or null) and
/// "dry_run".
boost::json::object changed_json(const std::string& parameter_name, const FlagChanged& changed,
                                 bool dry_run);

/// [{"process","acknowledged","ms","version"}]; "sessions" where the store says how many are live;
/// of one that is gone "gone" and "heard_at".
boost::json::array acknowledgements_json(const std::vector<Acknowledgement>& acknowledgements);

/// [{"process","version","since"}], and as above "sessions", "gone" and "heard_at".
boost::json::array readers_json(const std::vector<ports::FlagReaderState>& readers);

}  // namespace sotto::feature_flag
