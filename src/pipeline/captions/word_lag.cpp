#include "pipeline/captions/word_lag.hpp"

#include <algorithm>

namespace sotto::pipeline {

void FirstCover::shown(SessionTime captured, SessionTime now) {
  if (!reached_.empty() && captured <= reached_.back().captured) return;
  reached_.push_back({captured, now});
  if (reached_.size() <= most) return;
  forgotten_ = reached_.front().captured;
  reached_.pop_front();
}

std::optional<SessionTime> FirstCover::of(SessionTime captured) const {
  const auto found = std::lower_bound(
      reached_.begin(), reached_.end(), captured,
      [](const Reach& reach, SessionTime moment) { return reach.captured < moment; });
  if (found == reached_.end()) return std::nullopt;
  return found->at;
}

void WordLag::Side::sent(SessionTime captured, SessionTime now) {
  cover.shown(captured, now);
  std::erase_if(waiting, [&](SessionTime word) {
    if (word > captured) return false;
    found.push_back(std::max(milliseconds{0}, now - word));
    return true;
  });
}

void WordLag::Side::expect(SessionTime captured) {
  if (captured <= cover.forgotten()) return;
  if (const auto at = cover.of(captured)) {
    found.push_back(std::max(milliseconds{0}, *at - captured));
    return;
  }
  waiting.push_back(captured);
  if (waiting.size() > most_waiting) waiting.pop_front();
}

void WordLag::sent(SessionTime captured, bool settled, SessionTime now) {
  first_.sent(captured, now);
  if (settled) settled_.sent(captured, now);
}

void WordLag::expect(SessionTime captured) {
  first_.expect(captured);
  settled_.expect(captured);
}

void WordLag::forget() {
  first_.waiting.clear();
  settled_.waiting.clear();
}

}  // namespace sotto::pipeline
