#pragma once

#include "telemetry/log.hpp"

namespace sotto::app {

/// Makes this process leave no core dump, let no other process of its user trace it or read its
/// memory, and make files that only its user reads. For a start, before there are threads. `log` is
/// told what the children's confinement lacks on this system.
void harden_process(const telemetry::Log& log);

}  // namespace sotto::app
