#pragma once

#include <memory>

#include "server/websocket/sockets.hpp"

namespace sotto::server {

/// The speaker's socket; see route_socket().
std::shared_ptr<SocketHandler> make_audio_socket(const std::string& session_id,
                                                 const SocketRequest& request,
                                                 SessionRegistry* registry);

}  // namespace sotto::server
