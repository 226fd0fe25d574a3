#include "stores.hpp"

#include "providers/local/file_flag_store.hpp"
#include "providers/local/sqlite_flag_store.hpp"

namespace sotto::app {

namespace local = providers::local;

Result<std::unique_ptr<ports::FlagStore>> open_flag_store(const std::string& url) {
  const std::size_t colon = url.find(':');
  const std::string kind = url.substr(0, colon);
  const std::string path = colon == std::string::npos ? "" : url.substr(colon + 1);
  if (kind == "sqlite" && !path.empty()) return local::make_sqlite_flag_store(path);
  if (kind == "file" && !path.empty()) return local::make_file_flag_store(path);
  return fail(ErrorCode::invalid_argument,
              "store is \"" + url.substr(0, 100) + "\", must be sqlite:PATH or file:PATH", "store");
}

Result<std::unique_ptr<ports::FlagStore>> flag_store(const std::string& url,
                                                     const std::filesystem::path& folder) {
  return url.empty() ? open_flag_store("sqlite:" + (folder / "flags.db").string())
                     : open_flag_store(url);
}

}  // namespace sotto::app
