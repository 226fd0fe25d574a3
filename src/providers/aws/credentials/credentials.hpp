#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "providers/aws/client/http.hpp"
#include "providers/aws/credentials/credential_source.hpp"
#include "providers/aws/credentials/environment.hpp"

namespace sotto::providers::aws {

/// Searches the sources of credentials (credential_providers.hpp) in this order: variables, web
/// identity, profile, container, instance. The first that is configured is used, and if it does not
/// work, its error ends the search. `permission_denied` if there are none. Blocks; thread-safe.
Result<Credentials> find_credentials(const Environment& environment, HttpSender& http);

/// Caches credentials. Five minutes before they expire one caller fetches new ones, while the other
/// callers use the old ones until these expire. A failed fetch is repeated after 30 s at the
/// earliest, as long as the old ones are valid. Thread-safe.
class CachedCredentials : public CredentialSource {
 public:
  using Fetch = std::function<Result<Credentials>()>;

  /// `fetch` may block and is never called twice at a time; `now` must be thread-safe.
  CachedCredentials(Fetch fetch, std::function<UtcTime()> now);

  Result<Credentials> credentials() override;
  void reject(const Credentials& refused) override;

 private:
  bool serves(UtcTime now) const;
  bool is_due(UtcTime now) const;
  Result<Credentials> fetch_now(std::unique_lock<std::mutex>& lock);

  const Fetch fetch_;
  const std::function<UtcTime()> now_;

  std::mutex mutex_;  // guards all below
  std::condition_variable fetched_;
  std::optional<Credentials> known_;
  std::optional<Error> failure_;  // of the last fetch
  UtcTime not_before_{};          // when the next fetch may be, while known_ serves
  bool fetching_ = false;
};

}  // namespace sotto::providers::aws
