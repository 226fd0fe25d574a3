#include "providers/moonshine/call_watch.hpp"

namespace sotto::providers::moonshine {

CallWatch::CallWatch() : thread_([this] { work(); }) {}

CallWatch::~CallWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

CallWatch::Watched::Watched(CallWatch& watch, onnx::Cancellation& call, Clock::time_point deadline)
    : watch_(&watch), call_(&call) {
  const std::lock_guard lock(watch_->mutex_);
  place_ = watch_->calls_.emplace(deadline, call_);
  watch_->changed_.notify_all();
}

// A call that was cancelled stays in the list without its cancellation, so `place_` stays good.
CallWatch::Watched::~Watched() {
  const std::lock_guard lock(watch_->mutex_);
  watch_->calls_.erase(place_);
}

void CallWatch::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    auto next = calls_.begin();
    while (next != calls_.end() && !next->second) ++next;
    if (next == calls_.end()) {
      changed_.wait(lock);
    } else if (next->first > Clock::now()) {
      changed_.wait_until(lock, Clock::time_point(next->first));
    } else {
      next->second->cancel();
      next->second = nullptr;
    }
  }
}

}  // namespace sotto::providers::moonshine
