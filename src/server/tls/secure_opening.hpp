#pragma once

#include <chrono>

#include <boost/asio/awaitable.hpp>

#include "server/tls/client_stream.hpp"
#include "telemetry/log.hpp"

namespace sotto::server {

/// For a client to begin with TLS, or with what is served instead of it.
inline constexpr std::chrono::seconds opening_timeout{10};

/// Opens a client's connection; true: it is to be served. One without TLS is at once. Who speaks
/// plain HTTP where TLS is spoken is told: GET and HEAD are sent to the same address with https
/// (307, so that no browser remembers it), all else gets 400. A handshake that fails is a line at
/// DEBUG.
boost::asio::awaitable<bool> open_securely(ClientStream& stream, const telemetry::Log& log);

}  // namespace sotto::server
