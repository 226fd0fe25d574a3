#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "providers/aws/credentials/environment.hpp"

namespace sotto::providers::aws {

/// A profile's settings by their names in lower case.
using Profile = std::map<std::string, std::string, std::less<>>;

/// The profiles of one of AWS's shared files ("Shared config and credentials files", AWS SDKs and
/// Tools Reference Guide), by name. In a config file a profile's section is `[profile NAME]`, in a
/// credentials file `[NAME]`; `[default]` in both. What is no setting, such as the indented lines
/// of a nested one, is passed over; a name that comes twice has both, the later winning.
std::map<std::string, Profile, std::less<>> parse_profiles(std::string_view text,
                                                           bool is_config_file);

/// The profile in force: AWS_PROFILE's, or `default`; from AWS_CONFIG_FILE (else ~/.aws/config)
/// and, winning, AWS_SHARED_CREDENTIALS_FILE (else ~/.aws/credentials). Nothing where neither file
/// has it. Errors: `not_found` where AWS_PROFILE names one that is not there.
Result<std::optional<Profile>> profile_in_force(const Environment& environment);

/// A command's words, split at spaces; quotes `"` and `'` keep them together, as the setting
/// `credential_process` is read. Nothing where a quote is left open.
std::optional<std::vector<std::string>> split_command(std::string_view command);

}  // namespace sotto::providers::aws
