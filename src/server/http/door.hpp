#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/http/client_address.hpp"
#include "server/http/connections.hpp"
#include "server/http/host_check.hpp"
#include "server/http/http_message.hpp"
#include "server/http/request_head.hpp"
#include "server/operator/flag_access.hpp"
#include "server/websocket/sockets.hpp"

namespace sotto::server {

struct DoorConfig {
  ConnectionLimits connections;
  std::size_t descriptors = 1024;  ///< that the process may have, from which the limits follow
  ClientAddress clients;
  HostCheck hosts;
};

/// What is decided of a request by its head alone, whatever it asks for: who comes in, and why
/// somebody does not. No transport. Thread-safe.
class Door {
 public:
  Door(DoorConfig config, FlagAccess flag);

  /// Where each connection takes its place.
  const std::shared_ptr<Connections>& connections() const { return connections_; }

  /// Who a new connection is counted for; nobody yet if it is a proxy's.
  std::string newcomer(const std::string& peer) const;
  /// Who a request is counted for: the client_key() of its client's address.
  std::string client_of(const std::string& peer, const RequestHead& head) const;

  /// What is answered without the request being looked at: why it is refused, or what pages of
  /// another origin may do. Nothing: it may go on.
  std::optional<Response> answer(const RequestHead& head, Connections::Place& place,
                                 const std::string& client) const;
  /// Adds what a page of an allowed origin needs to read an answer.
  void add_fields(const RequestHead& head, Response& response) const;

  /// The request, with its path and query decoded. Errors: `invalid_argument`, field `path`.
  static Result<Request> request(const RequestHead& head, std::string client, std::string body);
  /// The same of one that asks for a WebSocket; nothing for others.
  static std::optional<SocketRequest> socket_request(const RequestHead& head, std::string client);

 private:
  bool is_operator(const RequestHead& head) const;

  const ClientAddress clients_;
  const HostCheck hosts_;
  const FlagAccess flag_;
  const std::shared_ptr<Connections> connections_;
};

}  // namespace sotto::server
