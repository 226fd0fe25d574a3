#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/result.hpp"

namespace sotto::providers::aws {

/// A bounded queue of blocking calls, and a thread that executes them one after the other. The
/// thread starts with the first call. Thread-safe; must not be destroyed from a completion.
template <class Answer>
class Errands {
 public:
  using Completion = std::function<void(Result<Answer>)>;
  using Work = std::function<Result<Answer>()>;

  Errands(std::size_t most, std::string service) : most_(most), service_(std::move(service)) {}
  ~Errands() { stop(); }
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;

  /// Answers `done` exactly once: from the thread, in order, or at once with `resource_exhausted`
  /// where too many wait and `unavailable` after stop().
  void submit(Work work, Completion done) {
    std::unique_lock lock(mutex_);
    const bool full = waiting_.size() >= most_;
    if (stopping_ || full) {
      const bool stopped = stopping_;
      lock.unlock();
      return done(stopped ? stopped_error() : full_error());
    }
    waiting_.push_back({std::move(work), std::move(done)});
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    lock.unlock();
    changed_.notify_one();
  }

  /// Answers what waits with `unavailable`, and waits for a call that is under way.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Errand {
    Work work;
    Completion done;
  };

  Result<Answer> stopped_error() const {
    return fail(ErrorCode::unavailable, service_ + " is asked no more: shutting down");
  }
  Result<Answer> full_error() const {
    return fail(ErrorCode::resource_exhausted,
                std::to_string(most_) + " requests wait for " + service_ + "; try again later");
  }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      Errand errand = std::move(waiting_.front());
      waiting_.pop_front();
      const bool stopped = stopping_;
      lock.unlock();
      errand.done(stopped ? stopped_error() : errand.work());
      lock.lock();
    }
  }

  const std::size_t most_;
  const std::string service_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Errand> waiting_;  // guarded by mutex_
  bool stopping_ = false;       // guarded by mutex_
  std::thread thread_;          // guarded by mutex_ until stopping_
};

}  // namespace sotto::providers::aws
