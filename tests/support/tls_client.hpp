#pragma once

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sotto::testing {

/// A TLS client on a socket of its own, which it closes. It trusts everybody. Nothing blocks.
class TlsClient {
 public:
  explicit TlsClient(int fd, int newest = TLS1_3_VERSION, int oldest = TLS1_2_VERSION)
      : fd_(fd), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), oldest);
    SSL_CTX_set_max_proto_version(context_.get(), newest);
    SSL_CTX_set_session_cache_mode(context_.get(),
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context_.get(), keep);
    SSL_CTX_set_app_data(context_.get(), this);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), fd_);
    SSL_set_connect_state(ssl_.get());
  }
  ~TlsClient() {
    // Else OpenSSL takes the session for one that was attacked, and does not come back with it.
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    ssl_.reset();
    if (fd_ >= 0) ::close(fd_);
    if (session_) SSL_SESSION_free(session_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  SSL* ssl() { return ssl_.get(); }
  int fd() const { return fd_; }

  /// Whether the handshake is done; call it until it is.
  bool handshake() {
    ERR_clear_error();
    return SSL_do_handshake(ssl_.get()) == 1;
  }

  /// What has come; empty if nothing has, or nothing more will.
  std::string read() {
    std::array<char, 16 * 1024> buffer;
    std::size_t got = 0;
    ERR_clear_error();
    if (SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &got) == 1)
      return {buffer.data(), got};
    ended_ = SSL_get_error(ssl_.get(), 0) != SSL_ERROR_WANT_READ;
    return {};
  }
  bool ended() const { return ended_; }

  bool write(std::string_view text) {
    std::size_t written = 0;
    ERR_clear_error();
    return SSL_write_ex(ssl_.get(), text.data(), text.size(), &written) == 1;
  }

  /// The session to come back with; the caller's to free. Null: none came.
  SSL_SESSION* take_session() { return std::exchange(session_, nullptr); }

 private:
  static int keep(SSL* ssl, SSL_SESSION* session) {
    auto* const self = static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    if (self->session_) SSL_SESSION_free(self->session_);
    self->session_ = session;
    return 1;
  }

  int fd_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  SSL_SESSION* session_ = nullptr;
  bool ended_ = false;
};

}  // namespace sotto::testing
