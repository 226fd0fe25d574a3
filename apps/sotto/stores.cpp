#include "stores.hpp"

#include <utility>

#include "function_stores.hpp"
#include "providers/local/sqlite_flag_store.hpp"
#include "providers/local/sqlite_rollout_store.hpp"

namespace sotto::app {

namespace local = providers::local;

namespace {

std::string kind_of(const std::string& url) { return url.substr(0, url.find(':')); }

}  // namespace

Result<std::unique_ptr<ports::FlagStore>> open_flag_store(const std::string& url) {
  const std::size_t colon = url.find(':');
  const std::string kind = kind_of(url);
  const std::string path = colon == std::string::npos ? "" : url.substr(colon + 1);
  if (kind == "sqlite" && !path.empty()) return local::make_sqlite_flag_store(path);
  if (kind == "ssm" || (kind == "file" && !path.empty())) return open_function_flag(url);
  return fail(
      ErrorCode::invalid_argument,
      "store is \"" + url.substr(0, 100) + "\", must be sqlite:PATH, file:PATH or ssm:REGION",
      "store");
}

Result<std::unique_ptr<ports::FlagStore>> flag_store(const std::string& url,
                                                     const std::filesystem::path& folder) {
  return url.empty() ? open_flag_store("sqlite:" + (folder / "flags.db").string())
                     : open_flag_store(url);
}

Result<std::unique_ptr<ports::RolloutStore>> rollout_store(const std::string& url,
                                                           const std::filesystem::path& folder) {
  if (url.empty() || kind_of(url) == "ssm") return local::make_sqlite_rollout_store(folder);
  if (const auto known = open_flag_store(url); !known) return tl::unexpected(known.error());
  const std::filesystem::path path = url.substr(url.find(':') + 1);
  return local::make_sqlite_rollout_store(path.has_parent_path() ? path.parent_path() : ".");
}

}  // namespace sotto::app
