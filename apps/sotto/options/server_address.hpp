#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace sotto::app {

/// Keeps where a server that listens on `address` is reached from its own machine, such as
/// `http://127.0.0.1:8080`, in the data folder `data` (the default one where that is empty), for
/// `sotto session`. Where that cannot be written the command needs to be told.
void keep_server_address(const std::string& data, const std::string& address, std::uint16_t port,
                         bool tls);

/// The address of the server that was started last with that data folder; `not_found` without one.
Result<std::string> kept_server_address(const std::filesystem::path& folder);

}  // namespace sotto::app
