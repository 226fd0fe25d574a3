#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sotto::pipeline {

/// Who listens, over all connections of one listener to one session: 128 random bits, which nobody
/// guesses.
struct ListenerId {
  std::uint64_t high = 0, low = 0;
  friend auto operator<=>(const ListenerId&, const ListenerId&) = default;
};

/// 32 hexadecimal digits, lower case; and back, or nothing for another text and for all zeros.
std::string to_string(const ListenerId& id);
std::optional<ListenerId> parse_listener_id(std::string_view text);

}  // namespace sotto::pipeline
