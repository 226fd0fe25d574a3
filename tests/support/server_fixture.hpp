#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "server/http/api.hpp"
#include "server/sessions/session_registry.hpp"
#include "server/websocket/connection.hpp"
#include "server/websocket/sockets.hpp"
#include "tests/support/events.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/memory_session_store.hpp"
#include "tests/support/test_flag.hpp"

namespace sotto::testing {

inline std::vector<std::byte> silence(std::size_t samples) {
  return std::vector<std::byte>(samples * 2);
}

/// What a client would get.
struct Client : server::Connection {
  void send(const server::Outgoing& outgoing) override {
    if (outgoing.message->opcode() == server::Opcode::text)
      received.emplace_back(outgoing.message->payload());
    else
      binary += outgoing.message->payload().size();
  }
  void close(std::uint16_t code, std::string) override {
    if (!closed) closed = code;
  }
  std::vector<std::string> received;
  std::size_t binary = 0;  ///< bytes
  std::optional<std::uint16_t> closed;
};

/// The API and the sockets over fakes, on the test's thread: poll() runs what is ready.
class ServerTest : public ::testing::Test {
 public:
  static constexpr server::SessionRegistry::Clock::time_point start{};

 protected:
  ServerTest() {
    recogniser.calibration_.emplace();
    pipeline::SessionParts parts;
    parts.executor = io.get_executor();
    parts.recogniser = &recogniser;
    parts.translator = &translator;
    parts.cache = &cache;
    parts.synthesiser = &synthesiser;
    parts.store = &store;
    begin(parts);
  }

  /// A process that serves what the store has; what there was before is gone.
  void begin(const pipeline::SessionParts& parts) {
    server::RegistryConfig config;
    config.now = [] { return TestFlag::now; };
    config.max_sessions = 3;
    config.max_ended = 1;
    config.shares = shares;
    config.voters_listened = {};
    config.observers = [this](const SessionId& id, const rollout::Evaluation& decision) {
      canaries[id.str()] = decision.canary;
      return pipeline::SessionObservers{};
    };
    api.reset();
    registry.emplace(config, parts, [this](std::size_t bound) { return next++ % bound; });
    api.emplace(flag.api_parts(&*registry, &log));
  }

  void poll() {
    io.restart();
    io.poll();
  }
  server::Response ask(std::string method, std::string path, std::string body = {},
                       std::string bearer = {}, std::map<std::string, std::string> query = {}) {
    return api->handle({std::move(method),
                        std::move(path),
                        std::move(query),
                        std::move(bearer),
                        {},
                        std::move(body)},
                       start);
  }
  boost::json::object create() {
    return boost::json::parse(ask("POST", "/v1/sessions").body).as_object();
  }
  std::shared_ptr<server::SocketHandler> open(const std::string& path,
                                              std::map<std::string, std::string> query = {},
                                              std::string bearer = {}) {
    auto handler =
        server::route_socket({path, std::move(query), std::move(bearer)}, &*registry).handler;
    if (!handler) return nullptr;
    client = std::make_shared<Client>();
    handler->on_open(client);
    poll();
    return handler;
  }

  boost::asio::io_context io;
  TestFlag flag;
  FakeRecogniser recogniser;
  FakeTranslator translator;
  FakeSynthesiser synthesiser;
  MemorySessionStore store;
  pipeline::TranslationCache cache;
  std::vector<std::string> lines;
  telemetry::Log log{telemetry::Level::debug,
                     [this](const std::string& line) { lines.push_back(line); },
                     [] { return std::string("now"); }};
  static boost::json::value last_of(const Client& client) {
    return client.received.empty() ? boost::json::value()
                                   : boost::json::parse(client.received.back());
  }

  /// For the next begin(): how recognisers are shared.
  std::optional<server::SharesConfig> shares;

  std::size_t next = 0;
  std::map<std::string, bool> canaries;  ///< by session, as its observer is told
  std::optional<server::SessionRegistry> registry;
  std::optional<server::Api> api;
  std::shared_ptr<Client> client;
};

}  // namespace sotto::testing
