#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sotto::server {

/// The text with "(a file)" for every absolute path of this machine: what strangers read says
/// nothing of where things are kept. Paths of the server's own interface stay.
std::string without_paths(std::string_view text);

/// An error as strangers see it.
Error for_strangers(Error error);

}  // namespace sotto::server
