#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace sotto::telemetry {

/// What came of asking each translator, counted since the process began. Both are names out of
/// lists, never text of a session. Thread-safe.
class TranslationCounts {
 public:
  /// By engine and outcome.
  using Counted = std::map<std::pair<std::string, std::string>, std::uint64_t>;

  void count(std::string_view engine, std::string_view outcome) {
    const std::lock_guard lock(mutex_);
    ++counted_[{std::string(engine), std::string(outcome)}];
  }

  Counted counted() const {
    const std::lock_guard lock(mutex_);
    return counted_;
  }

 private:
  mutable std::mutex mutex_;
  Counted counted_;  // guarded by mutex_
};

}  // namespace sotto::telemetry
