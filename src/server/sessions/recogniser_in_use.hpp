#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace sotto::server {

/// The recogniser of all sessions, as it is shown to people.
struct RecogniserInUse {
  std::string name = {};  ///< such as `Moonshine base-en`; empty: not shown
  /// Why it is not the preferred one; empty where it is. For operators only: it may name paths.
  std::string instead = {};
  /// How many sessions its standby has taken over; null: nobody counts.
  std::shared_ptr<const std::atomic<std::uint64_t>> takeovers = {};
};

}  // namespace sotto::server
