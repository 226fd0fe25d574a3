#include "server/http/rate_limiter.hpp"

#include <algorithm>
#include <cmath>

namespace sotto::server {

double RateLimiter::filled(const Bucket& bucket, Clock::time_point now) const {
  const std::chrono::duration<double> since = now - bucket.at;
  return std::min(burst_, bucket.tokens + std::max(0.0, since.count()) * per_second_);
}

bool RateLimiter::allows(const std::string& client, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  auto known = buckets_.find(client);
  if (known == buckets_.end()) {
    if (buckets_.size() >= max_clients)
      std::erase_if(buckets_,
                    [&](const auto& entry) { return filled(entry.second, now) >= burst_; });
    if (buckets_.size() >= max_clients) return false;
    known = buckets_.emplace(client, Bucket{burst_, now}).first;
  }
  Bucket& bucket = known->second;
  bucket = {filled(bucket, now), now};
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

std::chrono::seconds RateLimiter::wait() const {
  return std::chrono::seconds{std::max(1L, std::lround(std::ceil(1 / per_second_)))};
}

}  // namespace sotto::server
