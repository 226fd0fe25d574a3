#include "providers/aws/credentials/credentials.hpp"

#include "providers/aws/credentials/credential_providers.hpp"

namespace sotto::providers::aws {

namespace {

constexpr std::chrono::minutes refresh_before{5};
constexpr std::chrono::seconds between_tries{30};

}  // namespace

Result<Credentials> find_credentials(const Environment& environment, HttpSender& http) {
  auto found = from_variables(environment);
  if (found && !*found) found = from_web_identity(environment, http);
  if (found && !*found) found = from_profile(environment, http);
  if (found && !*found) found = from_container(environment, http);
  if (found && !*found) found = from_instance(environment, http);
  if (!found) return tl::unexpected(found.error());
  if (*found) return std::move(**found);
  return fail(ErrorCode::permission_denied,
              "found no AWS credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
              "AWS_PROFILE, or run where a role is attached");
}

CachedCredentials::CachedCredentials(Fetch fetch, std::function<UtcTime()> now)
    : fetch_(std::move(fetch)), now_(std::move(now)) {}

bool CachedCredentials::serves(UtcTime now) const {
  return known_ && (!known_->expires_at || now < *known_->expires_at);
}

bool CachedCredentials::is_due(UtcTime now) const {
  return known_ && known_->expires_at && now >= *known_->expires_at - refresh_before &&
         now >= not_before_;
}

Result<Credentials> CachedCredentials::credentials() {
  std::unique_lock lock(mutex_);
  const UtcTime now = now_();
  if (serves(now) && (fetching_ || !is_due(now))) return *known_;
  if (!fetching_) return fetch_now(lock);
  fetched_.wait(lock, [this] { return !fetching_; });
  if (serves(now)) return *known_;
  return failure_ ? Result<Credentials>(tl::unexpected(*failure_)) : fetch_now(lock);
}

Result<Credentials> CachedCredentials::fetch_now(std::unique_lock<std::mutex>& lock) {
  fetching_ = true;
  lock.unlock();
  Result<Credentials> fetched =
      fail(ErrorCode::internal, "fetching AWS credentials was interrupted");
  try {
    fetched = fetch_();
  } catch (const std::exception&) {  // whoever waits must not wait for ever
  }
  lock.lock();
  fetching_ = false;
  const UtcTime now = now_();
  failure_.reset();
  if (fetched)
    known_ = *fetched;
  else
    failure_ = fetched.error();
  not_before_ = now + between_tries;
  fetched_.notify_all();
  if (!fetched && serves(now)) return *known_;
  return fetched;
}

void CachedCredentials::reject(const Credentials& refused) {
  const std::lock_guard lock(mutex_);
  if (known_ && known_->access_key_id == refused.access_key_id &&
      known_->session_token == refused.session_token)
    known_.reset();
}

}  // namespace sotto::providers::aws
