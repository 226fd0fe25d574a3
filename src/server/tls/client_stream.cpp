#include "server/tls/client_stream.hpp"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sotto::server {

namespace asio = boost::asio;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr unsigned char handshake_record = 22;  // RFC 8446, 5.1: what a ClientHello comes in

// What an HTTP request begins with: a method's name (RFC 9110, 9.1).
bool begins_http(unsigned char first) { return first >= 'A' && first <= 'Z'; }

}  // namespace

ClientStream::State::State(Socket connected, SslPointer ssl)
    : socket(std::move(connected)), deadline(socket.get_executor()) {
  if (ssl) tls = std::make_unique<TlsSession>(std::move(ssl), socket.native_handle());
}

ClientStream::SystemError ClientStream::State::error_of(TlsSession::Wait wait) const {
  switch (wait) {
    case TlsSession::Wait::over: return error_of(asio::error::eof);
    case TlsSession::Wait::broken: return error_of(asio::error::connection_reset);
    default: return {};
  }
}

ClientStream::SystemError ClientStream::State::error_of(SystemError error) const {
  return error && expired ? SystemError(asio::error::timed_out) : error;
}

ClientStream::ClientStream(Socket socket, const TlsContext* tls)
    : state_(std::make_shared<State>(std::move(socket), tls ? tls->make() : nullptr)) {}

ClientStream::~ClientStream() {
  if (state_) close();
}

void ClientStream::close() {
  state_->deadline.cancel();
  SystemError ignored;
  state_->socket.close(ignored);
}

void ClientStream::expires_after(std::chrono::milliseconds time) {
  state_->deadline.expires_after(time);  // which ends the wait for the one before
  state_->deadline.async_wait([weak = std::weak_ptr(state_)](SystemError error) {
    const auto state = weak.lock();
    if (error || !state || state->deadline.expiry() > asio::steady_timer::clock_type::now()) return;
    state->expired = true;
    SystemError ignored;
    state->socket.close(ignored);
  });
}

void ClientStream::expires_never() {
  // Also for a wait that has ended and whose handler is on its way.
  state_->deadline.expires_at(asio::steady_timer::time_point::max());
}

asio::awaitable<ClientStream::Opening> ClientStream::open() {
  const std::shared_ptr<State> state = state_;
  if (!state->tls) co_return Opening::ready;
  auto [closed] = co_await state->socket.async_wait(Socket::wait_read, as_result);
  if (closed) co_return Opening::failed;
  unsigned char first = 0;
  const ssize_t got = ::recv(state->socket.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got == 1 && first != handshake_record && begins_http(first)) {
    state->tls.reset();
    co_return Opening::plain_http;
  }
  for (;;) {
    const TlsSession::Wait wait = state->tls->handshake();
    if (wait == TlsSession::Wait::nothing) co_return Opening::ready;
    if (wait != TlsSession::Wait::readable && wait != TlsSession::Wait::writable)
      co_return Opening::failed;
    auto [error] = co_await state->socket.async_wait(
        wait == TlsSession::Wait::readable ? Socket::wait_read : Socket::wait_write, as_result);
    if (error || !state->socket.is_open()) co_return Opening::failed;
  }
}

void ClientStream::finish_writing() {
  if (!state_->socket.is_open()) return;
  if (state_->tls) state_->tls->say_goodbye();
  SystemError ignored;
  state_->socket.shutdown(Socket::shutdown_send, ignored);
}

std::unique_ptr<TlsSession> ClientStream::release_tls() { return std::move(state_->tls); }

ClientStream::Socket ClientStream::release_socket() {
  state_->deadline.cancel();
  return std::move(state_->socket);
}

}  // namespace sotto::server
