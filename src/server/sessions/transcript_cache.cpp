#include "server/sessions/transcript_cache.hpp"

namespace sotto::server {

void TranscriptCache::forget_old(Clock::time_point now) {
  std::erase_if(entries_, [&](const auto& known) {
    const bool old = now >= known.second.until;
    if (old) bytes_ -= known.second.transcript.body.size();
    return old;
  });
}

std::optional<Response> TranscriptCache::find(const std::string& key, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  forget_old(now);
  const auto known = entries_.find(key);
  if (known == entries_.end()) return std::nullopt;
  return known->second.transcript;
}

void TranscriptCache::keep(const std::string& key, const Response& transcript,
                           Clock::time_point now, std::chrono::seconds fresh_for) {
  const std::lock_guard lock(mutex_);
  forget_old(now);
  if (bytes_ + transcript.body.size() > max_bytes) return;
  if (entries_.try_emplace(key, Entry{transcript, now + fresh_for}).second)
    bytes_ += transcript.body.size();
}

}  // namespace sotto::server
