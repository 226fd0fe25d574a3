#pragma once

#include <memory>

#include "base/result.hpp"
#include "providers/local/faults/keeping_session_store.hpp"
#include "server/http/store_health.hpp"
#include "serving/serve_options.hpp"
#include "telemetry/log.hpp"

namespace sotto::app {

/// Sets the damaged databases of the data folder aside, each with a line of the log: sessions (of
/// which what can be read is kept), metrics and the rollout, which stands still then. The flag's is
/// left as it is: the last good flag applies, and nothing begins anew. Before any is opened, by who
/// has the folder's lock.
void set_aside_damaged(const ServeOptions& options, const telemetry::Log& log);

/// Opens the sessions' store; what it cannot store now is kept in memory, and tried again. `log`
/// must outlive it.
Result<std::unique_ptr<providers::local::KeepingSessionStore>> open_sessions(
    const ServeOptions& options, const telemetry::Log& log);

/// How that store does. It must outlive this.
server::StoreHealth health_of(providers::local::KeepingSessionStore& store);

}  // namespace sotto::app
