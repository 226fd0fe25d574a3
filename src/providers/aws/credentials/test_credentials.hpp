#pragma once

#include <memory>

#include "providers/aws/credentials/credential_source.hpp"

namespace sotto::providers::aws::testing {

/// Keys that any stand-in for AWS takes, moto among them.
inline std::shared_ptr<CredentialSource> test_credentials() {
  Credentials keys;
  keys.access_key_id = "AKID";
  keys.secret_access_key = "secret";
  return std::make_shared<FixedCredentials>(keys);
}

}  // namespace sotto::providers::aws::testing
