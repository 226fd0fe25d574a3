#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "server/http/door.hpp"

namespace sotto::app {

/// What a server is told of whom it lets in.
struct DoorOptions {
  std::size_t max_connections = 0;  ///< 0: as many as talks and descriptors want
  std::vector<std::string> trusted_proxies;
  std::string public_url;
  std::vector<std::string> allowed_origins;
};

/// Adds them to a command; `options` must outlive it.
void add_door_options(CLI::App& command, DoorOptions& options);

/// The door of a server that listens on `address`, for a process that may have so many descriptors
/// and talks with so many listeners in all. Errors: `invalid_argument` naming the option.
Result<server::DoorConfig> door_config(const DoorOptions& options, const std::string& address,
                                       std::size_t descriptors, std::size_t listeners);

}  // namespace sotto::app
