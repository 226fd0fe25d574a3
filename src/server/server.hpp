#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/result.hpp"
#include "pipeline/session/session.hpp"
#include "server/application.hpp"
#include "server/http/door.hpp"
#include "server/tls/tls_context.hpp"
#include "telemetry/log.hpp"

namespace sotto::server {

struct ServerConfig {
  std::string address = "127.0.0.1";  ///< to listen on; 0.0.0.0 for every network
  std::uint16_t port = 8080;          ///< 0 takes a free one
  DoorConfig door = {};
  ApplicationConfig application;
  std::shared_ptr<const TlsContext> tls;  ///< null: plain HTTP
};

/// The HTTP and WebSocket server on one io_context, which any number of threads may run.
class Server {
 public:
  /// Listens, and follows the flag, but answers nothing before the io_context runs. Without an
  /// executor in `parts`, the io_context's is used. Errors: `invalid_argument` for an invalid
  /// address, `already_exists` for a port in use, `permission_denied` for one that needs more
  /// rights. `log` must outlive the server.
  static Result<std::unique_ptr<Server>> create(ServerConfig config, boost::asio::io_context& io,
                                                pipeline::SessionParts parts, telemetry::Log* log);
  /// Stops following the flag. Must be destroyed before the io_context.
  ~Server();

  /// Where it listens.
  std::uint16_t port() const;

  /// What it serves.
  Application& application();

  /// Starts a session that plays `recordings` (WAV) in a loop at real speed; GET /v1/demo gives its
  /// id. Call it before the io_context runs. Errors: those of the files and of the session.
  Result<SessionId> play_demo(const std::vector<std::filesystem::path>& recordings);

  /// Accepts no more requests, ends every session, and closes the connections when the sessions'
  /// last captions have been sent or `patience` has passed. The io_context then runs out of work.
  /// Thread-safe; call it once.
  void stop(std::chrono::milliseconds patience = std::chrono::seconds{3});

 private:
  class Impl;
  Server(std::unique_ptr<boost::asio::thread_pool> waiting, std::shared_ptr<Impl> impl);
  const std::unique_ptr<boost::asio::thread_pool> waiting_;
  const std::shared_ptr<Impl> impl_;
};

}  // namespace sotto::server
