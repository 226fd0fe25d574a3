#pragma once

#include <functional>
#include <string>

#include "feature_flag/flag_reader.hpp"
#include "ports/flag_store.hpp"

namespace sotto::server {

/// The flag as a server sees it. What is pointed to must outlive the server.
struct FlagAccess {
  feature_flag::FlagReader* reader = nullptr;
  ports::FlagStore* store = nullptr;
  std::string parameter_name;
  std::string operator_token;  ///< of those who may look at it and change it; empty: nobody
  std::function<UtcTime()> now;
};

}  // namespace sotto::server
