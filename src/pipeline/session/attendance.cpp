#include "pipeline/session/attendance.hpp"

#include <algorithm>

namespace sotto::pipeline {

void Attendance::talk_began(SessionTime now) {
  if (!began_) began_ = now;
}

bool Attendance::join(const ListenerId& id, SessionTime now) {
  if (listeners_.size() >= most_ && !listeners_.contains(id)) return false;
  Listener& listener = listeners_[id];
  if (listener.connections++ == 0) listener.since = now;
  return true;
}

void Attendance::leave(const ListenerId& id, SessionTime now) {
  const auto known = listeners_.find(id);
  if (known == listeners_.end() || known->second.connections == 0) return;
  Listener& listener = known->second;
  if (--listener.connections > 0) return;
  if (began_) listener.spent += std::max(milliseconds{0}, now - std::max(listener.since, *began_));
  listener.since = now;
}

std::size_t Attendance::left_early(SessionTime talk_ended) const {
  return static_cast<std::size_t>(
      std::count_if(listeners_.begin(), listeners_.end(), [&](const auto& entry) {
        const Listener& listener = entry.second;
        return listener.connections == 0 && listener.spent >= listened &&
               talk_ended - listener.since > early;
      }));
}

}  // namespace sotto::pipeline
