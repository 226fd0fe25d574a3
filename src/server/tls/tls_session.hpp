#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <openssl/types.h>

namespace sotto::server {

struct SslDeleter {
  void operator()(SSL* ssl) const;
};
using SslPointer = std::unique_ptr<SSL, SslDeleter>;

/// The server's side of TLS on one connected socket. Nothing blocks. What is written is encrypted
/// at once and counts as written; what the kernel does not accept of it, at most a record (16 KiB)
/// and a handshake's flight, waits here, and nothing more is encrypted meanwhile. So the caller
/// may forget or replace what it has not written yet. Nothing raises SIGPIPE. Not thread-safe.
class TlsSession {
 public:
  /// What to wait for before the next try.
  enum class Wait : std::uint8_t {
    nothing,
    readable,
    writable,
    over,   ///< the peer has said goodbye, or has closed its side
    broken  ///< what came is not TLS, was refused, or the socket is gone; reading ends as well
  };

  struct Step {
    std::size_t bytes = 0;
    Wait wait = Wait::nothing;
  };

  /// `ssl` is new and of a server's context (TlsContext::make()); `fd` is connected and must be
  /// open as long as anything but the destructor is called.
  TlsSession(SslPointer ssl, int fd);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Goes on with the handshake; `nothing`: it is done, and all of it is sent.
  Wait handshake();

  /// Reads at most `buffer`; with 0 bytes, says what to wait for.
  Step read(std::span<char> buffer);

  /// Encrypts as much of `bytes` as one record takes; with 0 bytes, says what to wait for. Some of
  /// it may be waiting afterwards: see flush().
  Step write(std::string_view bytes);

  /// Sends what waits. `nothing`: nothing waits any more.
  Wait flush();

  /// Whether encrypted bytes wait for the socket.
  bool waiting() const { return sent_ < waiting_.size(); }

  /// Says that nothing more will be written (RFC 8446, 6.1), if the socket takes it now. Once.
  void say_goodbye();

  /// Why it is `broken`, in OpenSSL's words; empty: the connection was lost.
  const std::string& why() const { return why_; }

 private:
  friend struct TlsSocket;  // what OpenSSL reads from and writes to

  Wait outcome(int result);
  void break_off();

  SslPointer ssl_;
  const int fd_;
  bool ended_ = false;  ///< the peer's side of the socket
  bool broken_ = false;
  std::string waiting_;   ///< encrypted
  std::size_t sent_ = 0;  ///< of it
  std::string why_;
};

}  // namespace sotto::server
