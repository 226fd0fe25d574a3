#include "server/websocket/guarded_handler.hpp"

#include <algorithm>
#include <utility>

#include "server/websocket/sockets.hpp"

namespace sotto::server {

namespace {

// Tells with which code a connection is closed. For speakers, who are sent little.
class NotingConnection : public Connection {
 public:
  NotingConnection(std::shared_ptr<Connection> connection,
                   std::function<void(std::uint16_t)> closed_with)
      : connection_(std::move(connection)), closed_with_(std::move(closed_with)) {}

  void send(const Outgoing& message) override { connection_->send(message); }
  void close(std::uint16_t code, std::string reason) override {
    closed_with_(code);
    connection_->close(code, std::move(reason));
  }

 private:
  const std::shared_ptr<Connection> connection_;
  const std::function<void(std::uint16_t)> closed_with_;
};

}  // namespace

GuardedHandler::GuardedHandler(std::shared_ptr<SocketHandler> handler, SocketLimits limits,
                               std::shared_ptr<void> place, std::function<Clock::time_point()> now,
                               std::function<void(std::uint16_t)> closed_with)
    : handler_(std::move(handler)),
      limits_(limits),
      now_(std::move(now)),
      closed_with_(std::move(closed_with)),
      opened_(now_()),
      place_(std::move(place)),
      tokens_(limits.burst),
      filled_(opened_) {}

void GuardedHandler::on_open(std::shared_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    connection_ = connection;
  }
  if (closed_with_)
    connection = std::make_shared<NotingConnection>(std::move(connection), closed_with_);
  handler_->on_open(std::move(connection));
}

bool GuardedHandler::may_speak() {
  heard_ = true;
  if (refused_) return false;
  const auto now = now_();
  const std::chrono::duration<double> since = now - filled_;
  filled_ = now;
  tokens_ = std::min(limits_.burst, tokens_ + since.count() * limits_.per_second);
  if (tokens_ >= 1) {
    tokens_ -= 1;
    return true;
  }
  refused_ = true;
  refuse(*connection_, {ErrorCode::resource_exhausted, "too many messages at once", ""},
         close_code::too_many);
  return false;
}

void GuardedHandler::on_text(std::string_view message) {
  if (may_speak()) handler_->on_text(message);
}

void GuardedHandler::on_binary(std::span<const std::byte> message) {
  heard_ = true;
  if (refused_ || (limits_.binary_too && !may_speak())) return;
  handler_->on_binary(message);
}

void GuardedHandler::on_closed() {
  heard_ = true;
  handler_->on_closed();
  place_.reset();
  const std::lock_guard lock(mutex_);
  connection_.reset();
}

void GuardedHandler::check(Clock::time_point now) {
  if (!limits_.first_message || now - opened_ < *limits_.first_message || heard_.exchange(true))
    return;
  std::shared_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    connection = connection_;
  }
  if (!connection) return;
  refuse(*connection,
         {ErrorCode::deadline_exceeded,
          "nothing was said for " + std::to_string(limits_.first_message->count()) + " s", "type"},
         close_code::late);
}

void GuardedHandlers::add(const std::shared_ptr<GuardedHandler>& handler) {
  const std::lock_guard lock(mutex_);
  handlers_.push_back(handler);
}

void GuardedHandlers::check(GuardedHandler::Clock::time_point now) {
  std::vector<std::weak_ptr<GuardedHandler>> handlers;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(handlers_, [](const auto& known) { return known.expired(); });
    handlers = handlers_;
  }
  for (const auto& known : handlers)
    if (const auto handler = known.lock()) handler->check(now);
}

}  // namespace sotto::server
