#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace sotto::app {

/// Where the program keeps what it writes, unless told otherwise: `sotto` under XDG_STATE_HOME, or
/// under ~/.local/state (XDG Base Directory Specification 0.8). Errors: `not_found` without a home.
Result<std::filesystem::path> default_state_folder();

/// `given` if it is not empty, else the default.
Result<std::filesystem::path> state_folder(const std::string& given);

/// The operator's token, in a file that only its owner may read; made up where there is none yet.
/// Errors: those of the file, and `invalid_argument` for one with fewer than 20 characters.
Result<std::string> operator_token(const std::filesystem::path& file);

/// The operators with tokens of their own, in the data folder; see access::read_operators().
inline constexpr const char* operators_file = "operators.json";

/// What says the operator's token where no file is to: for hosts that get their secrets so.
inline constexpr const char* operator_token_variable = "SOTTO_OPERATOR_TOKEN";

/// The token of that variable; empty where it is not set, or empty. Errors: `invalid_argument`,
/// without the token in the message, for fewer than 20 characters, more than 1024, or one that a
/// header cannot have (RFC 9110, 5.5: visible ASCII).
Result<std::string> operator_token_of_environment();

/// This process's name for others: `HOST pid N`.
std::string process_name();

}  // namespace sotto::app
