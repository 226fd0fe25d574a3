#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/connection.hpp"
#include "server/frame_reader.hpp"

namespace sotto::server {

/// A listener's WebSocket after its upgrade, with a writer made for thousands of them: a message
/// that all get is framed once, goes to the socket on the caller's thread as long as the kernel
/// takes it, and waits in the queue only when it does not. Reads little: a listener may send
/// messages of up to 4 KiB. Thread-safe; the handler is called on the socket's executor.
class ListenerConnection : public Connection,
                           public std::enable_shared_from_this<ListenerConnection> {
 public:
  using Clock = OutgoingQueue::Clock;

  /// `socket` is connected, its upgrade answered, and its executor a strand.
  ListenerConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<SocketHandler> handler);

  /// Begins to read; calls the handler's on_open(). Once.
  void start();

  void send(Outgoing message) override;
  void close(std::uint16_t code, std::string reason) override;

  /// From time to time: pings who has been silent for ping_after, gives up who has been for
  /// silent_for or what has not closed in time, closes who is too slow.
  void check(Clock::time_point now);

  static constexpr std::chrono::seconds ping_after{12};
  static constexpr std::chrono::seconds silent_for{45};
  static constexpr std::chrono::seconds close_patience{5};

 private:
  // Where it is on its way to the end, which only goes on.
  enum class Phase : std::uint8_t {
    open,
    closing,  ///< nothing more is taken; what is queued goes out, the close frame last
    said,     ///< the close frame is out
    over
  };

  void read();
  void on_readable();
  bool take(std::string_view bytes);
  void answer_close(std::string_view payload);
  void finish();

  // under mutex_
  void write(std::unique_lock<std::mutex>& lock);
  void await_writable();
  void begin_close(const SharedMessage& goodbye);

  boost::asio::ip::tcp::socket socket_;
  const int fd_;

  // on the socket's executor
  std::shared_ptr<SocketHandler> handler_;
  FrameReader reader_;
  std::vector<ClientMessage> messages_;

  std::atomic<Clock::rep> heard_{0}, pinged_{0};

  std::mutex mutex_;  ///< guards what follows
  OutgoingQueue queue_;
  Phase phase_ = Phase::open;
  Clock::time_point closing_since_{};
  bool awaiting_writable_ = false;
};

}  // namespace sotto::server
