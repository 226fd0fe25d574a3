#include "providers/embedded/audio_queue.hpp"

#include <algorithm>

#include "base/sample_clock.hpp"

namespace sotto::providers::embedded {

ports::Pushed AudioQueue::push(std::span<const std::int16_t> samples) {
  const std::lock_guard lock(mutex_);
  if (finishing_ || closed_) return ports::Pushed::over;
  if (waiting_.size() + samples.size() > most_) return ports::Pushed::full;
  waiting_.insert(waiting_.end(), samples.begin(), samples.end());
  return ports::Pushed::taken;
}

bool AudioQueue::finish() {
  const std::lock_guard lock(mutex_);
  if (finishing_ || closed_) return false;
  finishing_ = true;
  return true;
}

void AudioQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  waiting_.clear();
}

bool AudioQueue::is_due() const {
  const std::lock_guard lock(mutex_);
  return !closed_ && (finishing_ || waiting_.size() >= piece_);
}

bool AudioQueue::is_at_end() const {
  const std::lock_guard lock(mutex_);
  return finishing_ && waiting_.empty();
}

bool AudioQueue::has_piece() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size() >= piece_;
}

bool AudioQueue::is_closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::span<const std::int16_t> AudioQueue::next() {
  const std::lock_guard lock(mutex_);
  const auto end =
      waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(piece_, waiting_.size()));
  given_.assign(waiting_.begin(), end);
  waiting_.erase(waiting_.begin(), end);
  samples_given_ += given_.size();
  return given_;
}

milliseconds AudioQueue::given() const { return length_of(samples_given_); }

}  // namespace sotto::providers::embedded
