#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sotto::http_client {

/// The addresses of a host, in the order to try them (RFC 6724); an address is its own,
/// and localhost is the loopback's. Names are
/// looked up as /etc/hosts and /etc/resolv.conf say, without the system's name service switch,
/// which a static program has not; `name_servers` in their place, as `ADDRESS:PORT,…`, is for
/// tests. Blocks until the deadline at the latest; thread-safe. Errors: `unavailable` for an
/// unknown name or where no name server can be reached, `deadline_exceeded`, `invalid_argument`
/// for `name_servers`.
Result<std::vector<boost::asio::ip::address>> look_up(
    const std::string& host, std::chrono::steady_clock::time_point deadline,
    const std::string& name_servers = {});

}  // namespace sotto::http_client
