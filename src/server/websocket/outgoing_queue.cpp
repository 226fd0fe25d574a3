#include "server/websocket/outgoing_queue.hpp"

#include <algorithm>
#include <utility>

namespace sotto::server {

void OutgoingQueue::count(const Waiting& waiting, bool added) {
  std::size_t& bytes = waiting.outgoing.piece     ? speech_bytes_
                       : waiting.outgoing.backlog ? backlog_bytes_
                                                  : bytes_;
  const std::size_t size = waiting.outgoing.message->frame().size();
  bytes = added ? bytes + size : bytes - size;
}

bool OutgoingQueue::begun(const Waiting& waiting) const {
  return (&waiting == &messages_.front() && offset_ > 0) ||
         (waiting.outgoing.piece && waiting.outgoing.piece == piece_begun_);
}

bool OutgoingQueue::push(Outgoing message, Clock::time_point now) {
  if (message.segment) {
    const auto stale =
        std::find_if(messages_.begin(), messages_.end(), [&](const Waiting& waiting) {
          return waiting.outgoing.provisional && waiting.outgoing.segment == message.segment &&
                 !begun(waiting);
        });
    if (stale != messages_.end()) {
      count(*stale, false);
      messages_.erase(stale);
    }
  }
  if (message.piece) drop_old_speech(now);
  messages_.push_back({std::move(message), now});
  count(messages_.back(), true);
  return bytes_ <= max_bytes && speech_bytes_ <= max_shared_bytes &&
         backlog_bytes_ <= max_shared_bytes;
}

bool OutgoingQueue::too_old(Clock::time_point now) const {
  const auto oldest = std::find_if(messages_.begin(), messages_.end(),
                                   [](const Waiting& waiting) { return !waiting.outgoing.piece; });
  return oldest != messages_.end() && now - oldest->since > max_age;
}

void OutgoingQueue::drop_old_speech(Clock::time_point now) {
  std::erase_if(messages_, [&](const Waiting& waiting) {
    const bool old =
        waiting.outgoing.piece && now - waiting.since > max_speech_age && !begun(waiting);
    if (old) count(waiting, false);
    return old;
  });
}

std::size_t OutgoingQueue::peek(std::span<std::string_view> views, Clock::time_point now) {
  if (speech_bytes_ > 0) drop_old_speech(now);
  const std::size_t filled = std::min(views.size(), messages_.size());
  for (std::size_t i = 0; i < filled; ++i) views[i] = messages_[i].outgoing.message->frame();
  if (filled > 0) views[0].remove_prefix(offset_);
  return filled;
}

void OutgoingQueue::sent(std::size_t bytes) {
  while (bytes > 0) {
    const Waiting& first = messages_.front();
    piece_begun_ = first.outgoing.piece;
    const std::size_t left = first.outgoing.message->frame().size() - offset_;
    if (bytes < left) {
      offset_ += bytes;
      return;
    }
    bytes -= left;
    offset_ = 0;
    count(first, false);
    messages_.pop_front();
  }
}

void OutgoingQueue::clear() {
  const std::size_t keep = offset_ > 0 ? 1 : 0;
  while (messages_.size() > keep) {
    count(messages_.back(), false);
    messages_.pop_back();
  }
}

}  // namespace sotto::server
