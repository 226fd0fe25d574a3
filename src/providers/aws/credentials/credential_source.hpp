#pragma once

#include "base/result.hpp"
#include "providers/aws/credentials/identity.hpp"

namespace sotto::providers::aws {

/// A source of valid credentials.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  /// Credentials that are valid now. May block while they are fetched; thread-safe. Errors:
  /// `permission_denied` if there are none, or the error of fetching them; no message contains a
  /// secret.
  virtual Result<Credentials> credentials() = 0;

  /// A service has refused these as expired: the next call should fetch others. Thread-safe.
  virtual void reject(const Credentials& refused) { static_cast<void>(refused); }
};

/// A source with constant credentials.
class FixedCredentials : public CredentialSource {
 public:
  explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<Credentials> credentials() override { return credentials_; }

 private:
  const Credentials credentials_;
};

}  // namespace sotto::providers::aws
