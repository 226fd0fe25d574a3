#pragma once

#include <filesystem>
#include <memory>

#include "telemetry/series.hpp"

namespace sotto::providers::local {

/// A series in an SQLite database, a row for each minute and arm, for the processes of one machine.
/// It is opened for each call, like the flag's. Contract: telemetry::Series; also
/// `permission_denied`.
std::unique_ptr<telemetry::Series> make_sqlite_series(std::filesystem::path path);

}  // namespace sotto::providers::local
