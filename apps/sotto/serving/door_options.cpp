#include "serving/door_options.hpp"

#include <algorithm>
#include <utility>

namespace sotto::app {

void add_door_options(CLI::App& command, DoorOptions& options) {
  command
      .add_option("--max-connections", options.max_connections,
                  "Connections at the same time, three quarters of them of one client; 0: as many "
                  "as the talks' listeners want and the limit of open files allows")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command
      .add_option("--trusted-proxy", options.trusted_proxies,
                  "Address or network of a proxy, such as 10.0.0.0/8, whose Forwarded and "
                  "X-Forwarded-For say who a client is; may be repeated")
      ->envname("SOTTO_TRUSTED_PROXY")
      ->delimiter(',');
  command
      .add_option("--public-url", options.public_url,
                  "URL by which browsers reach this server, such as https://talks.example.com; "
                  "needed for a name that is not this machine's")
      ->envname("SOTTO_PUBLIC_URL");
  command
      .add_option("--allow-origin", options.allowed_origins,
                  "Origin of other pages, such as https://www.example.com, that may read captions, "
                  "sessions and the flag's evaluations; may be repeated")
      ->envname("SOTTO_ALLOW_ORIGIN")
      ->delimiter(',');
}

Result<server::DoorConfig> door_config(const DoorOptions& options, const std::string& address,
                                       std::size_t descriptors, std::size_t listeners) {
  auto clients = server::ClientAddress::create(options.trusted_proxies);
  if (!clients) return tl::unexpected(clients.error());
  auto hosts = server::HostCheck::create(
      {address, server::machine_names(), options.public_url, options.allowed_origins});
  if (!hosts) return tl::unexpected(hosts.error());
  // A listener may read and hear, and a browser asks beside.
  const std::size_t wanted = std::max<std::size_t>(4096, 2 * listeners);
  server::DoorConfig config;
  config.descriptors = descriptors;
  config.connections = server::connection_limits(
      descriptors, options.max_connections > 0 ? options.max_connections : wanted);
  config.clients = std::move(*clients);
  config.hosts = std::move(*hosts);
  return config;
}

}  // namespace sotto::app
