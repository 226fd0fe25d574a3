#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/utc_time.hpp"

namespace sotto::access {

/// What a token is good for: a viewer reads the operators' side, an operator changes it too.
enum class Role { viewer, operating };

/// "viewer", "operator".
std::string_view to_string(Role role);

/// Errors: `invalid_argument` with the field `role`.
Result<Role> parse_role(std::string_view text);

/// An operator's token as it is kept: never the token itself.
struct OperatorToken {
  std::string name;  ///< the history's `by`; one token a name
  Role role = Role::viewer;
  std::string digest;  ///< SHA-256 of the token in hexadecimal
  UtcTime made_at{};
  std::optional<UtcTime> expires_at;
  friend bool operator==(const OperatorToken&, const OperatorToken&) = default;
};

/// The most tokens of one server.
inline constexpr std::size_t max_operators = 200;

/// The name of the first token, which a server makes by itself.
inline constexpr std::string_view first_operator = "operator";

/// Whether a token may have that name: 1 to 40 letters, digits and the signs . _ @ + -, not
/// `operator` and not `controller`, which the history knows already. Errors: `invalid_argument`
/// with the field `name`.
Result<> check_operator_name(std::string_view name);

/// The document of all tokens,
/// {"operators":[{"name","role","token_sha256","made_at","expires_at"}]}, and back. Errors:
/// `invalid_argument` that names the entry and its member.
std::string operators_document(const std::vector<OperatorToken>& operators);
Result<std::vector<OperatorToken>> parse_operators(std::string_view document);

}  // namespace sotto::access
