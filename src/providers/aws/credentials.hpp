#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "providers/aws/credential_source.hpp"
#include "providers/aws/environment.hpp"
#include "providers/aws/http.hpp"

namespace sotto::providers::aws {

/// Looks where credentials can be (credential_places.hpp), the first that has some: variables, web
/// identity, profile, container, instance. A place that is set up and does not work ends the search
/// with its error. `permission_denied` where there are none. Blocks; thread-safe.
Result<Credentials> find_credentials(const Environment& environment, HttpSender& http);

/// Keeps credentials until five minutes before they expire; then one caller fetches others, while
/// the rest go on with the old ones, which serve until they really expire. A fetch that fails while
/// they do is tried again after 30 s at the earliest. Thread-safe.
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
