#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "ports/flag_store.hpp"
#include "ports/rollout_store.hpp"

namespace sotto::app {

/// The flag store of a URL: `sqlite:PATH`, `file:PATH` for plain files, or `ssm:REGION` for
/// Parameter Store, where `ssm:` is the region that the environment says. Opens nothing yet;
/// without a region blocks for 2 s at the most. Errors: `invalid_argument` naming what there is,
/// and without a region.
Result<std::unique_ptr<ports::FlagStore>> open_flag_store(const std::string& url);

/// The store of `url` or, where that is empty, the embedded one in the state folder.
Result<std::unique_ptr<ports::FlagStore>> flag_store(const std::string& url,
                                                     const std::filesystem::path& folder);

/// Where the rollout of that flag is kept: beside the flag, so that whoever shares one shares both;
/// in the state folder of this machine where the flag is in Parameter Store.
Result<std::unique_ptr<ports::RolloutStore>> rollout_store(const std::string& url,
                                                           const std::filesystem::path& folder);

}  // namespace sotto::app
