#include "feature_flag/flag_reader.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sotto::feature_flag {

namespace {

std::optional<LastGood> kept_flag(const FlagReaderConfig& config) {
  if (config.last_good.empty()) return std::nullopt;
  auto kept = load_last_good(config.last_good, config.environment.parameter_name);
  // What cannot be read is as good as none: the store will say.
  return kept ? std::move(*kept) : std::nullopt;
}

}  // namespace

std::chrono::milliseconds jittered(std::chrono::milliseconds ttl, double random) {
  return std::chrono::milliseconds{
      std::llround(static_cast<double>(ttl.count()) * (0.9 + 0.2 * random))};
}

FlagReader::FlagReader(FlagReaderConfig config, FlagReaderParts parts)
    : config_(std::move(config)),
      parts_(std::move(parts)),
      following_(parts_.store->following()),
      cache_(config_.environment, kept_flag(config_)) {
  first_ = cache_.take(parts_.store->read(config_.environment.parameter_name));
  if (first_.changed) keep();
}

FlagReader::~FlagReader() { stop(); }

void FlagReader::stop() {
  {
    const std::lock_guard lock(wanted_->mutex);
    wanted_->stop = true;
  }
  wanted_->changed.notify_all();
  if (thread_.joinable()) thread_.join();
}

void FlagReader::follow(FlagReaderEvents events) {
  events_ = std::move(events);
  thread_ = std::thread([this] { run(); });
}

void FlagReader::refresh() {
  {
    const std::lock_guard lock(wanted_->mutex);
    wanted_->look = true;
  }
  wanted_->changed.notify_all();
}

std::chrono::steady_clock::duration FlagReader::time_to_live() const {
  const milliseconds ttl = config_.environment.cache_ttl;
  return jittered(following_.poll ? std::min(ttl, *following_.poll) : ttl, parts_.random());
}

void FlagReader::run() {
  join();
  if (first_.problem && events_.on_problem) events_.on_problem(*first_.problem);
  tell();
  watch();
  look();  // it may have changed before it was watched
  auto due = std::chrono::steady_clock::now() + time_to_live();
  for (;;) {
    std::unique_lock lock(wanted_->mutex);
    wanted_->changed.wait_until(lock, std::min(due, renew_due_), [this] {
      return wanted_->stop || wanted_->look || wanted_->applied.has_value();
    });
    if (wanted_->stop) return;
    const auto applied = std::exchange(wanted_->applied, std::nullopt);
    const bool asked = std::exchange(wanted_->look, false);
    lock.unlock();
    if (applied) acknowledge(*applied);
    if (std::chrono::steady_clock::now() >= renew_due_) renew();
    if (!asked && std::chrono::steady_clock::now() < due) continue;
    if (!watch_ || !watch_->alive()) watch();
    look();
    due = std::chrono::steady_clock::now() + time_to_live();
  }
}

void FlagReader::watch() {
  auto watching =
      parts_.store->watch(config_.environment.parameter_name, [wanted = std::weak_ptr(wanted_)] {
        const auto known = wanted.lock();
        if (!known) return;
        {
          const std::lock_guard lock(known->mutex);
          known->look = true;
        }
        known->changed.notify_all();
      });
  watch_ = watching ? std::move(*watching) : nullptr;
}

void FlagReader::look() { take(parts_.store->read(config_.environment.parameter_name)); }

void FlagReader::take(const Result<std::optional<ports::FlagRevision>>& read) {
  const FlagCache::Taken taken = cache_.take(read);
  if (taken.news && taken.problem && events_.on_problem) events_.on_problem(*taken.problem);
  if (taken.news && !taken.problem && events_.on_recovered) events_.on_recovered();
  if (!taken.changed) return;
  tell();  // first: nobody should wait for a disk
  keep();
}

void FlagReader::tell() {
  const FlagCache::Snapshot in_force = cache_.current();
  const auto applied = [wanted = std::weak_ptr(wanted_), version = in_force->version] {
    const auto known = wanted.lock();
    if (!known) return;
    {
      const std::lock_guard lock(known->mutex);
      known->applied = version;
    }
    known->changed.notify_all();
  };
  if (events_.on_change) {
    events_.on_change(*in_force, applied);
  } else {
    applied();
  }
}

void FlagReader::keep() {
  if (config_.last_good.empty()) return;
  const FlagCache::Snapshot in_force = cache_.current();
  const auto saved = save_last_good(
      config_.last_good, {config_.environment.parameter_name, in_force->version, in_force->flag});
  if (!saved && events_.on_problem) events_.on_problem(saved.error());
}

void FlagReader::join() {
  auto seat = parts_.store->join(config_.environment.parameter_name, config_.process);
  if (seat) seat_ = std::move(*seat);
  // Where a seat is for the life of a process, a store that has none for this one stays without.
  if (following_.renew) seat_said(seat.map([](const auto&) {}));
}

void FlagReader::acknowledge(std::uint64_t version) {
  acknowledged_ = version;
  if (seat_) seat_said(seat_->acknowledge(version, parts_.now()));
}

void FlagReader::renew() {
  if (!seat_) {
    join();
    if (seat_ && acknowledged_) seat_said(seat_->acknowledge(*acknowledged_, parts_.now()));
    return;
  }
  seat_said(seat_->renew(events_.live_sessions ? events_.live_sessions() : 0));
}

// A seat that cannot be written is tried again soon: somebody may wait for the acknowledgement.
void FlagReader::seat_said(const Result<>& result) {
  constexpr milliseconds again_after = std::chrono::seconds{5};
  if (following_.renew)
    renew_due_ = std::chrono::steady_clock::now() +
                 (result ? *following_.renew : std::min(again_after, *following_.renew));
  const bool news = !result && (!seat_fails_ || !following_.renew);
  seat_fails_ = !result;
  if (!news || !events_.on_problem) return;
  Error error = result.error();
  error.message = "this process is not on the list of the flag's readers: " + error.message;
  events_.on_problem(error);
}

}  // namespace sotto::feature_flag
