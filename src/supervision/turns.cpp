#include "supervision/turns.hpp"

#include <algorithm>

namespace sotto::supervision {

Turns::Turns(std::size_t threads) {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, threads); ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

Turns::~Turns() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Turns::ready(TurnTaker& taker) {
  {
    const std::lock_guard lock(mutex_);
    if (taker.retired_) return;
    if (taker.state_ == TurnTaker::State::running) taker.again_ = true;
    if (taker.state_ != TurnTaker::State::idle) return;
    taker.state_ = TurnTaker::State::waiting;
    line_.push_back(&taker);
  }
  work_ready_.notify_one();
}

void Turns::retire(TurnTaker& taker) {
  std::unique_lock lock(mutex_);
  taker.retired_ = true;
  if (taker.state_ == TurnTaker::State::waiting) {
    line_.erase(std::find(line_.begin(), line_.end(), &taker));
    taker.state_ = TurnTaker::State::idle;
  }
  turn_over_.wait(lock, [&] { return taker.state_ != TurnTaker::State::running; });
}

void Turns::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_ready_.wait(lock, [this] { return stopping_ || !line_.empty(); });
    if (stopping_) return;
    TurnTaker& taker = *line_.front();
    line_.pop_front();
    taker.state_ = TurnTaker::State::running;
    taker.again_ = false;

    lock.unlock();
    const bool more = taker.take_turn();
    lock.lock();

    taker.state_ = TurnTaker::State::idle;
    if (taker.retired_) {
      // Whoever retired it may destroy it as soon as the lock is free.
      turn_over_.notify_all();
    } else if (more || taker.again_) {
      taker.state_ = TurnTaker::State::waiting;
      line_.push_back(&taker);
    }
  }
}

}  // namespace sotto::supervision
