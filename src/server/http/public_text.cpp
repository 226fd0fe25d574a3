#include "server/http/public_text.hpp"

#include <algorithm>

namespace sotto::server {

namespace {

bool begins_path(std::string_view text, std::size_t at) {
  constexpr std::string_view before = " \"'(=[<:,`";
  if (text[at] != '/' || at + 1 >= text.size()) return false;
  if (at > 0 && before.find(text[at - 1]) == std::string_view::npos) return false;
  const char next = text[at + 1];
  if (next == '/' || next == ' ') return false;
  const std::string_view rest = text.substr(at);
  return !rest.starts_with("/v1/") && !rest.starts_with("/ofrep/");
}

}  // namespace

std::string without_paths(std::string_view text) {
  constexpr const char* after = " \"'()[]<>,;:\\`";
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    if (!begins_path(text, at)) {
      shown += text[at++];
      continue;
    }
    // In quotation marks a path may have spaces.
    const bool quoted = at > 0 && text[at - 1] == '"';
    shown += "(a file)";
    at = std::min(text.size(), text.find_first_of(quoted ? "\"\\" : after, at));
  }
  return shown;
}

Error for_strangers(Error error) {
  error.message = without_paths(error.message);
  return error;
}

}  // namespace sotto::server
