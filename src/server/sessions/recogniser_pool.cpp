#include "server/sessions/recogniser_pool.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace sotto::server {

namespace {

RecogniserClaim::Clock::time_point time_of(const std::atomic<RecogniserClaim::Clock::rep>& ticks) {
  return RecogniserClaim::Clock::time_point(RecogniserClaim::Clock::duration(ticks.load()));
}

}  // namespace

bool RecogniserShares::Pool::take(const std::shared_ptr<RecogniserClaim>& claim, bool need) {
  std::function<void()> rest;
  {
    const std::lock_guard lock(mutex_);
    if (claim->holds) return true;
    const Clock::time_point now = config_.clock();
    if (held_.size() >= config_.most) {
      if (!need) return false;
      const auto gives = who_gives_way(*claim, now);
      if (gives == held_.end()) return false;
      (*gives)->holds = false;
      rest = (*gives)->rest;
      held_.erase(gives);
    }
    claim->holds = true;
    claim->since = now;
    claim->heard = claim->understood = now.time_since_epoch().count();
    held_.push_back(claim);
  }
  if (rest) rest();
  return true;
}

void RecogniserShares::Pool::release(const std::shared_ptr<RecogniserClaim>& claim) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(claim->holds, false)) std::erase(held_, claim);
}

std::size_t RecogniserShares::Pool::live() const {
  const std::lock_guard lock(mutex_);
  return held_.size();
}

RecogniserShares::Pool::Held::iterator RecogniserShares::Pool::who_gives_way(
    const RecogniserClaim& to, Clock::time_point now) {
  const auto willing = std::find_if(held_.begin(), held_.end(),
                                    [](const auto& claim) { return claim->who.gives_way; });
  if (willing != held_.end() || to.who.gives_way) return to.who.gives_way ? held_.end() : willing;
  const auto idle = idle_longest(now);
  return idle != held_.end() ? idle : newest_of_the_largest(to);
}

RecogniserShares::Pool::Held::iterator RecogniserShares::Pool::idle_longest(Clock::time_point now) {
  const auto oldest = [&](auto member) {
    return std::min_element(held_.begin(), held_.end(), [&](const auto& a, const auto& b) {
      return time_of(a.get()->*member) < time_of(b.get()->*member);
    });
  };
  if (held_.empty()) return held_.end();
  const auto quiet = oldest(&RecogniserClaim::heard);
  if (now - time_of((*quiet)->heard) >= config_.quiet_after) return quiet;
  const auto wordless = oldest(&RecogniserClaim::understood);
  return now - time_of((*wordless)->understood) >= config_.wordless_after ? wordless : held_.end();
}

RecogniserShares::Pool::Held::iterator RecogniserShares::Pool::newest_of_the_largest(
    const RecogniserClaim& to) {
  std::map<std::string, std::size_t> held;  // by client
  for (const auto& claim : held_)
    if (!claim->who.trusted) ++held[claim->who.client];
  if (!to.who.trusted && held.contains(to.who.client)) return held_.end();
  const std::size_t share = config_.most - std::max<std::size_t>(1, config_.most / 4);
  auto newest = held_.end();
  const auto of = [&](Held::iterator claim) { return held[(*claim)->who.client]; };
  for (auto claim = held_.begin(); claim != held_.end(); ++claim) {
    if ((*claim)->who.trusted || of(claim) <= share) continue;
    const bool better = newest == held_.end() || of(claim) > of(newest) ||
                        (of(claim) == of(newest) && (*claim)->since > (*newest)->since);
    if (better) newest = claim;
  }
  return newest;
}

}  // namespace sotto::server
