#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "ports/flag_store.hpp"
#include "ports/rollout_store.hpp"
#include "ports/session_store.hpp"

namespace sotto::app {

/// The flag store of a URL: `sqlite:PATH`, `file:PATH` for plain files, or `ssm:REGION` for
/// Parameter Store, where `ssm:` is the region that the environment says. Opens nothing yet;
/// without a region blocks for 2 s at the most. Errors: `invalid_argument` naming what there is,
/// and without a region.
Result<std::unique_ptr<ports::FlagStore>> open_flag_store(const std::string& url);

/// The store of `url` or, where that is empty, the embedded one in the state folder. The list of
/// readers of a flag in Parameter Store is in the table that `rollouts` names, `dynamodb:TABLE`, or
/// in Parameter Store where that is empty. Errors: as above, and for a table that is none.
Result<std::unique_ptr<ports::FlagStore>> flag_store(const std::string& url,
                                                     const std::string& rollouts,
                                                     const std::filesystem::path& folder);

/// Where the rollout of that flag is kept: in the table that `rollouts` names, `dynamodb:TABLE`.
/// Where that is empty, beside the flag, so that whoever shares one shares both; in the state
/// folder of this machine where the flag is in Parameter Store. Errors: `invalid_argument` for a
/// URL that is none, and without a region.
Result<std::unique_ptr<ports::RolloutStore>> rollout_store(const std::string& rollouts,
                                                           const std::string& flag_url,
                                                           const std::filesystem::path& folder);

/// Where sessions and transcripts are kept: in the table that `sessions` names, `dynamodb:TABLE`;
/// where that is empty, in `sessions.db` in the state folder. Errors: as above, and those of the
/// file.
Result<std::unique_ptr<ports::SessionStore>> session_store(const std::string& sessions,
                                                           const std::filesystem::path& folder);

/// A session of that store, if it has it; makes nothing. Errors: as above.
Result<std::optional<ports::StoredSession>> stored_session(const std::string& sessions,
                                                           const std::filesystem::path& folder,
                                                           const std::string& id);

}  // namespace sotto::app
