#pragma once

#include "base/result.hpp"
#include "providers/aws/identity.hpp"

namespace sotto::providers::aws {

/// Who knows what to sign with now.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  /// Credentials that are good now. May block while they are fetched; thread-safe. Errors:
  /// `permission_denied` where there are none, or what fetching them failed with; no message holds
  /// anything secret.
  virtual Result<Credentials> credentials() = 0;

  /// A service has refused these as expired: the next call should fetch others. Thread-safe.
  virtual void reject(const Credentials& refused) { static_cast<void>(refused); }
};

/// Always the same.
class FixedCredentials : public CredentialSource {
 public:
  explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<Credentials> credentials() override { return credentials_; }

 private:
  const Credentials credentials_;
};

}  // namespace sotto::providers::aws
