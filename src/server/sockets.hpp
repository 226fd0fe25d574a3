#pragma once

#include <map>
#include <memory>
#include <string>

#include "server/connection.hpp"
#include "server/session_registry.hpp"

namespace sotto::server {

/// A WebSocket request without its transport.
struct SocketRequest {
  std::string path;
  std::map<std::string, std::string> query;
  std::string bearer;  ///< the token of the Authorization header, or empty
};

/// The handler for a path: `/v1/sessions/{id}/captions` or `/v1/sessions/{id}/audio`; nullptr for
/// any other. The registry must outlive it.
///
/// captions: query `lang` (needed) and `since` (a sequence number). The server sends captions,
/// states and errors; what the client sends is ignored.
///
/// audio: the speaker. With the token as bearer, or in a first text message
/// `{"type":"start","token":"…","sample_rate":48000}` (rate 8000–48000, 16000 unless said), binary
/// messages of 16-bit little-endian mono PCM follow; `{"type":"end"}` ends the talk. The server
/// answers
/// `{"type":"started"}`, then `{"type":"status","state","received_seconds","dropped_seconds"}` for
/// each second.
std::shared_ptr<SocketHandler> route_socket(const SocketRequest& request,
                                            SessionRegistry* registry);

/// Sends {"type":"error","error":{…}} and closes.
void refuse(Connection& connection, const Error& error, std::uint16_t close_code);

}  // namespace sotto::server
