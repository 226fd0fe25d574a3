#include "server/tls/tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace sotto::server {

namespace {

// More than a record and a handshake's flight with a long chain of certificates. Only a peer that
// makes us answer and does not read can reach it.
constexpr std::size_t max_waiting = 64 * 1024;

// How much the socket took; -1: it is gone.
ssize_t try_send(int fd, const char* bytes, std::size_t size) {
  for (;;) {
    const ssize_t sent = ::send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    if (errno != EINTR) return -1;
  }
}

}  // namespace

// OpenSSL's own socket BIO raises SIGPIPE, and wants a write that was cut short to be repeated with
// the same bytes, which a queue that replaces captions does not have any more.
struct TlsSocket {
  static TlsSession& session(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* buffer, int size) {
    TlsSession& self = session(bio);
    BIO_clear_retry_flags(bio);
    for (;;) {
      const ssize_t got = ::recv(self.fd_, buffer, static_cast<std::size_t>(size), MSG_DONTWAIT);
      if (got > 0) return static_cast<int>(got);
      if (got == 0) {
        self.ended_ = true;
        return 0;
      }
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) BIO_set_retry_read(bio);
      return -1;
    }
  }

  static int write(BIO* bio, const char* bytes, int size) {
    TlsSession& self = session(bio);
    BIO_clear_retry_flags(bio);
    const auto all = static_cast<std::size_t>(size);
    std::size_t sent = 0;
    if (!self.waiting()) {
      const ssize_t now = try_send(self.fd_, bytes, all);
      if (now < 0) return -1;
      sent = static_cast<std::size_t>(now);
      if (sent == all) return size;
    }
    if (self.waiting_.size() - self.sent_ + all - sent > max_waiting) return -1;
    self.waiting_.append(bytes + sent, all - sent);
    return size;
  }

  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return session(bio).ended_ ? 1 : 0;
    return 0;
  }

  static const BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* one =
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "sotto");
      BIO_meth_set_read(one, read);
      BIO_meth_set_write(one, write);
      BIO_meth_set_ctrl(one, control);
      return one;
    }();
    return made;
  }
};

void SslDeleter::operator()(SSL* ssl) const { SSL_free(ssl); }

TlsSession::TlsSession(SslPointer ssl, int fd) : ssl_(std::move(ssl)), fd_(fd) {
  BIO* const bio = BIO_new(TlsSocket::method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

TlsSession::~TlsSession() = default;

TlsSession::Wait TlsSession::outcome(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return Wait::readable;
    case SSL_ERROR_ZERO_RETURN: return Wait::over;
    case SSL_ERROR_SSL:
      if (const char* reason = ERR_reason_error_string(ERR_peek_last_error())) why_ = reason;
      break;
    default: break;
  }
  break_off();
  return Wait::broken;
}

// The alert that says why goes out if it can; reading ends then, which is how others hear of it.
void TlsSession::break_off() {
  if (std::exchange(broken_, true)) return;
  (void)flush();
  ::shutdown(fd_, SHUT_RDWR);
}

TlsSession::Wait TlsSession::handshake() {
  if (broken_) return Wait::broken;
  if (const Wait wait = flush(); wait != Wait::nothing) return wait;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return flush();
  const Wait wait = outcome(result);
  if (wait == Wait::over) return Wait::broken;
  return wait == Wait::readable && waiting() ? Wait::writable : wait;
}

TlsSession::Step TlsSession::read(std::span<char> buffer) {
  if (broken_) return {0, Wait::broken};
  ERR_clear_error();
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &got);
  if (result == 1) return {got, Wait::nothing};
  return {0, outcome(result)};
}

TlsSession::Step TlsSession::write(std::string_view bytes) {
  if (broken_) return {0, Wait::broken};
  if (const Wait wait = flush(); wait != Wait::nothing) return {0, wait};
  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
  if (result == 1) return {written, Wait::nothing};
  return {0, outcome(result)};
}

TlsSession::Wait TlsSession::flush() {
  if (!waiting()) return Wait::nothing;
  const ssize_t sent = try_send(fd_, waiting_.data() + sent_, waiting_.size() - sent_);
  if (sent < 0) {
    break_off();
    return Wait::broken;
  }
  sent_ += static_cast<std::size_t>(sent);
  if (waiting()) return Wait::writable;
  waiting_ = {};
  sent_ = 0;
  return Wait::nothing;
}

void TlsSession::say_goodbye() {
  if (broken_ || !SSL_is_init_finished(ssl_.get())) return;
  ERR_clear_error();
  (void)SSL_shutdown(ssl_.get());
  (void)flush();
}

}  // namespace sotto::server
