#pragma once

#include <optional>
#include <string>

#include "base/utc_time.hpp"

namespace sotto::providers::aws {

/// What a request is signed with. Secret: never logged, never part of an error's message.
struct Credentials {
  std::string access_key_id = {};
  std::string secret_access_key = {};
  std::string session_token = {};          ///< empty for keys that stay valid
  std::optional<UtcTime> expires_at = {};  ///< nothing for keys that stay valid
};

}  // namespace sotto::providers::aws
