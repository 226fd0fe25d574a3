#pragma once

#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "base/result.hpp"
#include "options/flag_parts.hpp"
#include "server/operator/phases_access.hpp"
#include "server/operator/telemetry_access.hpp"
#include "serving/serve_options.hpp"
#include "telemetry/log.hpp"

namespace sotto::app {

/// Where a server's minutes go, and its alarms: to stdout, CloudWatch and a webhook, where those
/// were asked for. `executor` sends; `log` must outlive it. Errors: those of the options, and of
/// AWS's account.
Result<server::TelemetryAccess> telemetry_access(const ServeOptions& options,
                                                 const std::string& parameter_name,
                                                 const boost::asio::any_io_executor& executor,
                                                 telemetry::Log& log);

/// The rollout of a server: its store, who is told of it, and what it is judged by. `flag` and
/// `log` must outlive it. Errors: those of the options.
Result<server::PhasesAccess> phases_access(const ServeOptions& options, const FlagParts& flag,
                                           const boost::asio::any_io_executor& executor,
                                           telemetry::Log& log);

}  // namespace sotto::app
