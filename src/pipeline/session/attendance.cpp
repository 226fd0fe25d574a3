#include "pipeline/session/attendance.hpp"

#include <algorithm>

namespace sotto::pipeline {

void Attendance::talk_began(SessionTime now) {
  const std::lock_guard lock(mutex_);
  if (!began_) began_ = now;
}

bool Attendance::join(const ListenerId& id, SessionTime now) {
  const std::lock_guard lock(mutex_);
  const bool known = listeners_.contains(id);
  if (!known && (ended_ || listeners_.size() >= most_)) return false;
  Listener& listener = listeners_[id];
  if (listener.connections++ == 0) listener.since = now;
  return true;
}

void Attendance::leave(const ListenerId& id, SessionTime now) {
  const std::lock_guard lock(mutex_);
  const auto known = listeners_.find(id);
  if (known == listeners_.end() || known->second.connections == 0) return;
  Listener& listener = known->second;
  if (--listener.connections > 0) return;
  if (began_) listener.spent += std::max(milliseconds{0}, now - std::max(listener.since, *began_));
  listener.since = now;
}

std::size_t Attendance::listeners() const {
  const std::lock_guard lock(mutex_);
  return listeners_.size();
}

std::size_t Attendance::left_early(SessionTime talk_ended) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(listeners_.begin(), listeners_.end(), [&](const auto& entry) {
        const Listener& listener = entry.second;
        return listener.connections == 0 && listener.spent >= listened &&
               talk_ended - listener.since > early;
      }));
}

Result<Attendance::Vote> Attendance::rate(const ListenerId& id, Rating rating, SessionTime now) {
  const std::lock_guard lock(mutex_);
  if (ended_ && now - *ended_ > votes_after_end_)
    return fail(ErrorCode::permission_denied, "this talk ended too long ago to be rated",
                "session_id");
  const auto known = listeners_.find(id);
  if (known == listeners_.end())
    return fail(ErrorCode::permission_denied,
                "only those who listen to a talk rate it: connect to its captions or its speech, "
                "and give the id that comes first",
                "listener");
  known->second.rating = rating;
  const bool first = !known->second.counted && may_vote(known->second, now);
  known->second.counted = known->second.counted || first;
  return Vote{first, ended_.has_value()};
}

milliseconds Attendance::heard_of_talk(const Listener& listener, SessionTime now) const {
  if (!began_ || listener.connections == 0) return listener.spent;
  const SessionTime until = ended_ ? std::min(*ended_, now) : now;
  return listener.spent + std::max(milliseconds{0}, until - std::max(listener.since, *began_));
}

bool Attendance::may_vote(const Listener& listener, SessionTime now) const {
  if (voters_listened_ == milliseconds{0}) return true;
  if (!began_) return false;
  const milliseconds talk = (ended_ ? std::min(*ended_, now) : now) - *began_;
  return heard_of_talk(listener, now) >= std::max(voters_listened_, talk / talk_per_vote);
}

Votes Attendance::votes(SessionTime now) const {
  const std::lock_guard lock(mutex_);
  Votes votes;
  for (const auto& [id, listener] : listeners_) {
    if (!listener.rating || !may_vote(listener, now)) continue;
    switch (*listener.rating) {
      case Rating::up: ++votes.up; break;
      case Rating::neutral: ++votes.neutral; break;
      case Rating::down: ++votes.down; break;
    }
  }
  return votes;
}

void Attendance::session_ended(SessionTime now) {
  const std::lock_guard lock(mutex_);
  if (!ended_) ended_ = now;
}

}  // namespace sotto::pipeline
