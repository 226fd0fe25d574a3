#pragma once

#include <memory>

#include "server/websocket/sockets.hpp"

namespace sotto::server {

/// A listener's socket; see route_socket().
std::shared_ptr<SocketHandler> make_captions_socket(const std::string& session_id,
                                                    const SocketRequest& request,
                                                    SessionRegistry* registry);

}  // namespace sotto::server
