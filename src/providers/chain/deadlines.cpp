#include "providers/chain/deadlines.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace sotto::providers::chain {

namespace {

using supervision::SupervisionTime;

class RealDeadlines : public Deadlines {
 public:
  RealDeadlines() : thread_([this] { run(); }) {}
  RealDeadlines(const RealDeadlines&) = delete;
  RealDeadlines& operator=(const RealDeadlines&) = delete;

  ~RealDeadlines() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  SupervisionTime now() const override { return std::chrono::steady_clock::now(); }

  void call_at(SupervisionTime when, std::function<void()> passed) override {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    const auto added = calls_.emplace(when, std::move(passed));
    if (added == calls_.begin()) changed_.notify_one();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (calls_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const SupervisionTime next = calls_.begin()->first;
      if (now() < next) {
        changed_.wait_until(lock, next);
        continue;
      }
      auto call = calls_.extract(calls_.begin());
      lock.unlock();
      call.mapped()();
      call = {};
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<SupervisionTime, std::function<void()>> calls_;  // guarded by mutex_
  bool stopping_ = false;                                        // guarded by mutex_
  std::thread thread_;                                           // last: it uses the rest
};

}  // namespace

std::unique_ptr<Deadlines> real_deadlines() { return std::make_unique<RealDeadlines>(); }

}  // namespace sotto::providers::chain
