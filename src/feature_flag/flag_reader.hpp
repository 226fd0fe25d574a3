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

#include "feature_flag/flag_cache.hpp"
#include "ports/flag_store.hpp"

namespace sotto::feature_flag {

struct FlagReaderConfig {
  rollout::Environment environment;  ///< with the flag's name and the time to live of a value
  std::filesystem::path last_good;   ///< file for the last good flag; empty: not kept
  std::string process;               ///< this process's name among the flag's readers
};

/// A reader's dependencies. The store must outlive it.
struct FlagReaderParts {
  ports::FlagStore* store = nullptr;
  std::function<UtcTime()> now;
  std::function<double()> random;  ///< uniform in [0, 1)
};

/// Events, called on the reader's thread.
struct FlagReaderEvents {
  /// Another flag is in force. Call `applied`, from any thread, when every live session acts on it;
  /// that acknowledges the version in the store.
  std::function<void(const rollout::InForce&, std::function<void()> applied)> on_change;
  /// The store has begun to give no valid flag, or now fails in another way. The last good flag
  /// stays in force.
  std::function<void(const Error&)> on_problem;
  /// The store gives a valid flag again.
  std::function<void()> on_recovered;
  /// How many sessions are live, for the store's list of readers; may be empty.
  std::function<std::uint64_t()> live_sessions;
};

/// Keeps the flag in force up to date, on its own thread: as soon as the store reports a change,
/// and otherwise when the value has reached its time to live (or as often as the store wants to be
/// asked, if that is sooner), plus or minus a random tenth, so that processes do not all ask at the
/// same time. One refresh at a time. It renews its seat among the readers as the store says.
/// Nothing waits for a refresh: the old value is used until it is done. Thread-safe.
class FlagReader {
 public:
  /// Reads the last good flag from the disk, then the store, once. Never fails: FlagCache defines
  /// the flag in force without a store.
  FlagReader(FlagReaderConfig config, FlagReaderParts parts);
  ~FlagReader();

  /// Starts following the store, and reports the flag in force. Call it once.
  void follow(FlagReaderEvents events);

  /// Stops following the store. No event is called after it returns. The flag in force stays. Must
  /// not be called from an event.
  void stop();

  /// What is in force now.
  FlagCache::Snapshot current() const { return cache_.current(); }
  rollout::Evaluation decide(std::string_view session_id) const {
    return cache_.decide(session_id, parts_.now());
  }

  /// Reads the store soon, whatever the value's age.
  void refresh();

 private:
  void run();
  void look();
  void take(const Result<std::optional<ports::FlagRevision>>& read);
  void keep();
  void tell();
  void watch();
  void join();
  void acknowledge(std::uint64_t version);
  void renew();
  void seat_said(const Result<>& result);
  std::chrono::steady_clock::duration time_to_live() const;

  // constant after construction
  const FlagReaderConfig config_;
  const FlagReaderParts parts_;
  const ports::FlagFollowing following_;

  FlagCache cache_;

  // on the reader's thread once it follows
  FlagReaderEvents events_;
  std::unique_ptr<ports::FlagReaderSeat> seat_;
  std::optional<std::uint64_t> acknowledged_;  ///< the last version that all sessions act on
  bool seat_fails_ = false;                    ///< and somebody has been told
  std::chrono::steady_clock::time_point renew_due_ = std::chrono::steady_clock::time_point::max();
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

/// The time to live of a value: `ttl` times a factor that grows linearly with `random`, from 0.9 at
/// 0 to 1.1 at 1.
std::chrono::milliseconds jittered(std::chrono::milliseconds ttl, double random);

}  // namespace sotto::feature_flag
