#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace sotto::supervision {

/// The queue in front of a store and the one thread that empties it: as soon as it is free it takes
/// all jobs that wait, oldest first, so that they can be written together. Thread-safe, also from
/// within the work.
template <class Job>
class BatchThread {
 public:
  /// Starts the thread, which calls `work(std::vector<Job>)` with one batch after the other, never
  /// an empty one; it must not throw. `most` bounds what try_push() takes: jobs that wait and those
  /// of the batch that is being worked on. Throws std::system_error where there is no thread left.
  template <class Work>
  BatchThread(std::size_t most, Work work)
      : most_(most), thread_([this, work = std::move(work)]() mutable { run(work); }) {}

  /// As stop().
  ~BatchThread() { stop(); }

  BatchThread(const BatchThread&) = delete;
  BatchThread& operator=(const BatchThread&) = delete;

  /// Queues a job, or hands it back where there are `most`.
  std::optional<Job> try_push(Job job) {
    const std::lock_guard lock(mutex_);
    if (bounded_ >= most_) return job;
    ++bounded_;
    ++bounded_waiting_;
    add(std::move(job));
    return std::nullopt;
  }

  /// Queues a job that the bound does not concern: for those of which the caller knows that they
  /// are few.
  void push(Job job) {
    const std::lock_guard lock(mutex_);
    add(std::move(job));
  }

  /// Waits until all jobs are worked on, and ends the thread. For one thread, not its own; nothing
  /// may be queued afterwards.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void add(Job job) {
    queue_.push_back(std::move(job));
    changed_.notify_one();
  }

  template <class Work>
  void run(Work& work) {
    for (std::size_t done = 0;;) {
      std::vector<Job> batch;
      {
        std::unique_lock lock(mutex_);
        bounded_ -= done;
        changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        batch.swap(queue_);
        done = std::exchange(bounded_waiting_, 0);
      }
      work(std::move(batch));
    }
  }

  const std::size_t most_;

  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::vector<Job> queue_;
  std::size_t bounded_ = 0;          // that count, in the queue and in the batch
  std::size_t bounded_waiting_ = 0;  // in the queue alone
  bool stopping_ = false;

  std::thread thread_;  // last: it uses the rest
};

}  // namespace sotto::supervision
