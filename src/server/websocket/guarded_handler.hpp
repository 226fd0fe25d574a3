#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "server/websocket/connection.hpp"

namespace sotto::server {

/// What a WebSocket is held to, whoever serves it.
struct SocketLimits {
  double burst = 20;       ///< messages at once, at least 1
  double per_second = 1;   ///< and in the long run
  bool binary_too = true;  ///< binary messages are counted; a speaker's are audio, and are not
  std::optional<std::chrono::seconds> first_message = {};  ///< closed if nothing was said by then
};

inline constexpr SocketLimits speaker_limits{40, 5, false, std::chrono::seconds{10}};
inline constexpr SocketLimits listener_limits{};

/// A handler that keeps a place while its socket is open, and closes the socket of a client that
/// says too much (4429) or, for too long, nothing (4408). check() is thread-safe.
class GuardedHandler : public SocketHandler, public std::enable_shared_from_this<GuardedHandler> {
 public:
  using Clock = std::chrono::steady_clock;

  /// `place`: destroyed with the socket. `closed_with` hears the code the handler closes it with.
  GuardedHandler(std::shared_ptr<SocketHandler> handler, SocketLimits limits,
                 std::shared_ptr<void> place, std::function<Clock::time_point()> now = Clock::now,
                 std::function<void(std::uint16_t)> closed_with = {});

  void on_open(std::shared_ptr<Connection> connection) override;
  void on_text(std::string_view message) override;
  void on_binary(std::span<const std::byte> message) override;
  void on_closed() override;

  /// From time to time.
  void check(Clock::time_point now);

 private:
  bool may_speak();

  const std::shared_ptr<SocketHandler> handler_;
  const SocketLimits limits_;
  const std::function<Clock::time_point()> now_;
  const std::function<void(std::uint16_t)> closed_with_;
  const Clock::time_point opened_;
  std::atomic<bool> heard_{false};

  // on the socket's executor
  std::shared_ptr<void> place_;
  double tokens_;
  Clock::time_point filled_;
  bool refused_ = false;

  std::mutex mutex_;  ///< guards connection_
  std::shared_ptr<Connection> connection_;
};

/// Those whose first message is awaited. Thread-safe.
class GuardedHandlers {
 public:
  void add(const std::shared_ptr<GuardedHandler>& handler);
  void check(GuardedHandler::Clock::time_point now);

 private:
  std::mutex mutex_;  ///< guards handlers_
  std::vector<std::weak_ptr<GuardedHandler>> handlers_;
};

}  // namespace sotto::server
