#pragma once

#include <map>
#include <memory>
#include <string>

#include "server/sessions/session_registry.hpp"
#include "server/websocket/connection.hpp"

namespace sotto::server {

/// A WebSocket request without its transport.
struct SocketRequest {
  std::string path;
  std::map<std::string, std::string> query;
  std::string bearer;       ///< the token of the Authorization header, or empty
  std::string client = {};  ///< whom it is counted for
};

/// Who serves a WebSocket, and which kind of client is at the other end.
struct SocketRoute {
  std::shared_ptr<SocketHandler> handler;  ///< null: there is no socket at this path
  bool speaker = false;  ///< sends much and is sent little; a listener is one of thousands
};

/// The handler for a path: `/v1/sessions/{id}/captions`, `/speech` or `/audio`. The registry must
/// outlive it. What goes over each is in docs/live.md.
SocketRoute route_socket(const SocketRequest& request, SessionRegistry* registry);

/// A handler that refuses whoever connects.
std::shared_ptr<SocketHandler> make_refusing_socket(Error error, std::uint16_t close_code);

/// Sends {"type":"error","error":{…}} and closes.
void refuse(Connection& connection, const Error& error, std::uint16_t close_code);

}  // namespace sotto::server
