#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sotto::providers::aws {

/// The addresses of a host, in the order to try them; an address is its own. A name is looked up by
/// the system (getaddrinfo) on a thread of its own, which is left behind at the deadline. Blocks;
/// thread-safe. Errors: `unavailable` for an unknown name, `deadline_exceeded`,
/// `resource_exhausted` where too many look-ups are still under way.
Result<std::vector<boost::asio::ip::address>> look_up(
    const std::string& host, std::chrono::steady_clock::time_point deadline);

}  // namespace sotto::providers::aws
