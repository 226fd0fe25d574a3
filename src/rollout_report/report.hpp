// The rollout's report: the deployment guide's daily and weekly updates, and its final report with
// the lessons. Pure: data in, text out. What people wrote is escaped, so that it is text in each
// form and nothing else.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "rollout_report/report_document.hpp"

namespace sotto::rollout_report {

/// CommonMark with GitHub's tables.
std::string report_markdown(const ReportDocument& document);

/// The page with its three places filled in, in this order: `@@title@@`, `@@body@@` and, within a
/// script element of type application/json, `@@data@@` (see chart_json()).
std::string report_html(const ReportDocument& document, const boost::json::object& charts,
                        std::string_view page);

/// What the charts show: {"from","to","step_seconds","times":[…],"arms":{"canary":{…},"control":
/// {…}},"marks":[{"at","label"}],"limits":{…},"sessions":{"each","canary":[[at,ms],…],"control":
/// […]}}; times are Unix seconds, columns are as long as `times`, null where nothing was measured.
boost::json::object chart_json(const ReportInput& input);

/// All of a report for programs: {"environment","parameter_name","period","from","to","headline",
/// "flag","rollout","criteria","decisions":[{"record","hash","same_again","event",
/// "criteria"}],"decisions_left_out","newest":{"record","hash"},"paired":{"delivered","forecast"},"sessions","alarms_on","series"};
/// of a range the flag, "paired", "sessions", "alarms_on" and "series" are null.
boost::json::object report_json(const ReportInput& input);

}  // namespace sotto::rollout_report
