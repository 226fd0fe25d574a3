#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "ports/flag_store.hpp"
#include "ports/rollout_store.hpp"

namespace sotto::app {

/// The flag store of a URL: `sqlite:PATH`, or `file:PATH` for plain files. Opens nothing yet.
/// Errors: `invalid_argument` naming what there is.
Result<std::unique_ptr<ports::FlagStore>> open_flag_store(const std::string& url);

/// The store of `url` or, where that is empty, the embedded one in the state folder.
Result<std::unique_ptr<ports::FlagStore>> flag_store(const std::string& url,
                                                     const std::filesystem::path& folder);

/// Where the rollout of that flag is kept: beside the flag, so that whoever shares one shares both.
Result<std::unique_ptr<ports::RolloutStore>> rollout_store(const std::string& url,
                                                           const std::filesystem::path& folder);

}  // namespace sotto::app
