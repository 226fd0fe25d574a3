#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "ports/checkpoint_store.hpp"

namespace sotto::testing {

/// A checkpoint store in memory that a test can break. Copies share what it holds, as processes
/// share a table. Contract: ports::CheckpointStore.
class MemoryCheckpointStore : public ports::CheckpointStore {
 public:
  std::string name() const override { return "memory"; }

  Result<std::optional<ports::SavedCheckpoint>> load(const SessionId& session) override {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->broken) return tl::unexpected(*shared_->broken);
    const auto known = shared_->sessions.find(session);
    if (known == shared_->sessions.end()) return std::nullopt;
    return known->second;
  }

  Result<std::uint64_t> save(const SessionId& session, std::uint64_t expected,
                             const ports::Checkpoint& checkpoint) override {
    if (before_save) std::exchange(before_save, nullptr)();
    if (checkpoint.state.size() + checkpoint.sequence_number.size() > max_bytes)
      return fail(ErrorCode::resource_exhausted, "too large", "state");
    const std::lock_guard lock(shared_->mutex);
    if (shared_->broken) return tl::unexpected(*shared_->broken);
    auto& saved = shared_->sessions[session];
    if (saved.version != expected) {
      const std::uint64_t current = saved.version;
      if (current == 0) shared_->sessions.erase(session);
      return tl::unexpected(ports::checkpoint_conflict(expected, current));
    }
    saved = {expected + 1, checkpoint};
    return expected + 1;
  }

  /// Every call fails so from here on; nothing: it works again.
  void break_with(std::optional<Error> error) {
    const std::lock_guard lock(shared_->mutex);
    shared_->broken = std::move(error);
  }

  /// Called once, before the next save: another process's chance, or this one's end.
  std::function<void()> before_save;

 private:
  struct Shared {
    std::mutex mutex;  // guards the rest
    std::map<SessionId, ports::SavedCheckpoint> sessions;
    std::optional<Error> broken;
  };

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace sotto::testing
