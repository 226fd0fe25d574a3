#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/tls/tls_session.hpp"
#include "server/websocket/connection.hpp"
#include "server/websocket/frame_reader.hpp"

namespace sotto::server {

/// A listener's WebSocket after its upgrade, with a writer for thousands of listeners. A message
/// for all is framed once. It is written to the socket on the caller's thread, and waits in the
/// queue only if the kernel does not accept it. A listener may send messages of up to 4 KiB.
/// Thread-safe; the handler is called on the socket's executor.
class alignas(64) ListenerConnection : public Connection,
                                       public std::enable_shared_from_this<ListenerConnection> {
 public:
  using Clock = OutgoingQueue::Clock;

  /// `socket` is connected, its upgrade answered, and its executor a strand. `tls`: what it speaks
  /// there, null for nothing; each message is then encrypted for this connection.
  ListenerConnection(boost::asio::ip::tcp::socket socket, std::unique_ptr<TlsSession> tls,
                     std::shared_ptr<SocketHandler> handler);

  /// Begins to read; calls the handler's on_open(). Once.
  void start();

  void send(const Outgoing& message) override;
  void close(std::uint16_t code, std::string reason) override;

  /// To be called from time to time. Pings a client that was silent for ping_after; drops one that
  /// was silent for silent_for or has not closed in time; closes one that is too slow.
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
  void on_readable_encrypted();
  bool take(std::string_view bytes);
  void answer_close(std::string_view payload);
  void finish();

  // under mutex_
  std::size_t transmit(std::span<const std::string_view> views);
  bool unsent() const { return tls_ && tls_->waiting(); }
  void write(std::unique_lock<std::mutex>& lock);
  void await_writable();
  bool queue(const Outgoing& message, Clock::time_point now);
  void begin_close(const SharedMessage& goodbye);

  // What each delivery looks at, together, in the object's first cache line: with thousands of
  // listeners nothing of it is warm. idle_, phase_ and tls_ are guarded by mutex_.
  const int fd_;
  Phase phase_ = Phase::open;
  bool idle_ = true;                 ///< nothing is queued, and nothing encrypted is unsent
  std::unique_ptr<TlsSession> tls_;  ///< null: plain, or it is over
  std::mutex mutex_;                 ///< guards what is marked so

  // guarded by mutex_
  bool awaiting_writable_ = false;
  Clock::time_point closing_since_{};
  OutgoingQueue queue_;

  // on the socket's executor
  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<SocketHandler> handler_;
  FrameReader reader_;
  std::vector<ClientMessage> messages_;

  // self-synchronised
  std::atomic<Clock::rep> heard_{0}, pinged_{0};
};

}  // namespace sotto::server
