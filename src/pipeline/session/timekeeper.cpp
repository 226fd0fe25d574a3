#include "pipeline/session/timekeeper.hpp"

#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace sotto::pipeline {

namespace {

class RealTime : public Timekeeper {
 public:
  explicit RealTime(boost::asio::any_io_executor executor)
      : timer_(std::move(executor)), began_(std::chrono::steady_clock::now()) {}

  SessionTime now() const override {
    return SessionTime{
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began_)};
  }

  void wake_at(SessionTime when, std::function<void()> wake) override {
    // A millisecond more: now() rounds down, and the alarm must not ring before its time.
    timer_.expires_at(began_ + when.time_since_epoch() + milliseconds{1});
    timer_.async_wait([wake = std::move(wake)](boost::system::error_code error) {
      if (!error) wake();
    });
  }

  void cancel() override { timer_.cancel(); }

 private:
  boost::asio::steady_timer timer_;
  const std::chrono::steady_clock::time_point began_;
};

}  // namespace

std::unique_ptr<Timekeeper> real_time(boost::asio::any_io_executor executor) {
  return std::make_unique<RealTime>(std::move(executor));
}

SessionTime ManualTimekeeper::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void ManualTimekeeper::wake_at(SessionTime when, std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  alarm_ = when;
  wake_ = std::move(wake);
}

void ManualTimekeeper::cancel() {
  const std::lock_guard lock(mutex_);
  alarm_.reset();
  wake_ = nullptr;
}

bool ManualTimekeeper::advance_to(SessionTime to) {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    if (!alarm_ || *alarm_ > to) {
      now_ = std::max(now_, to);
      return true;
    }
    now_ = std::max(now_, *alarm_);
    alarm_.reset();
    wake = std::exchange(wake_, nullptr);
  }
  wake();
  return false;
}

}  // namespace sotto::pipeline
