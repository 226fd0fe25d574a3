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
  std::erase_if(waiting, [&](const Word& word) {
    if (word.middle > captured) return false;
    found.push_back(std::max(milliseconds{0}, now - word.end));
    return true;
  });
}

void WordLag::Side::expect(const Word& word) {
  if (word.middle <= cover.forgotten()) return;
  if (const auto at = cover.of(word.middle)) {
    found.push_back(std::max(milliseconds{0}, *at - word.end));
    return;
  }
  waiting.push_back(word);
  if (waiting.size() > most_waiting) waiting.pop_front();
}

void WordLag::sent(SessionTime captured, bool settled, SessionTime now) {
  first_.sent(captured, now);
  if (settled) settled_.sent(captured, now);
}

void WordLag::expect(SessionTime end, SessionTime middle) {
  first_.expect({end, middle});
  settled_.expect({end, middle});
}

void WordLag::forget() {
  first_.waiting.clear();
  settled_.waiting.clear();
}

}  // namespace sotto::pipeline
