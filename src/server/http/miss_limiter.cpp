#include "server/http/miss_limiter.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "server/http/client_address.hpp"

namespace sotto::server {

namespace {

bool knows(const std::deque<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

void MissLimiter::make_room(Clock::time_point now) {
  if (clients_.size() < max_clients) return;
  // Nothing is lost with those whose tokens are all there again.
  std::erase_if(clients_, [&](const auto& entry) {
    const std::chrono::duration<double, std::ratio<60>> since = now - entry.second.at;
    return entry.second.tokens + since.count() * per_minute_ >= burst_ * site_share;
  });
  if (clients_.size() < max_clients) return;
  // Then the quarter that was here the longest ago, so that strangers with many addresses do not
  // make this the work of each request.
  std::vector<Clock::time_point> seen;
  seen.reserve(clients_.size());
  for (const auto& entry : clients_) seen.push_back(entry.second.at);
  const auto quarter = seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 4);
  std::nth_element(seen.begin(), quarter, seen.end());
  std::size_t most = seen.size() / 4;
  std::erase_if(clients_, [&](const auto& entry) {
    if (most == 0 || entry.second.at > *quarter) return false;
    --most;
    return true;
  });
}

MissLimiter::Client& MissLimiter::of(const std::string& key, double share, Clock::time_point now) {
  auto known = clients_.find(key);
  if (known == clients_.end()) {
    make_room(now);
    known = clients_.emplace(key, Client{burst_ * share, now, {}, {}}).first;
  }
  Client& client = known->second;
  const std::chrono::duration<double, std::ratio<60>> since = now - client.at;
  client.tokens =
      std::min(burst_ * share, client.tokens + std::max(0.0, since.count()) * per_minute_ * share);
  client.at = std::max(client.at, now);
  return client;
}

bool MissLimiter::begin(const std::string& client, const std::string& id, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const std::string site = site_key(client);
  // The site first: the table may forget one to take in another.
  const bool site_has = site.empty() || of(site, site_share, now).tokens >= 1;
  Client& own = of(client, 1, now);
  if (const auto known = std::find(own.found.begin(), own.found.end(), id);
      known != own.found.end()) {
    std::rotate(known, std::next(known), own.found.end());
    return true;
  }
  if (knows(own.told, id)) return true;
  if (!site_has || own.tokens < 1) return false;
  own.tokens -= 1;
  if (!site.empty()) of(site, site_share, now).tokens -= 1;
  return true;
}

void MissLimiter::give_back(const std::string& client, Clock::time_point now) {
  const std::string site = site_key(client);
  if (!site.empty()) {
    Client& all = of(site, site_share, now);
    all.tokens = std::min(burst_ * site_share, all.tokens + 1);
  }
  Client& own = of(client, 1, now);
  own.tokens = std::min(burst_, own.tokens + 1);
}

void MissLimiter::found(const std::string& client, const std::string& id, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Client& own = of(client, 1, now);
  if (knows(own.found, id) || knows(own.told, id)) return;
  remember(own.found, id);
  give_back(client, now);
}

void MissLimiter::told(const std::string& client, const std::string& id, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Client& own = of(client, 1, now);
  if (!knows(own.found, id) && !knows(own.told, id)) remember(own.told, id);
}

void MissLimiter::remember(std::deque<std::string>& ids, const std::string& id) {
  ids.push_back(id);
  if (ids.size() > max_found) ids.pop_front();
}

void MissLimiter::undecided(const std::string& client, const std::string& id,
                            Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const Client& own = of(client, 1, now);
  if (!knows(own.found, id) && !knows(own.told, id)) give_back(client, now);
}

void MissLimiter::missed(const std::string& client, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const std::string site = site_key(client);
  if (!site.empty()) {
    Client& all = of(site, site_share, now);
    all.tokens = std::max(0.0, all.tokens - 1);
  }
  Client& own = of(client, 1, now);
  own.tokens = std::max(0.0, own.tokens - 1);
}

std::chrono::seconds MissLimiter::wait() const {
  return std::chrono::seconds{std::max(1L, std::lround(std::ceil(60 / per_minute_)))};
}

}  // namespace sotto::server
