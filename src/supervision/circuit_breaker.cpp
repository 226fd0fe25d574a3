#include "supervision/circuit_breaker.hpp"

#include <algorithm>

namespace sotto::supervision {

milliseconds BackOff::next() {
  last_ = last_ == milliseconds{0} ? first_ : std::min(largest_, last_ * 2);
  return last_;
}

bool CircuitBreaker::allows(SupervisionTime now) {
  if (state_ == State::closed) return true;
  if (state_ == State::probing || now < opened_at_ + open_for_) return false;
  state_ = State::probing;
  return true;
}

void CircuitBreaker::succeeded() {
  state_ = State::closed;
  failures_ = 0;
}

void CircuitBreaker::failed(SupervisionTime now) {
  ++failures_;
  if (state_ == State::closed && failures_ < threshold_) return;
  state_ = State::open;
  failures_ = std::min(failures_, threshold_);
  opened_at_ = now;
}

milliseconds CircuitBreaker::remaining(SupervisionTime now) const {
  if (state_ == State::closed) return milliseconds{0};
  const auto left = opened_at_ + open_for_ - now;
  return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(left));
}

}  // namespace sotto::supervision
