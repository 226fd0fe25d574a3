#include "feature_flag/flag_cache.hpp"

#include <cstdint>
#include <utility>

namespace sotto::feature_flag {

using rollout::InForce;
using rollout::Source;

FlagCache::FlagCache(rollout::Environment environment, std::optional<LastGood> last_good)
    : environment_off_(environment.off) {
  InForce first;
  if (last_good) {
    first.flag = std::move(last_good->flag);
    first.version = last_good->version;
    first.source = Source::last_good;
  } else if (environment.flag) {
    first.flag = std::move(*environment.flag);
    first.source = Source::environment;
  }
  put(std::move(first));
}

void FlagCache::put(InForce in_force) {
  in_force.environment_off = environment_off_;
  auto snapshot = std::make_shared<const InForce>(std::move(in_force));
  static std::atomic<std::uint64_t> last_stamp{0};
  const std::uint64_t stamp = last_stamp.fetch_add(1, std::memory_order_relaxed) + 1;
  const std::lock_guard lock(mutex_);
  current_.swap(snapshot);
  stamp_.store(stamp, std::memory_order_release);
}

FlagCache::Snapshot FlagCache::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

// A lock and a reference count cost a fifth of the hash, so a thread takes both only after a
// change: it keeps what it decided by last, and a stamp of that.
rollout::Evaluation FlagCache::decide(std::string_view session_id, UtcTime now) const {
  struct Kept {
    std::uint64_t stamp = 0;
    Snapshot snapshot;
  };
  thread_local Kept kept;
  if (kept.stamp != stamp_.load(std::memory_order_acquire)) {
    Kept newest;
    {
      const std::lock_guard lock(mutex_);
      newest = {stamp_.load(std::memory_order_relaxed), current_};
    }
    std::swap(kept, newest);
  }
  return rollout::evaluate(*kept.snapshot, session_id, now);
}

FlagCache::Taken FlagCache::take(const Result<std::optional<ports::FlagRevision>>& read) {
  if (!read) return refuse(read.error());
  if (!*read) return refuse({ErrorCode::not_found, "the flag is not in its store", "flag"});
  const ports::FlagRevision& revision = **read;
  const Snapshot before = current();
  const bool recovered = !problem_.empty();
  if (before->source == Source::store && before->version == revision.version &&
      document_ == revision.document) {
    problem_.clear();
    return {false, std::nullopt, recovered};
  }
  auto flag = rollout::parse_flag(revision.document);
  if (!flag) {
    Error refused = flag.error();
    refused.message = "version " + std::to_string(revision.version) + " of the flag, by " +
                      revision.changed_by + ", is refused: " + refused.message;
    return refuse(std::move(refused));
  }
  problem_.clear();
  document_ = revision.document;
  put({std::move(*flag), revision.version, Source::store, false});
  return {true, std::nullopt, recovered};
}

FlagCache::Taken FlagCache::refuse(Error problem) {
  const bool news = problem_ != problem.message;
  problem_ = problem.message;
  return {false, std::move(problem), news};
}

}  // namespace sotto::feature_flag
