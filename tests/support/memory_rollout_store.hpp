#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/rollout_store.hpp"

namespace sotto::testing {

/// A rollout store in memory that a test can break. Copies share what it holds, as processes share
/// a file. Contract: ports::RolloutStore.
class MemoryRolloutStore : public ports::RolloutStore {
 public:
  std::string name() const override { return "memory"; }

  Result<std::optional<ports::RolloutState>> read(const std::string& flag) override {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->broken) return tl::unexpected(*shared_->broken);
    const auto known = shared_->states.find(flag);
    if (known == shared_->states.end()) return std::nullopt;
    return known->second;
  }

  Result<std::uint64_t> write(const std::string& flag, std::uint64_t expected,
                              const std::string& text, const std::vector<std::string>& decisions,
                              UtcTime at) override {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->broken) return tl::unexpected(*shared_->broken);
    const auto known = shared_->states.find(flag);
    const std::uint64_t version = known == shared_->states.end() ? 0 : known->second.version;
    if (version != expected) return tl::unexpected(ports::rollout_conflict(expected, version));
    shared_->states[flag] = {version + 1, text};
    for (const std::string& decision : decisions)
      shared_->add(flag, ports::Journal::decisions, at, decision);
    return version + 1;
  }

  Result<> add_sessions(const std::string& flag,
                        const std::vector<ports::JournalEntry>& entries) override {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->broken) return tl::unexpected(*shared_->broken);
    for (const ports::JournalEntry& entry : entries)
      shared_->add(flag, ports::Journal::sessions, entry.at, entry.text);
    return {};
  }

  Result<std::vector<ports::JournalEntry>> entries(const std::string& flag, ports::Journal journal,
                                                   std::uint64_t after,
                                                   std::size_t limit) override {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->broken) return tl::unexpected(*shared_->broken);
    std::vector<ports::JournalEntry> found;
    for (const ports::JournalEntry& entry : shared_->journals[{flag, journal}])
      if (entry.number > after && found.size() < limit) found.push_back(entry);
    return found;
  }

  Result<> prune(UtcTime before) override {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->broken) return tl::unexpected(*shared_->broken);
    for (auto& [key, journal] : shared_->journals)
      if (key.second == ports::Journal::sessions)
        std::erase_if(journal, [&](const auto& entry) { return entry.at < before; });
    return {};
  }

  /// Every call fails so from here on; nothing: it works again.
  void break_with(std::optional<Error> error) {
    const std::lock_guard lock(shared_->mutex);
    shared_->broken = std::move(error);
  }

 private:
  struct Shared {
    void add(const std::string& flag, ports::Journal journal, UtcTime at, const std::string& text) {
      journals[{flag, journal}].push_back({++last_number, at, text});
    }

    std::mutex mutex;  // guards the rest
    std::map<std::string, ports::RolloutState> states;
    std::map<std::pair<std::string, ports::Journal>, std::vector<ports::JournalEntry>> journals;
    std::uint64_t last_number = 0;
    std::optional<Error> broken;
  };

  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace sotto::testing
