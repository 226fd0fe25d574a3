#include "server/connection.hpp"

#include <algorithm>
#include <utility>

namespace sotto::server {

bool OutgoingQueue::push(Outgoing message, std::optional<std::uint32_t> segment) {
  if (segment) {
    const auto stale =
        std::find_if(messages_.begin(), messages_.end(),
                     [&](const Outgoing& waiting) { return waiting.replaceable == segment; });
    if (stale != messages_.end()) {
      bytes_ -= stale->text->size();
      messages_.erase(stale);
    }
  }
  bytes_ += message.text->size();
  messages_.push_back(std::move(message));
  return bytes_ <= max_bytes;
}

std::optional<Outgoing> OutgoingQueue::pop() {
  if (messages_.empty()) return std::nullopt;
  std::optional<Outgoing> message(std::move(messages_.front()));
  messages_.pop_front();
  bytes_ -= message->text->size();
  return message;
}

}  // namespace sotto::server
