#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ports/flag_store.hpp"

namespace sotto::testing {

/// A flag store in memory that a test can break: it fails, holds its answers back, or is written to
/// past its rules. Copies share what they hold, like processes.
class MemoryFlagStore : public ports::FlagStore {
 public:
  std::string name() const override { return "memory:"; }

  Result<std::optional<ports::FlagRevision>> read(const std::string& flag) override {
    std::unique_lock lock(shared_->mutex);
    ++shared_->reads;
    shared_->changed.notify_all();
    const auto is_let_go = [&] { return !shared_->held; };
    if (!shared_->changed.wait_for(lock, std::chrono::minutes{1}, is_let_go))
      return fail(ErrorCode::deadline_exceeded, "held for a minute");
    if (shared_->broken) return tl::unexpected(*shared_->broken);
    const auto& revisions = shared_->revisions[flag];
    if (revisions.empty()) return std::nullopt;
    return revisions.back();
  }

  Result<ports::FlagRevision> write(const std::string& flag, std::uint64_t expected,
                                    const ports::FlagChange& change) override {
    if (before_write) std::exchange(before_write, nullptr)();
    ports::FlagRevision revision;
    {
      const std::lock_guard lock(shared_->mutex);
      if (shared_->broken) return tl::unexpected(*shared_->broken);
      auto& revisions = shared_->revisions[flag];
      const std::uint64_t version = revisions.empty() ? 0 : revisions.back().version;
      if (version != expected)
        return tl::unexpected(ports::conflict(
            expected, revisions.empty() ? ports::FlagRevision{} : revisions.back()));
      revision = {version + 1, change.document, change.changed_by, change.reason,
                  change.changed_at};
      revisions.push_back(revision);
    }
    tell();
    return revision;
  }

  Result<std::vector<ports::FlagRevision>> history(const std::string& flag,
                                                   std::size_t limit) override {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->broken) return tl::unexpected(*shared_->broken);
    std::vector<ports::FlagRevision> newest = shared_->revisions[flag];
    std::reverse(newest.begin(), newest.end());
    if (newest.size() > limit) newest.resize(limit);
    return newest;
  }

  Result<std::unique_ptr<ports::FlagWatch>> watch(const std::string&,
                                                  std::function<void()> on_change) override {
    if (!pushes()) return nullptr;
    const std::lock_guard lock(shared_->telling);
    const int id = shared_->next_id++;
    shared_->watchers[id] = std::move(on_change);
    return std::make_unique<Watch>(shared_, id);
  }

  Result<std::unique_ptr<ports::FlagReaderSeat>> join(const std::string& flag,
                                                      const std::string& process) override {
    {
      const std::lock_guard lock(shared_->mutex);
      if (shared_->seats_broken) return tl::unexpected(*shared_->seats_broken);
      if (!shared_->readers[flag]
               .try_emplace(process, ports::FlagReaderState{process, 0, {}})
               .second)
        return fail(ErrorCode::already_exists, "in use", "process");
    }
    return std::make_unique<Seat>(shared_, flag, process);
  }

  Result<std::vector<ports::FlagReaderState>> readers(const std::string& flag) override {
    const std::lock_guard lock(shared_->mutex);
    std::vector<ports::FlagReaderState> found;
    for (const auto& [process, state] : shared_->readers[flag]) found.push_back(state);
    return found;
  }

  ports::FlagFollowing following() const override {
    const std::lock_guard lock(shared_->mutex);
    return shared_->following;
  }
  /// How it says that it is followed, before a reader is made.
  void set_following(ports::FlagFollowing following) {
    const std::lock_guard lock(shared_->mutex);
    shared_->following = std::move(following);
  }
  /// Nobody can sign in or acknowledge from here on; nothing: everybody can again.
  void break_seats(std::optional<Error> error) {
    const std::lock_guard lock(shared_->mutex);
    shared_->seats_broken = std::move(error);
  }
  /// A reader's state as another process has left it.
  void set_reader(const std::string& flag, const ports::FlagReaderState& state) {
    const std::lock_guard lock(shared_->mutex);
    shared_->readers[flag][state.process] = state;
  }

  /// Every call fails so from here on; nothing: it works again.
  void break_with(std::optional<Error> error) {
    const std::lock_guard lock(shared_->mutex);
    shared_->broken = std::move(error);
  }
  /// Reading waits until it is let go.
  void hold(bool held) {
    const std::lock_guard lock(shared_->mutex);
    shared_->held = held;
    shared_->changed.notify_all();
  }
  /// Whether it can say that something changed; it can at first.
  void set_pushes(bool pushes) {
    const std::lock_guard lock(shared_->mutex);
    shared_->pushes = pushes;
  }
  /// Waits until reading has been begun `count` times in all; false when it was not in a minute.
  [[nodiscard]] bool await_reads(int count) {
    std::unique_lock lock(shared_->mutex);
    return shared_->changed.wait_for(lock, std::chrono::minutes{1},
                                     [&] { return shared_->reads >= count; });
  }
  int reads() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->reads;
  }
  /// Whoever watches is told that something changed.
  void tell() { shared_->tell(); }
  void remove_all() {
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->revisions.clear();
    }
    tell();
  }

  /// Called once, before the next write: another operator's chance.
  std::function<void()> before_write;

 private:
  struct Shared {
    // Holds off whoever stops watching until nobody is being told.
    void tell() {
      const std::lock_guard lock(telling);
      for (const auto& [id, on_change] : watchers) on_change();
    }

    std::mutex telling;
    std::map<int, std::function<void()>> watchers;  // guarded by telling
    int next_id = 0;                                // guarded by telling

    mutable std::mutex mutex;  // the rest
    std::condition_variable changed;
    std::map<std::string, std::vector<ports::FlagRevision>> revisions;
    std::map<std::string, std::map<std::string, ports::FlagReaderState>> readers;
    int reads = 0;
    std::optional<Error> broken, seats_broken;
    ports::FlagFollowing following;
    bool held = false;
    bool pushes = true;
  };

  struct Watch : ports::FlagWatch {
    Watch(std::shared_ptr<Shared> in, int number) : shared(std::move(in)), id(number) {}
    ~Watch() override {
      const std::lock_guard lock(shared->telling);
      shared->watchers.erase(id);
    }
    bool alive() const override { return true; }
    std::shared_ptr<Shared> shared;
    int id;
  };

  struct Seat : ports::FlagReaderSeat {
    Seat(std::shared_ptr<Shared> in, std::string name_of_flag, std::string name_of_process)
        : shared(std::move(in)),
          flag(std::move(name_of_flag)),
          process(std::move(name_of_process)) {}
    ~Seat() override {
      const std::lock_guard lock(shared->mutex);
      shared->readers[flag].erase(process);
    }
    Result<> acknowledge(std::uint64_t version, UtcTime at) override {
      {
        const std::lock_guard lock(shared->mutex);
        if (shared->seats_broken) return tl::unexpected(*shared->seats_broken);
        auto& state = shared->readers[flag][process];
        state.version = version;
        state.at = at;
      }
      shared->tell();
      return {};
    }
    Result<> renew(std::uint64_t live_sessions) override {
      {
        const std::lock_guard lock(shared->mutex);
        if (shared->seats_broken) return tl::unexpected(*shared->seats_broken);
        shared->readers[flag][process].sessions = live_sessions;
      }
      shared->tell();
      return {};
    }
    std::shared_ptr<Shared> shared;
    std::string flag, process;
  };

  bool pushes() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->pushes;
  }

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace sotto::testing
