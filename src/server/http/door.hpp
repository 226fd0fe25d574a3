#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/http/connections.hpp"
#include "server/http/http_message.hpp"
#include "server/http/request_head.hpp"
#include "server/operator/flag_access.hpp"
#include "server/websocket/sockets.hpp"

namespace sotto::server {

struct DoorConfig {
  ConnectionLimits connections;
  std::size_t descriptors = 1024;  ///< that the process may have, from which the limits follow
};

/// What is decided of a request by its head alone, whatever it asks for: who comes in, and why
/// somebody does not. No transport. Thread-safe.
class Door {
 public:
  Door(const DoorConfig& config, FlagAccess flag);

  /// Where each connection takes its place.
  const std::shared_ptr<Connections>& connections() const { return connections_; }

  /// Why a request of `client` is refused; nothing if it may go on.
  std::optional<Response> refuse(const RequestHead& head, Connections::Place& place,
                                 const std::string& client) const;

  /// The request, with its path and query decoded. Errors: `invalid_argument`, field `path`.
  static Result<Request> request(const RequestHead& head, std::string client, std::string body);
  /// The same of one that asks for a WebSocket; nothing for others.
  static std::optional<SocketRequest> socket_request(const RequestHead& head);

 private:
  bool is_operator(const RequestHead& head) const;

  const FlagAccess flag_;
  const std::shared_ptr<Connections> connections_;
};

}  // namespace sotto::server
