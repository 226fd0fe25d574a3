#include "options/stores.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "access/tokens.hpp"
#include "lambda_host/function_stores.hpp"
#include "providers/aws/client/account.hpp"
#include "providers/aws/dynamodb/dynamodb_rollout_store.hpp"
#include "providers/aws/dynamodb/dynamodb_session_store.hpp"
#include "providers/aws/readers/dynamodb_readers.hpp"
#include "providers/aws/readers/ssm_readers.hpp"
#include "providers/aws/ssm/ssm_flag_store.hpp"
#include "providers/local/sqlite_flag_store.hpp"
#include "providers/local/sqlite_rollout_store.hpp"
#include "providers/local/sqlite_session_store.hpp"

namespace sotto::app {

namespace local = providers::local;
namespace aws = providers::aws;

namespace {

std::string kind_of(const std::string& url) { return url.substr(0, url.find(':')); }

// A table, and what its store needs.
struct OpenTable {
  std::shared_ptr<aws::Client> client;
  std::string table;
  std::string instance;
};

// DynamoDB Developer Guide, "Naming rules": 3 to 255 of these characters.
bool is_table_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
         });
}

std::string new_instance() {
  constexpr std::size_t longest_instance = 20;
  return access::make_token(access::secure_random()).substr(0, longest_instance);
}

Result<OpenTable> open_table(const std::string& url, const std::string& option) {
  constexpr std::string_view scheme = "dynamodb:";
  const std::string table = url.starts_with(scheme) ? url.substr(scheme.size()) : "";
  if (!is_table_name(table))
    return fail(ErrorCode::invalid_argument,
                option + " is \"" + url.substr(0, 100) + "\", must be dynamodb:TABLE", option);
  auto client = aws::open_client(std::make_shared<aws::SystemEnvironment>());
  if (!client) return tl::unexpected(client.error());
  return OpenTable{std::move(*client), table, new_instance()};
}

// With its readers where all hosts find them.
Result<std::unique_ptr<ports::FlagStore>> ssm_flag_store(const std::string& url,
                                                         const std::string& rollouts) {
  const std::size_t colon = url.find(':');
  auto client = aws::open_client(std::make_shared<aws::SystemEnvironment>(),
                                 colon == std::string::npos ? "" : url.substr(colon + 1));
  if (!client) return tl::unexpected(client.error());
  std::shared_ptr<aws::ReaderRecords> readers;
  if (rollouts.empty()) {
    readers = aws::make_ssm_readers(*client);
  } else {
    auto table = open_table(rollouts, "rollouts");
    if (!table) return tl::unexpected(table.error());
    readers = aws::make_dynamodb_readers(std::move(table->client), std::move(table->table));
  }
  return aws::make_ssm_flag_store(
      std::move(*client), std::make_shared<aws::ReaderLeases>(std::move(readers), new_instance));
}

}  // namespace

Result<std::unique_ptr<ports::FlagStore>> open_flag_store(const std::string& url) {
  const std::size_t colon = url.find(':');
  const std::string kind = kind_of(url);
  const std::string path = colon == std::string::npos ? "" : url.substr(colon + 1);
  if (kind == "sqlite" && !path.empty()) return local::make_sqlite_flag_store(path);
  if (kind == "ssm" || (kind == "file" && !path.empty()))
    return lambda_host::open_function_flag(url);
  return fail(
      ErrorCode::invalid_argument,
      "store is \"" + url.substr(0, 100) + "\", must be sqlite:PATH, file:PATH or ssm:REGION",
      "store");
}

Result<std::unique_ptr<ports::FlagStore>> flag_store(const std::string& url,
                                                     const std::string& rollouts,
                                                     const std::filesystem::path& folder) {
  if (kind_of(url) == "ssm") return ssm_flag_store(url, rollouts);
  return url.empty() ? open_flag_store("sqlite:" + (folder / "flags.db").string())
                     : open_flag_store(url);
}

Result<std::unique_ptr<ports::RolloutStore>> rollout_store(const std::string& rollouts,
                                                           const std::string& flag_url,
                                                           const std::filesystem::path& folder) {
  if (!rollouts.empty()) {
    auto table = open_table(rollouts, "rollouts");
    if (!table) return tl::unexpected(table.error());
    return aws::make_dynamodb_rollout_store(std::move(table->client), std::move(table->table),
                                            std::move(table->instance));
  }
  if (flag_url.empty() || kind_of(flag_url) == "ssm")
    return local::make_sqlite_rollout_store(folder);
  if (const auto known = open_flag_store(flag_url); !known) return tl::unexpected(known.error());
  const std::filesystem::path path = flag_url.substr(flag_url.find(':') + 1);
  return local::make_sqlite_rollout_store(path.has_parent_path() ? path.parent_path() : ".");
}

Result<std::unique_ptr<ports::SessionStore>> session_store(const std::string& sessions,
                                                           const std::filesystem::path& folder) {
  if (sessions.empty()) return local::open_sqlite_session_store(folder / "sessions.db");
  auto table = open_table(sessions, "sessions");
  if (!table) return tl::unexpected(table.error());
  return aws::make_dynamodb_session_store(std::move(table->client), std::move(table->table),
                                          std::move(table->instance));
}

Result<std::optional<ports::StoredSession>> stored_session(const std::string& sessions,
                                                           const std::filesystem::path& folder,
                                                           const std::string& id) {
  if (sessions.empty()) return local::find_stored_session(folder / "sessions.db", SessionId{id});
  const auto store = session_store(sessions, folder);
  if (!store) return tl::unexpected(store.error());
  return (*store)->find(SessionId{id});
}

}  // namespace sotto::app
