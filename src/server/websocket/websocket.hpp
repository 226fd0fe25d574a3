#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "server/tls/client_stream.hpp"
#include "server/websocket/connection.hpp"
#include "server/websocket/listener_connection.hpp"

namespace sotto::server {

/// The WebSockets that are open, so that a stopping server can close them. Thread-safe.
class OpenSockets {
 public:
  OpenSockets();
  ~OpenSockets();

  void add(const std::shared_ptr<Connection>& connection);

  /// Calls check() of every listener's connection. From time to time.
  void check(ListenerConnection::Clock::time_point now);

  /// Says goodbye to all with 1001 and adds no more: later ones are closed at once.
  void close_all();

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

/// Answers a speaker's WebSocket upgrade and serves the socket until it closes. Messages over
/// 1 MiB, and peers that answer no ping for 30 s, are closed.
boost::asio::awaitable<void> serve_speaker(
    ClientStream stream, boost::beast::http::request<boost::beast::http::string_body> upgrade,
    std::shared_ptr<SocketHandler> handler, std::shared_ptr<OpenSockets> open);

/// Answers a listener's WebSocket upgrade and hands the socket to a ListenerConnection.
boost::asio::awaitable<void> serve_listener(
    ClientStream stream, boost::beast::http::request<boost::beast::http::string_body> upgrade,
    std::shared_ptr<SocketHandler> handler, std::shared_ptr<OpenSockets> open);

}  // namespace sotto::server
