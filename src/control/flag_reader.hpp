#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "control/flag_cache.hpp"
#include "ports/flag_store.hpp"

namespace sotto::control {

struct FlagReaderConfig {
  rollout::Environment environment;  ///< with the flag's name, and how long a value is good for
  std::filesystem::path last_good;   ///< file for the last good flag; empty: not kept
  std::string process;               ///< this process's name among the flag's readers
};

/// What a reader works with. The store must outlive it.
struct FlagReaderParts {
  ports::FlagStore* store = nullptr;
  std::function<UtcTime()> now;
  std::function<double()> random;  ///< uniform in [0, 1)
};

/// Told of what happens, on the reader's thread.
struct FlagReaderEvents {
  /// Another flag is in force. `applied` is to be called, from any thread, once every live session
  /// acts by it: the store's other clients are told.
  std::function<void(const rollout::InForce&, std::function<void()> applied)> on_change;
  /// The store has begun to give no valid flag, or fails in another way now; the last good one
  /// stays.
  std::function<void(const Error&)> on_problem;
  /// It gives one again.
  std::function<void()> on_recovered;
};

/// Keeps the flag in force up to date from a thread of its own: as soon as the store says that it
/// was changed, and otherwise when the value is as old as its time to live, a tenth less or more by
/// chance, so that many processes do not ask at once. One refresh at a time, and nobody waits for
/// one: until it is done the old value is used. Thread-safe.
class FlagReader {
 public:
  /// Reads the flag once, the last good one from the disk first. Never fails: see
  /// FlagCache for what is in force without a store.
  FlagReader(FlagReaderConfig config, FlagReaderParts parts);
  ~FlagReader();

  /// Begins to follow the store and says what is in force to begin with. Once.
  void follow(FlagReaderEvents events);

  /// Follows it no longer: when this is done nobody is told of anything any more. What is in force
  /// stays. Not from the events.
  void stop();

  /// What is in force now.
  FlagCache::Snapshot current() const { return cache_.current(); }
  rollout::Decision decide(std::string_view session_id) const {
    return cache_.decide(session_id, parts_.now());
  }

  /// Asks the store soon, whatever the value's age.
  void refresh();

 private:
  void run();
  void look();
  void take(const Result<std::optional<ports::FlagRevision>>& read);
  void keep();
  void tell();
  void watch();
  void acknowledge(std::uint64_t version);
  std::chrono::steady_clock::duration time_to_live() const;

  // constant after construction
  const FlagReaderConfig config_;
  const FlagReaderParts parts_;

  FlagCache cache_;

  // on the reader's thread once it follows
  FlagReaderEvents events_;
  std::unique_ptr<ports::FlagReaderSeat> seat_;
  std::unique_ptr<ports::FlagWatch> watch_;
  FlagCache::Taken first_;

  // guarded by the mutex; shared with those who are to call back and may do so late
  struct Wanted {
    std::mutex mutex;
    std::condition_variable changed;
    bool look = false;
    bool stop = false;
    std::optional<std::uint64_t> applied;
  };
  const std::shared_ptr<Wanted> wanted_ = std::make_shared<Wanted>();
  std::thread thread_;
};

/// How long a value is good for: `ttl` times a factor that grows evenly with `random`, from 0.9 at
/// 0 to 1.1 at 1.
std::chrono::milliseconds jittered(std::chrono::milliseconds ttl, double random);

}  // namespace sotto::control
