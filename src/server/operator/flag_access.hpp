#pragma once

#include <functional>
#include <string>

#include "access/operator_file.hpp"
#include "feature_flag/flag_reader.hpp"
#include "ports/flag_store.hpp"

namespace sotto::server {

class FailedLogins;

/// The flag as a server sees it. What is pointed to must outlive the server.
struct FlagAccess {
  feature_flag::FlagReader* reader = nullptr;
  ports::FlagStore* store = nullptr;
  std::string parameter_name;
  std::string operator_token;  ///< the first one, of whoever runs the server; empty: there is none
  std::function<UtcTime()> now;
  const access::Operators* operators = nullptr;  ///< those with tokens of their own; none: nobody
  FailedLogins* failed_logins = nullptr;         ///< none: they are neither logged nor limited
};

}  // namespace sotto::server
