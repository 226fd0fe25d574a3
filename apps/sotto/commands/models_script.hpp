#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace sotto::app {

/// Has scripts/models of the repository in which this program was built fetch the recogniser's
/// models: those of `names`. It says what it does; with `json` on stderr, where nothing is in its
/// way. Returns its exit code. Errors: `not_found` where the program is in no clone, `unavailable`
/// where the script cannot be run.
Result<int> run_models_script(const std::vector<std::string>& names, bool json);

}  // namespace sotto::app
