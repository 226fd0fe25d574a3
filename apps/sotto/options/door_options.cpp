#include "options/door_options.hpp"

#include <algorithm>

namespace sotto::app {

void add_door_options(CLI::App& command, DoorOptions& options) {
  command
      .add_option("--max-connections", options.max_connections,
                  "Connections at the same time, three quarters of them of one client; 0: as many "
                  "as the talks' listeners want and the limit of open files allows")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
}

Result<server::DoorConfig> door_config(const DoorOptions& options, std::size_t descriptors,
                                       std::size_t listeners) {
  // A listener may read and hear, and a browser asks beside.
  const std::size_t wanted = std::max<std::size_t>(4096, 2 * listeners);
  server::DoorConfig config;
  config.descriptors = descriptors;
  config.connections = server::connection_limits(
      descriptors, options.max_connections > 0 ? options.max_connections : wanted);
  return config;
}

}  // namespace sotto::app
