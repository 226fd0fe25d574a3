#include "providers/aws/client/plain_text.hpp"

#include <algorithm>

namespace sotto::providers::aws {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string without_controls(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }, ' ');
  return text;
}

}  // namespace sotto::providers::aws
