#pragma once

#include <cstdint>
#include <string>

#include <boost/system/error_code.hpp>

#include "base/result.hpp"

namespace sotto::server {

/// Why nothing can listen at an address, with what to do. Errors: `already_exists` for a port in
/// use, `permission_denied` for one that needs more rights, else `unavailable`.
Error listen_error(const std::string& address, std::uint16_t port,
                   const boost::system::error_code& error);

}  // namespace sotto::server
