#include "server/websocket/listener_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

namespace sotto::server {

namespace asio = boost::asio;

namespace {

constexpr std::size_t max_message = 4096;
constexpr std::size_t views_at_once = 16;
constexpr std::size_t record_size = 16 * 1024;  // of TLS, at most (RFC 8446, 5.1)

// With the kernel's defaults a reader that stalls hides megabytes in its socket, an hour of
// captions. Linux tcp(7); the values are those of docs/adr/0006-listeners-own-writer.md.
void bound_what_the_kernel_holds(int fd) {
  constexpr int unsent = 16 * 1024, unacknowledged_ms = 30'000, on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
                     sizeof unacknowledged_ms);
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// How much the socket took; 0 when it takes nothing now, or never again (reading tells which).
std::size_t try_send(int fd, std::span<const std::string_view> views) {
  if (views.size() == 1) {
    const ssize_t sent = ::send(fd, views[0].data(), views[0].size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  std::array<iovec, views_at_once> parts;
  for (std::size_t i = 0; i < views.size(); ++i)
    parts[i] = {const_cast<char*>(views[i].data()), views[i].size()};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = views.size();
  const ssize_t sent = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

// The same over TLS: several small messages go into one record.
std::size_t try_send(TlsSession& tls, std::span<const std::string_view> views) {
  if (views.size() == 1) return tls.write(views[0]).bytes;
  std::string record;
  for (const std::string_view view : views) {
    record += view.substr(0, record_size - record.size());
    if (record.size() == record_size) break;
  }
  return tls.write(record).bytes;
}

}  // namespace

ListenerConnection::ListenerConnection(asio::ip::tcp::socket socket,
                                       std::unique_ptr<TlsSession> tls,
                                       std::shared_ptr<SocketHandler> handler)
    : fd_(socket.native_handle()),
      tls_(std::move(tls)),
      socket_(std::move(socket)),
      handler_(std::move(handler)),
      reader_(max_message) {
  bound_what_the_kernel_holds(fd_);
  heard_ = Clock::now().time_since_epoch().count();
}

void ListenerConnection::start() {
  asio::dispatch(socket_.get_executor(), [self = shared_from_this()] {
    boost::system::error_code ignored;
    self->socket_.non_blocking(true, ignored);
    self->handler_->on_open(self);
    self->on_readable();  // TLS may have read some already
  });
}

std::size_t ListenerConnection::transmit(std::span<const std::string_view> views) {
  return tls_ ? try_send(*tls_, views) : try_send(fd_, views);
}

void ListenerConnection::send(const Outgoing& message) {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::open) return;
  // Nothing waits: the common case needs no queue.
  if (idle_) {
    const std::string_view frame = message.message->frame();
    const std::size_t sent = transmit({&frame, 1});
    if (sent == frame.size() && !unsent()) return;
    idle_ = false;
    if (sent < frame.size()) {
      queue(message, Clock::now());
      queue_.sent(sent);
    }
    return await_writable();
  }
  if (queue(message, Clock::now())) return;
  queue_.clear();
  begin_close(close_message(close_code::try_again, "too slow: reconnect and resume with since"));
}

bool ListenerConnection::queue(const Outgoing& message, Clock::time_point now) {
  idle_ = false;
  return queue_.push(message, now);
}

void ListenerConnection::close(std::uint16_t code, std::string reason) {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::open) return;
  begin_close(close_message(code, reason));
  write(lock);
}

void ListenerConnection::begin_close(const SharedMessage& goodbye) {
  phase_ = Phase::closing;
  closing_since_ = Clock::now();
  queue({.message = goodbye}, closing_since_);
}

void ListenerConnection::write(std::unique_lock<std::mutex>& lock) {
  if (awaiting_writable_ || phase_ == Phase::over) return;
  std::array<std::string_view, views_at_once> views;
  while (const std::size_t filled = queue_.peek(views, Clock::now())) {
    const std::span<const std::string_view> now(views.data(), filled);
    std::size_t all = 0;
    for (const std::string_view view : now) all += view.size();
    const std::size_t sent = transmit(now);
    queue_.sent(sent);
    if (unsent() || (sent < all && !tls_) || sent == 0) return await_writable();
  }
  if (tls_ && tls_->flush() == TlsSession::Wait::writable) return await_writable();
  idle_ = true;
  if (phase_ == Phase::closing) phase_ = Phase::said;
  lock.unlock();
}

void ListenerConnection::await_writable() {
  if (std::exchange(awaiting_writable_, true)) return;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->socket_.async_wait(asio::ip::tcp::socket::wait_write,
                             [self](boost::system::error_code error) {
                               std::unique_lock lock(self->mutex_);
                               self->awaiting_writable_ = false;
                               if (!error) self->write(lock);
                             });
  });
}

void ListenerConnection::read() {
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](boost::system::error_code error) {
                       if (error) return self->finish();
                       self->on_readable();
                     });
}

void ListenerConnection::on_readable() {
  if (tls_) return on_readable_encrypted();
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return read();
    if (size <= 0) return finish();
    heard_ = Clock::now().time_since_epoch().count();
    if (!take({buffer.data(), static_cast<std::size_t>(size)})) return finish();
  }
}

// A session's threads may be writing: TLS is one at a time, also for one who reads.
void ListenerConnection::on_readable_encrypted() {
  std::array<char, 4096> buffer;
  for (;;) {
    TlsSession::Step step;
    {
      const std::lock_guard lock(mutex_);
      step = tls_->read(buffer);
      if (unsent()) {  // its answers to a handshake's messages
        idle_ = false;
        await_writable();
      }
    }
    if (step.wait == TlsSession::Wait::readable) return read();
    if (step.wait != TlsSession::Wait::nothing) return finish();
    heard_ = Clock::now().time_since_epoch().count();
    if (!take({buffer.data(), step.bytes})) return finish();
  }
}

// False: the connection is over.
bool ListenerConnection::take(std::string_view bytes) {
  messages_.clear();
  const auto broken = reader_.take(bytes, messages_);
  for (const ClientMessage& message : messages_) {
    switch (message.opcode) {
      case Opcode::ping:
        send({.message = std::make_shared<const WireMessage>(Opcode::pong, message.payload)});
        break;
      case Opcode::pong: break;
      case Opcode::close: answer_close(message.payload); return false;
      case Opcode::binary:
        handler_->on_binary(
            std::as_bytes(std::span(message.payload.data(), message.payload.size())));
        break;
      default: handler_->on_text(message.payload); break;
    }
  }
  if (!broken) return true;
  close(*broken, *broken == 1009   ? "a message may have 4096 bytes"
                 : *broken == 1007 ? "text must be UTF-8"
                                   : "not a WebSocket frame");
  return false;
}

// RFC 6455, section 5.5.1: the answer has the same code.
void ListenerConnection::answer_close(std::string_view payload) {
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::open) {
    queue_.clear();
    begin_close(std::make_shared<const WireMessage>(Opcode::close, payload.substr(0, 2)));
  }
  write(lock);
}

void ListenerConnection::check(Clock::time_point now) {
  const auto since = [now](Clock::rep then) {
    return now - Clock::time_point{Clock::duration{then}};
  };
  bool give_up = since(heard_) > silent_for;
  bool ping = false;
  {
    std::unique_lock lock(mutex_);
    if (phase_ == Phase::over) return;
    if (phase_ == Phase::open && queue_.too_old(now)) {
      queue_.clear();
      begin_close(
          close_message(close_code::try_again, "too slow: reconnect and resume with since"));
    }
    if (phase_ != Phase::open && now - closing_since_ > close_patience) give_up = true;
    ping = phase_ == Phase::open && since(heard_) > ping_after && since(pinged_) > ping_after;
  }
  if (give_up)
    return asio::post(socket_.get_executor(), [self = shared_from_this()] {
      // Which ends the reading. Not closed: senders would write to whoever gets the descriptor
      // next.
      boost::system::error_code ignored;
      self->socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    });
  if (!ping) return;
  pinged_ = now.time_since_epoch().count();
  send({.message = std::make_shared<const WireMessage>(Opcode::ping, "")});
}

void ListenerConnection::finish() {
  {
    const std::lock_guard lock(mutex_);
    phase_ = Phase::over;
    queue_.clear();
    if (tls_) tls_->say_goodbye();
    tls_.reset();
  }
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  if (const auto handler = std::exchange(handler_, nullptr)) handler->on_closed();
}

}  // namespace sotto::server
