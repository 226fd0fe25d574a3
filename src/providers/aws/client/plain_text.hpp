#pragma once

#include <string>
#include <string_view>

namespace sotto::providers::aws {

/// Is there nothing but spaces, tabs and line breaks?
bool is_blank(std::string_view text);

/// The text with a space for each control character (C0, DEL).
std::string without_controls(std::string text);

}  // namespace sotto::providers::aws
