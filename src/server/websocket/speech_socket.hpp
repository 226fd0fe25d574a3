#pragma once

#include <memory>
#include <string>

#include "server/websocket/sockets.hpp"

namespace sotto::server {

/// The socket of somebody who hears a session, see route_socket(). The registry must outlive it.
std::shared_ptr<SocketHandler> make_speech_socket(const std::string& session_id,
                                                  const SocketRequest& request,
                                                  SessionRegistry* registry);

}  // namespace sotto::server
