#pragma once

#include <cstdint>

namespace sotto::telemetry {

/// What this process and all its descendants use.
struct ProcessUsage {
  double cpu_seconds = 0;  ///< user and system, of those that run and those that were waited for
  std::uint64_t memory_bytes = 0;  ///< proportional set size: shared pages counted once
};

/// Reads /proc; a process that ends meanwhile counts as nothing. Takes some milliseconds.
/// Thread-safe.
ProcessUsage process_tree_usage();

}  // namespace sotto::telemetry
