#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"
#include "server/tls/tls_session.hpp"

namespace sotto::server {

/// A certificate and its key as files have them, in PEM.
struct TlsMaterial {
  std::string chain;                   ///< the server's certificate, then those that signed it
  std::string key;                     ///< not encrypted
  std::string chain_place, key_place;  ///< for messages: an option and its file
};

/// What people are told of a certificate.
struct TlsCertificate {
  std::string fingerprint;  ///< SHA-256 of the certificate, as browsers show it: "AB:CD:…"
  UtcTime not_before, not_after;
  bool self_signed = false;  ///< by its own key: no browser trusts it without being told to
  bool has_names = false;    ///< subjectAltName, without which browsers refuse it
};

/// What is wrong with a certificate that is used all the same: expired, not valid yet, expires
/// within 14 days, has no name. Empty: nothing.
std::vector<std::string> warnings_of(const TlsCertificate& certificate, UtcTime now);

/// The certificate and the settings of all TLS connections: versions 1.2 and 1.3, no
/// renegotiation, tickets (so that who comes back needs half a handshake), buffers given back when
/// idle. Thread-safe.
class TlsContext {
 public:
  using Source = std::function<Result<TlsMaterial>()>;

  /// Reads `source` for the first time. Errors: the source's, and `invalid_argument` that names the
  /// place and says what is wrong: no PEM, an encrypted key, a key of another certificate, a key
  /// that is too weak.
  static Result<std::shared_ptr<TlsContext>> create(Source source);

  /// Reads the source again; new connections get what it has now. On an error, as those of
  /// create(), everything stays as it is. Connections that are open go on either way.
  Result<> reload();

  TlsCertificate certificate() const;

  /// Whether browsers may be told to use nothing but TLS here from now on (HSTS, RFC 6797): not
  /// with a self-signed certificate, which people can leave behind only by plain HTTP.
  bool strict() const { return strict_; }

  /// A new connection's.
  SslPointer make() const;

 private:
  struct ContextDeleter {
    void operator()(SSL_CTX* context) const;
  };
  struct Loaded {
    std::unique_ptr<SSL_CTX, ContextDeleter> context;
    TlsCertificate certificate;
  };

  explicit TlsContext(Source source);
  static Result<Loaded> load(const TlsMaterial& material);

  const Source source_;
  mutable std::mutex mutex_;
  Loaded loaded_;  ///< guarded by mutex_
  std::atomic<bool> strict_{false};
};

}  // namespace sotto::server
