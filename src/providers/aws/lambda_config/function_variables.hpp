#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "providers/aws/client/client.hpp"

namespace sotto::providers::aws {

/// What is to become of a Lambda function's environment variables. The others stay.
struct VariablesEdit {
  std::map<std::string, std::string> set = {};
  std::set<std::string> unset = {};
};

/// What became of one.
struct VariableChange {
  std::string name = {};
  std::optional<std::string> before = {}, after = {};  ///< nothing: it is not set
  friend bool operator==(const VariableChange&, const VariableChange&) = default;
};

struct VariablesChanged {
  std::vector<VariableChange> changes = {};  ///< by name; none: there was nothing to change, and
                                             ///< nothing was written
  std::size_t kept = 0;                      ///< how many others there are
};

/// Reads `NAME=VALUE` into an edit. Errors: `invalid_argument`: a name is a letter and letters,
/// digits and underscores (Lambda's guide, "Working with Lambda environment variables"). The
/// message holds no value.
Result<> add_setting(VariablesEdit& edit, const std::string& text);

/// Reads the name of a variable that is to go. Errors: likewise.
Result<> add_unset(VariablesEdit& edit, const std::string& name);

/// Changes variables of the function, named by its name or ARN. UpdateFunctionConfiguration
/// replaces all variables, so they are read and merged, and written only over the revision that was
/// read; after somebody else's change (PreconditionFailed, ResourceConflict) all over again, five
/// times at the most, with `sleep` in between. A dry run changes nothing.
///
/// Errors: `invalid_argument` for a function's name that is none, `permission_denied` also where
/// the variables cannot be decrypted (then to write would lose them), `not_found`, `conflict` where
/// others were faster each time, `resource_exhausted` beyond 4 KB of variables. No message holds a
/// value.
Result<VariablesChanged> change_variables(Client& client, const std::string& function,
                                          const VariablesEdit& edit, bool dry_run,
                                          const std::function<void(milliseconds)>& sleep);

}  // namespace sotto::providers::aws
