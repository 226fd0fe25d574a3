#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sotto::http_client {

/// A header or a query parameter: its name, its value.
using Pair = std::pair<std::string, std::string>;
using Pairs = std::vector<Pair>;

}  // namespace sotto::http_client
